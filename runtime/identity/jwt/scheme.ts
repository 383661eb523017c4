import type {
  Authentication,
  Exchange,
  Rejection,
  SecurityScheme,
  StartValue,
  UpstreamRequest,
} from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import { keepClaims } from "../../fields/keep-claims.ts";
import { clock } from "../../life/clock.ts";
import { StartError } from "../../life/start-error.ts";
import { type Validator, Violations } from "../../validation/violations.ts";
import { concealAuthorization } from "../conceal-authorization.ts";
import type { Algorithm } from "../jose/algorithms.ts";
import { type Confirmation, readConfirmation } from "../jose/confirmation.ts";
import { HeaderMemory } from "../jose/header-memory.ts";
import type { JsonObject } from "../jose/json-object.ts";
import { type ClaimRules, judgeClaims } from "../jose/judge-claims.ts";
import { fittingKeys } from "../jose/key-set.ts";
import { longestToken } from "../jose/read-jws.ts";
import type { VerificationKey } from "../jose/read-key.ts";
import { readToken, type UnverifiedToken } from "../jose/read-token.ts";
import { isSignedBy } from "../jose/verify-signature.ts";
import { deleteCookie, withoutParameter } from "../presented-key.ts";
import { type ResourceMetadata, withMetadata } from "../resource-metadata.ts";
import type { DpopJudge } from "./dpop.ts";
import { type IdentityClaims, identityOf } from "./identity-claims.ts";
import type { KeySource } from "./key-source.ts";
import { presentedToken, type TokenPlace } from "./presented-token.ts";
import { type VerifiedToken, VerifiedTokens } from "./verified-tokens.ts";

export interface JwtConfig {
  /** Name of the security scheme. */
  readonly name: string;
  /** Where no token came, and what it begins with where one came that does not count. */
  readonly challenge: string;
  readonly errorChallenge: string;
  /** `realm="…"`, as challenges have it. */
  readonly realm: string;
  readonly resource?: ResourceMetadata;
  readonly grants: "roles" | "scopes";
  readonly from: TokenPlace;
  /** The token reaches the service. */
  readonly forward: boolean;
  readonly issuers: readonly IssuerConfig[];
  readonly algorithms: readonly Algorithm[];
  readonly rules: Omit<ClaimRules, "issuer" | "audience"> & { readonly audience: readonly (StartValue | string)[] | "any" };
  readonly identity: IdentityClaims;
  /** Null: tokens that are bound to a key count for nobody. */
  readonly dpop: DpopJudge | null;
  /** Of the whole of the claims, where some are declared; then they are part of the identity. */
  readonly claims: (Validator & { readonly __validator: true }) | null;
}

export interface IssuerConfig {
  readonly keys: KeySource;
  /** Texts of `iss`, and the tenant that each is of, which `tid` has to name. */
  readonly names: readonly { readonly issuer: StartValue | string; readonly tenant: string | null }[];
}

interface Issuer {
  readonly rules: ClaimRules;
  readonly keys: KeySource;
  readonly tenant: string | null;
}

/** Seconds until a request with a token whose keys are out of reach should be tried again. */
const retryAfter = 5;

/** With keys that are settled when the gateway starts. */
export const createJwt = (config: JwtConfig): SecurityScheme<Authentication> => new JwtScheme(config);

/** A scheme whose credential is a JWT. */
export class JwtScheme implements SecurityScheme<Authentication> {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  /** Of a token that was good, and is revoked. */
  readonly invalidChallenge: string;
  readonly grants: "roles" | "scopes";
  /** Why tokens did not count so far. */
  readonly refusals = { invalid: 0, malformed: 0, unavailable: 0 };
  readonly #config: JwtConfig;
  /** What begins a challenge with an error. */
  readonly #errorBase: string;
  readonly #algorithms: readonly string[];
  readonly #issuers = new Map<string, Issuer>();
  readonly #verified = new VerifiedTokens();
  readonly #headers = new HeaderMemory();

