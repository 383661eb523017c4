/**
 * Throws unless a value that was read at start can stand in a field (RFC 9110 §5.5): no control characters, nothing
 * outside Latin-1, no white space around it.
 */
export function assertFieldValue(name: string, value: string): void {
  const index = unfitAt(value);
  if (index >= 0) {
    const hex = value.charCodeAt(index).toString(16).toUpperCase().padStart(4, "0");
    throw new Error(`The value for the field ${name} holds U+${hex}, which no field value may hold.`);
  }
  if (value !== value.trim()) throw new Error(`The value for the field ${name} begins or ends with white space.`);
}

/** A value that was computed, without the white space around it; undefined where it cannot stand in a field. */
export const fieldValueOf = (value: string): string | undefined => (unfitAt(value) < 0 ? value.trim() : undefined);

/** Place of the first character that no field value may hold; -1 where there is none. */
function unfitAt(value: string): number {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || code > 0xff) return index;
  }
  return -1;
}
