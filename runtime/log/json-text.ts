/** `JSON.stringify` of a string, quicker for the short plain ones that logs are full of. */
export function jsonText(text: string): string {
  // Past some tens of characters the native scan wins over this loop.
  if (text.length > 64) return JSON.stringify(text);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff)) return JSON.stringify(text);
  }
  return `"${text}"`;
}
