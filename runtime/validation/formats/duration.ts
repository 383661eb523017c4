/** `duration` of RFC 3339 appendix A. */
export const isDuration = (text: string): boolean => text !== "P" && !text.endsWith("T") && shape.test(text);

const shape = /^P(?:\d+W|(?:\d+D|\d+M(?:\d+D)?|\d+Y(?:\d+M(?:\d+D)?)?)?(?:T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?)$/;
