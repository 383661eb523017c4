/** RFC 4648 §5; padding may be left out (§3.2), but what is there must be right. */
export function isBase64url(text: string): boolean {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const length = text.length - padding;
  return (padding === 0 ? length % 4 !== 1 : text.length % 4 === 0) && alphabet.test(text.slice(0, length));
}

const alphabet = /^[A-Za-z0-9_-]*$/;
