import type { Exchange, Expression, UpstreamRequest } from "../../exchange/exchange.ts";
import { jsonOf } from "../../expressions/json-of.ts";
import { valueOf } from "../../expressions/value-of.ts";
import type { SigningKeys } from "../../identity/signing/signing-keys.ts";
import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { type IdentityFieldConfig, setIdentityFields } from "./index.ts";
import { SignedTokens } from "./signed-tokens.ts";

export interface SignedIdentityConfig {
  /** Where it is configured: `gateway.yaml:7`. */
  readonly at: string;
  readonly fields: readonly IdentityFieldConfig[];
  /** Spelt as it shall be sent. */
  readonly header: string;
  readonly keys: SigningKeys;
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds from signing to `exp`. */
  readonly lifeMs: number;
  readonly claims: readonly { readonly name: string; readonly value: Expression<unknown> }[];
}

export const createSignedIdentity = (config: SignedIdentityConfig): SignedIdentity => new SignedIdentity(config);

/** Fields, and a token of the gateway for services that verify what they are told. */
class SignedIdentity implements Living {
  readonly name: string;
  readonly required = true;
  readonly #config: SignedIdentityConfig;
  readonly #tokens: SignedTokens;

  constructor(config: SignedIdentityConfig) {
    this.name = `${config.at} identityHeaders ${config.header}`;
    this.#config = config;
    this.#tokens = new SignedTokens(config.keys, config.lifeMs);
  }

  start(life: Life): void {
    this.#config.keys.follow(life);
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    const { fields, header, issuer, audience, claims } = this.#config;
    setIdentityFields(fields, x, upstream);
    const { identity } = x;
    if (identity === undefined) return;
    const about: Record<string, unknown> = { iss: issuer, sub: identity.subject, aud: audience, scheme: identity.scheme };
    // Subjects of two issuers may have the same name.
    if (identity.issuer !== undefined) about.sub_iss = identity.issuer;
    for (let index = 0; index < claims.length; index++) {
      const { name, value } = claims[index]!;
      const claim = valueOf(value, x);
      if (claim !== undefined) about[name] = jsonOf(claim);
    }
    upstream.headers.set(header, this.#tokens.tokenFor(JSON.stringify(about), identity.expiresAt, clock.wall()));
  }
}
