/** Whether the characters are lower-case hexadecimal digits. */
export function isLowerHex(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if (!((code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66))) return false;
  }
  return end <= text.length;
}

/** Whether an id is made of nothing but zeros, which every format has for “none”. */
export function isZero(id: string): boolean {
  for (let index = 0; index < id.length; index++) if (id.charCodeAt(index) !== 0x30) return false;
  return true;
}
