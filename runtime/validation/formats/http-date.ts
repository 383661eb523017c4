/** `IMF-fixdate` of RFC 9110 §5.6.7. */
export const isHttpDate = (text: string): boolean => shape.test(text) && new Date(text).toUTCString() === text;

const shape = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
