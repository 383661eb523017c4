import type { Exchange } from "../../exchange/exchange.ts";
import { presentedKey } from "../presented-key.ts";

/** Where clients send a token. */
export type TokenPlace =
  | { readonly in: "authorization" }
  /** `parameter`: of a header in lower case. */
  | { readonly in: "header" | "query" | "cookie"; readonly parameter: string };

/**
 * The token of a request, of which nothing was looked at but where it begins and ends. Undefined: there is none. Null:
 * there may be several, and nobody can tell which one counts (RFC 6750 §2, §3.1).
 */
export const presentedToken = (x: Exchange, place: TokenPlace): string | undefined | null =>
  place.in === "authorization" ? bearerToken(x) : presentedKey(x, place.in, place.parameter);

/** What follows `Bearer`, whose case has no meaning, and blanks (RFC 6750 §2.1; RFC 9110 §11.4). */
function bearerToken(x: Exchange): string | undefined | null {
  const sent = x.headers.single("authorization");
  if (sent === undefined || sent === null) return sent;
  if (!isBearer(sent)) return undefined;
  let start = 6;
  while (sent.charCodeAt(start) === 0x20) start++;
  // `Bearerabc` is another scheme; `Bearer` alone is this one, with nothing behind it.
  if (start === 6 && sent.length > 6) return undefined;
  const token = sent.slice(start);
  return token.includes(",") ? null : token;
}

/** Bit 0x20 is the case of a letter. */
const isBearer = (text: string): boolean =>
  (text.charCodeAt(0) | 0x20) === 0x62 &&
  (text.charCodeAt(1) | 0x20) === 0x65 &&
  (text.charCodeAt(2) | 0x20) === 0x61 &&
  (text.charCodeAt(3) | 0x20) === 0x72 &&
  (text.charCodeAt(4) | 0x20) === 0x65 &&
  (text.charCodeAt(5) | 0x20) === 0x72;
