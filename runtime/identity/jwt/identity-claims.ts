import type { CredentialMarks, Identity } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import type { JsonObject } from "../jose/json-object.ts";
import { type ClaimPath, isElsewhere, listAt, textAt } from "./claims.ts";

/** Which claims tell who it is. */
export interface IdentityClaims {
  readonly subject: ClaimPath;
  /** Null: nobody has roles. */
  readonly roles: ClaimPath | null;
  /** Null: `scope` (RFC 8693 §4.2), or else `scp`. */
  readonly scopes: ClaimPath | null;
  readonly tenant: ClaimPath | null;
  readonly tier: ClaimPath | null;
}

/**
 * A text: why the claims name nobody, as a sentence that has nothing of them.
 *
 * @param until milliseconds since the epoch from which on the token no longer counts
 */
export function identityOf(
  claims: JsonObject,
  paths: IdentityClaims,
  { scheme, until, keepsClaims }: { readonly scheme: string; readonly until: number; readonly keepsClaims: boolean },
): Identity | string {
  const { subject, roles: rolesAt, scopes: scopesAt, tenant: tenantAt, tier: tierAt } = paths;
  const who = textAt(claims, subject);
  if (typeof who !== "string") return flaw(subject, "does not name a subject");
  for (const path of [rolesAt, scopesAt, tenantAt, tierAt])
    if (path !== null && isElsewhere(claims, path)) return flaw(path, "is too long for the token, so that it is not known");
  const roles = rolesAt === null ? [] : listAt(claims, rolesAt, false);
  if (roles === null) return flaw(rolesAt!, "is neither a text nor a list of texts");
  const scopesPath = scopesAt ?? (claims.scope === undefined ? ["scp"] : ["scope"]);
  const scopes = listAt(claims, scopesPath, true);
  if (scopes === null) return flaw(scopesPath, "is neither a text nor a list of texts");
  const tenant = tenantAt === null ? undefined : textAt(claims, tenantAt);
  if (tenant === null) return flaw(tenantAt!, "is not a text");
  const tier = tierAt === null ? undefined : textAt(claims, tierAt);
  if (tier === null) return flaw(tierAt!, "is not a text");
  const { iat, iss, jti, sid } = claims;
  // Written member by member: an object for each that may be absent costs more than all the rest.
  const marks: Writable<CredentialMarks> = {};
  if (typeof jti === "string") marks.jti = jti;
  if (typeof sid === "string") marks.sid = sid;
  if (typeof iat === "number") marks.issuedAt = iat * 1_000;
  // The subject outlives the request, and would keep the whole text of the claims.
  const identity: Writable<Identity> = { subject: keptText(who), scheme, roles, scopes, marks };
  if (typeof iss === "string") identity.issuer = iss;
  if (tenant !== undefined) identity.tenant = tenant;
  if (tier !== undefined) identity.tier = tier;
  if (keepsClaims) identity.claims = claims;
  if (Number.isFinite(until)) identity.expiresAt = until;
  return identity;
}

type Writable<T> = { -readonly [Member in keyof T]: T[Member] };

const flaw = (path: ClaimPath, what: string): string => `The claim \`${path.join(".")}\` of the token ${what}.`;
