import type { Exchange } from "../../exchange/exchange.ts";

export interface AuthorizationConfig {
  /** Name of the security scheme. */
  readonly name: string;
  readonly challenge: string;
}

/**
 * What follows the name of the authentication scheme in `Authorization` (RFC 9110 §11.6.2). Undefined where the field is
 * absent or belongs to another scheme, null where it comes twice. `scheme` in lower case: its case has no meaning.
 */
export function credentialsOf(x: Exchange, scheme: string): string | undefined | null {
  const sent = x.headers.single("authorization");
  if (sent === undefined || sent === null) return sent;
  const { length } = scheme;
  if (sent.slice(0, length).toLowerCase() !== scheme) return undefined;
  let start = length;
  while (sent.charCodeAt(start) === 0x20) start++;
  // `Bearerabc` is another scheme; `Bearer` alone is this one without anything.
  return start === length && sent.length > length ? undefined : sent.slice(start);
}

/** `token68` (RFC 9110 §11.2), which is also the `b64token` of RFC 6750 §2.1. */
export function isToken68(text: string): boolean {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x3d) end--;
  for (let index = 0; index < end; index++) if (!isTokenCharacter(text.charCodeAt(index))) return false;
  return end > 0;
}

/** Letters, digits and `-._~+/`. */
const isTokenCharacter = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) ||
  (code >= 0x41 && code <= 0x5a) ||
  // `-`, `.`, `/` and the digits are one range.
  (code >= 0x2d && code <= 0x39) ||
  code === 0x5f ||
  code === 0x7e ||
  code === 0x2b;
