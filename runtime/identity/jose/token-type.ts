import type { UnverifiedToken } from "./read-token.ts";

/** Types that tokens of issuers have which do not follow RFC 9068: none, `JWT`, and `at+jwt` of those that do. */
export const accessTokenTypes: readonly string[] = ["", "jwt", "at+jwt"];

/** What Keycloak calls tokens that are not for APIs, in a claim `typ`. */
const foreignTypes = ["ID", "Refresh", "Offline", "Logout"];

/**
 * Why the token is not of one of the types. One issuer signs many kinds of JWT with the same keys, and each would pass
 * for another (RFC 8725 §2.8, §3.11): the header says which it is, and where it says nothing that counts, claims do
 * which only others have.
 */
export function typeFlaw({ header, claims }: UnverifiedToken, types: readonly string[]): string | undefined {
  const type = mediaSubtype(header.typ ?? "");
  if (!types.includes(type)) return "The token is not of the type that is expected here.";
  // It says itself that it is an access token (RFC 9068 §2.1).
  if (type === "at+jwt") return undefined;
  if (claims.events !== undefined) return "The token tells of an event, such as a logout; it is not an access token.";
  if (claims.token_introspection !== undefined) return "The token is the result of an introspection; it is not an access token.";
  if (typeof claims.typ === "string" && foreignTypes.includes(claims.typ)) return notAccess;
  const isIdToken = claims.at_hash !== undefined || claims.c_hash !== undefined;
  // Keycloak has put the nonce of the log-in into access tokens, too, and says in a claim that they are some.
  return isIdToken || (claims.nonce !== undefined && claims.typ !== "Bearer") ? notAccess : undefined;
}

const notAccess = "The token is an ID token or a refresh token, not an access token.";

/** `application/at+jwt` and `AT+JWT` are `at+jwt` (RFC 7515 §4.1.9). */
function mediaSubtype(typ: string): string {
  const lower = typ.toLowerCase();
  return lower.startsWith("application/") ? lower.slice("application/".length) : lower;
}
