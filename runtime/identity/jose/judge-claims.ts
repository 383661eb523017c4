import type { JsonObject } from "./json-object.ts";
import type { UnverifiedToken } from "./read-token.ts";
import { typeFlaw } from "./token-type.ts";

export interface ClaimRules {
  /** The exact text of `iss`. */
  readonly issuer: string;
  /** One of them has to be in `aud`. `any`: whatever `aud` says. */
  readonly audience: readonly string[] | "any";
  /** Seconds by which clocks may differ, for `exp`, `nbf` and `iat`. */
  readonly leeway: number;
  /** Most seconds since `iat`, which is demanded then and judged only then. */
  readonly maxAge?: number;
  /** A token without `exp` is refused. */
  readonly requireExp: boolean;
  /**
   * Values of `typ` (RFC 7515 §4.1.9) in lower case, without `application/`; the empty text: none. See `accessTokenTypes`.
   */
  readonly types: readonly string[];
}

/** A date beyond this is none: no double holds all seconds there (RFC 7519 §2: NumericDate). */
const lastDate = 2 ** 53;

/**
 * Why the claims of a token whose signature is good do not count, in a sentence for clients and logs; undefined where
 * they do. The form of registered claims (RFC 7519 §4.1) is judged whether or not a rule asks for them.
 */
export function judgeClaims(token: UnverifiedToken, rules: ClaimRules, nowSeconds: number): string | undefined {
  const { claims } = token;
  return (
    typeFlaw(token, rules.types) ??
    formFlaw(claims) ??
    (claims.iss === rules.issuer ? undefined : "The token is not of the issuer that is expected here.") ??
    (isFor(claims.aud, rules.audience) ? undefined : "The token is for another audience.") ??
    timeFlaw(claims, rules, nowSeconds)
  );
}

function formFlaw(claims: JsonObject): string | undefined {
  const { aud } = claims;
  if (!isAbsentOrText(claims.iss)) return "The claim `iss` of the token is not a text.";
  if (!isAbsentOrText(claims.jti)) return "The claim `jti` of the token is not a text.";
  if (!isAbsentOrText(claims.sid)) return "The claim `sid` of the token is not a text.";
  // Halves of surrogate pairs would all become the same character as soon as they are sent on.
  if (!isAbsentOrText(claims.sub) || claims.sub === "" || /\p{Surrogate}/u.test(claims.sub ?? ""))
    return "The claim `sub` of the token is not a text.";
  if (!isAbsentOrText(aud) && !(Array.isArray(aud) && aud.every((one) => typeof one === "string")))
    return "The claim `aud` of the token is neither a text nor a list of texts.";
  for (const name of ["exp", "nbf", "iat"]) {
    const date = claims[name];
    if (date !== undefined && !(typeof date === "number" && Math.abs(date) <= lastDate))
      return `The claim \`${name}\` of the token is not a number of seconds.`;
  }
  return undefined;
}

const isAbsentOrText = (value: unknown): value is string | undefined => value === undefined || typeof value === "string";

function isFor(aud: unknown, audience: ClaimRules["audience"]): boolean {
  if (audience === "any") return true;
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.some((one) => typeof one === "string" && audience.includes(one));
}

/** Forms were judged before: dates are numbers. `exp` is the first second at which the token no longer counts (RFC 7519 §4.1.4). */
function timeFlaw(claims: JsonObject, { leeway, maxAge, requireExp }: ClaimRules, now: number): string | undefined {
  const { exp, nbf, iat } = claims as { readonly exp?: number; readonly nbf?: number; readonly iat?: number };
  if (exp === undefined) {
    if (requireExp) return "The token does not say when it expires.";
  } else if (now >= exp + leeway) return "The token has expired.";
  if (nbf !== undefined && now < nbf - leeway) return "The token is not valid yet.";
  if (maxAge === undefined) return undefined;
  if (iat === undefined) return "The token does not say when it was issued.";
  if (iat > now + leeway) return "The token was issued in the future.";
  return now - iat > maxAge + leeway ? "The token was issued too long ago." : undefined;
}
