/** RFC 4648 §4, with padding and without line breaks. */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return alphabet.test(padding === 0 ? text : text.slice(0, -padding));
}

const alphabet = /^[A-Za-z0-9+/]*$/;
