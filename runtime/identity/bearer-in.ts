/**
 * What follows `Bearer` in `Authorization` (RFC 6750 §2.1, RFC 9110 §11.6.2). Undefined where the field is absent or belongs
 * to another authentication scheme; null where it comes twice. The case of the name has no meaning, and blanks follow it.
 */
export function bearerIn(field: string | undefined | null): string | undefined | null {
  if (field === undefined || field === null) return field;
  if (field.slice(0, length).toLowerCase() !== "bearer") return undefined;
  if (field.length === length) return "";
  let start = length;
  while (field.charCodeAt(start) === 0x20) start++;
  // `Bearerabc` is another scheme.
  return start === length ? undefined : field.slice(start);
}

const length = 6;
