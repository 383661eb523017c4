import type { HeaderList } from "../fields/header-list.ts";

/**
 * Takes `Authorization` away where its credential is of one of these authentication schemes (RFC 9110 §11.6.2; in lower case),
 * and where it came twice. Credentials of another kind belong to another scheme, which may be to forward them.
 */
export function concealAuthorization(headers: HeaderList, ...schemes: readonly string[]): void {
  const sent = headers.single("authorization");
  if (sent === undefined) return;
  if (sent === null || schemes.some((scheme) => isOf(sent, scheme))) headers.delete("authorization");
}

/** A name ends where no token goes on (RFC 9110 §5.6.2): services may take a tab for a blank. */
const isOf = (sent: string, scheme: string): boolean =>
  sent.slice(0, scheme.length).toLowerCase() === scheme && !isTokenCharacter(sent.charCodeAt(scheme.length));

/** False behind the end of a text. */
const isTokenCharacter = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  "!#$%&'*+-.^_`|~".includes(String.fromCharCode(code));
