/** RFC 9562 §4. */
export const isUuid = (text: string): boolean => shape.test(text);

const shape = /^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$/;
