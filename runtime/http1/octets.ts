/** Octets with a meaning of their own in HTTP/1.1 (RFC 9112 §2). */
export const octet = {
  tab: 0x09,
  lf: 0x0a,
  cr: 0x0d,
  space: 0x20,
  hyphen: 0x2d,
  zero: 0x30,
  colon: 0x3a,
  underscore: 0x5f,
} as const;

/** Bits of the octet classes below. */
export const octetClass = {
  /** tchar (RFC 9110 §5.6.2): of methods and field names. */
  token: 1,
  /** field-content with white space: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5). */
  value: 2,
  /** Visible ASCII: of request targets. */
  target: 4,
} as const;

/** Classes of all 256 octets, by octet. */
export function octetClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  for (let code = 0x21; code <= 0x7e; code++) classes[code] = octetClass.value | octetClass.target;
  for (let code = 0x80; code <= 0xff; code++) classes[code] = octetClass.value;
  classes[octet.tab] = octetClass.value;
  classes[octet.space] = octetClass.value;
  for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    classes[character.charCodeAt(0)]! |= octetClass.token;
  return classes;
}

/** Whatever is not, services that know fields as variables write as `_` (RFC 3875 §4.1.18). */
export const isAlphanumeric = (code: number): boolean =>
  ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || (code >= 0x30 && code <= 0x39);