  constructor(config: JwtConfig) {
    this.name = config.name;
    const { realm, resource } = config;
    this.challenge = withMetadata(config.challenge, realm, resource);
    this.#errorBase = withMetadata(config.errorChallenge, realm, resource);
    this.invalidChallenge = `${this.#errorBase}, error="invalid_token"`;
    this.grants = config.grants;
    this.#config = config;
    this.#algorithms = config.algorithms;
    for (const { keys, names } of config.issuers) {
      for (const { issuer, tenant } of names) {
        // Settings may make one of two.
        if (this.#issuers.has(issuer))
          throw new StartError(
            `identity.schemes.${config.name}.jwt has two issuers that are both \`${issuer}\`. Set their variables so that they differ.`,
          );
        this.#issuers.set(issuer, { rules: { ...config.rules, issuer }, keys, tenant });
      }
      keys.inForce.onReplaced(() => this.#verified.drop(keys.inForce));
    }
  }

  insufficientChallenge(needs: readonly string[]): string {
    const scope = this.grants === "scopes" ? `, scope="${needs.join(" ")}"` : "";
    return `${this.#errorBase}, error="insufficient_scope"${scope}`;
  }

  authenticate(x: Exchange): Authentication {
    const { dpop, from } = this.#config;
    const bearer = presentedToken(x, from);
    const isDpop = bearer === undefined && dpop !== null && from.in === "authorization";
    const token = isDpop ? dpop.tokenOf(x) : bearer;
    if (token === undefined) return "absent";
    if (token === null) return this.#refused("malformed", "The request has more than one token, or one that cannot be read.");
    if (token.length > longestToken) return this.#refused("invalid", `The token is longer than ${longestToken} characters.`);
    const now = clock.wall();
    const known = this.#verified.get(token);
    // With keys that are stale, nobody knows whether the one that verified it was withdrawn.
    const isGood = known !== undefined && now < known.until && now < known.keys.staleAt;
    const verified = isGood ? known : this.#verify(token, now);
    if (!("identity" in verified)) return verified;
    if (dpop === null && verified.confirmation === undefined) return verified.identity;
    const flaw =
      dpop === null
        ? flawOfBinding(verified.confirmation!, x)
        : dpop.judge(verified.claims!, { token, as: isDpop ? "dpop" : "bearer" }, x, now / 1_000);
    if (flaw === undefined) return verified.identity;
    if (typeof flaw === "string") return this.#refused("invalid", flaw);
    this.refusals[flaw.rejected]++;
    return flaw.challenge === undefined ? { ...flaw, challenge: this.#errorChallenge("invalid_token", flaw.reason) } : flaw;
  }

  conceal(upstream: UpstreamRequest): void {
    const { dpop, forward, from } = this.#config;
    if (forward) {
      if (from.in === "header") keepClaims(upstream.headers, [from.parameter]);
      return;
    }
    // A proof is of no use without its token, and names the client's key.
    if (dpop !== null) upstream.headers.delete("dpop");
    if (from.in === "authorization") concealAuthorization(upstream.headers, "bearer", "dpop");
    else if (from.in === "header") upstream.headers.delete(from.parameter);
    else if (from.in === "query") upstream.query = withoutParameter(upstream.query, from.parameter);
    else deleteCookie(upstream.headers, from.parameter);
  }

  #verify(text: string, now: number): VerifiedToken | Rejection {
    const token = readToken(text, this.#headers);
    if (typeof token === "string") return this.#refused("invalid", token);
    const { claims, header } = token;
    if (!this.#algorithms.includes(header.alg))
      return this.#refused("invalid", "The token is signed by an algorithm that is not accepted.");
    const issuer = typeof claims.iss === "string" ? this.#issuers.get(claims.iss) : undefined;
    if (issuer === undefined) return this.#refused("invalid", "The token is not of an issuer that is accepted.");
    // Before the signature: a token that could not count anyhow must not make the gateway look for keys.
    const flaw = judgeClaims(token, issuer.rules, now / 1_000) ?? this.#claimFlaw(claims, issuer);
    if (flaw !== undefined) return this.#refused("invalid", flaw);
    const { keys: source } = issuer;
    if (now >= source.inForce.staleAt) {
      source.lookAgain?.(header.kid);
      return this.#refused("unavailable", "The keys of the issuer are not known at the moment.", retryAfter);
    }
    const fitting = fittingKeys(source.inForce.keys, header);
    const key = fitting.find((one) => isSignedBy(token, one));
    if (key === undefined) return this.#unsigned(token, fitting, source);
    const { claims: validator, identity: paths, name: scheme } = this.#config;
    const until = this.#until(claims);
    const identity = identityOf(claims, paths, { scheme, until, keepsClaims: validator !== null });
    if (typeof identity === "string") return this.#refused("invalid", identity);
    const confirmation = readConfirmation(claims);
    if (typeof confirmation === "string") return this.#refused("invalid", confirmation);
    const verified = {
      text: keptText(text),
      identity,
      key,
      keys: source.inForce,
      until,
      claims: this.#config.dpop === null ? undefined : claims,
      confirmation,
    };
    this.#verified.add(verified);
    return verified;
  }

  #unsigned({ claims: { sub }, header }: UnverifiedToken, fitting: readonly VerificationKey[], source: KeySource): Rejection {
    // The key that the token names has not signed it, or is for other algorithms: another one could not have either.
    const { kid } = header;
    const isKnown = kid !== undefined && source.inForce.keys.some((key) => key.kid === kid);
    const later = isKnown ? 0 : (source.lookAgain?.(kid) ?? 0);
    if (later > 0) return this.#refused("unavailable", "The key of the token is not known yet.", later);
    const reason = fitting.length === 0 ? "The token is signed by a key that is not known." : "The signature is not good.";
    // Whoever signs it so often, without the key, claims to be somebody.
    return { ...this.#refused("invalid", reason), ...(typeof sub === "string" ? { about: sub } : {}) };
  }

  #claimFlaw(claims: JsonObject, { tenant }: Issuer): string | undefined {
    if (tenant !== null && claims.tid !== tenant) return "The token is of another tenant than its issuer.";
    const { claims: isValid } = this.#config;
    return isValid === null || isValid(claims, null) ? undefined : flawOf(isValid, claims);
  }

  /** Milliseconds since the epoch. The rules have seen that the dates are there. */
  #until({ exp, iat }: JsonObject): number {
    const { leeway, maxAge } = this.#config.rules;
    const end = typeof exp === "number" ? exp + leeway : Number.POSITIVE_INFINITY;
    const oldest = maxAge === undefined ? Number.POSITIVE_INFINITY : (iat as number) + maxAge + leeway;
    return Math.min(end, oldest) * 1_000;
  }

  #refused(rejected: Rejection["rejected"], reason: string, after?: number): Rejection {
    this.refusals[rejected]++;
    if (rejected === "unavailable") return { rejected, reason, retryAfter: after! };
    const error = rejected === "malformed" ? "invalid_request" : "invalid_token";
    return { rejected, reason, challenge: this.#errorChallenge(error, reason) };
  }

  #errorChallenge(error: string, reason: string): string {
    return `${this.#errorBase}, error="${error}", error_description="${quotable(reason)}"`;
  }
}

/** By the name of the first claim that is wrong: what it should be, the configuration says. */
function flawOf(isValid: Validator, claims: JsonObject): string {
  const found = new Violations({ in: "header" }, 1);
  isValid(claims, found);
  const [first] = found.list;
  const name = first?.pointer.split("/")[1] ?? "";
  return name === ""
    ? "The claims of the token are not as they should be."
    : `The claim \`${name}\` of the token is not as it should be.`;
}

/** Why a token that is bound to its client does not count in this request. */
function flawOfBinding({ jkt, x5t }: Confirmation, { peer }: Exchange): string | undefined {
  if (jkt !== undefined) return "The token is bound to a key of its client (DPoP), which is not accepted here.";
  return x5t === peer.certificate?.thumbprint
    ? undefined
    : "The token is bound to a client certificate, which the connection does not have.";
}

/** What `error_description` may hold (RFC 6750 §3). */
const quotable = (text: string): string => text.replaceAll(/[^\x20-\x7e]|["\\]/g, "'");
