// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { Authentication, Exchange, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import { keepClaims } from "../../fields/keep-claims.ts";
import { bearerIn } from "../bearer-in.ts";
import { concealAuthorization } from "../conceal-authorization.ts";
import { deleteCookie, presentedKey, withoutParameter } from "../presented-key.ts";

export interface KeyPlaceConfig {
  /** Name of the security scheme. */
  readonly name: string;
  /** `bearer`: behind `Bearer` in `Authorization` (RFC 6750 §2.1). */
  readonly in: "header" | "query" | "cookie" | "bearer";
  /** Name of the header (lower case), query parameter or cookie; `authorization` for `bearer`. */
  readonly parameter: string;
  readonly challenge: string;
  /** Where a key came that does not count; absent: the same. */
  readonly invalidChallenge?: string;
  /** Whether the key goes on to the service. */
  readonly forward: "credential" | "none";
}

/** Longer values are refused before they are hashed. */
export const longestKey = 4096;

/**
 * Where keys are, whoever knows them. What came is looked up by its digest: keys are random, so that how long the look-up
 * takes tells nothing of one, and a wrong key costs what a right one costs.
 */
export abstract class KeyScheme<Result extends Authentication | Promise<Authentication> = Authentication>
  implements SecurityScheme<Result | "absent" | "invalid">
{
  declare readonly __resource: "identity";
  /** As the gateway as a whole knows it. */
  readonly name: string;
  /** Name of the security scheme. */
  protected readonly scheme: string;
  readonly challenge: string;
  readonly invalidChallenge?: string;
  readonly grants = "roles";
  readonly #in: KeyPlaceConfig["in"];
  readonly #parameter: string;
  readonly #forwards: boolean;

  constructor(config: KeyPlaceConfig) {
    this.name = `identity.schemes.${config.name}`;
    this.scheme = config.name;
    this.challenge = config.challenge;
    if (config.invalidChallenge !== undefined) this.invalidChallenge = config.invalidChallenge;
    this.#in = config.in;
    this.#parameter = config.parameter;
    this.#forwards = config.forward === "credential";
  }

  authenticate(x: Exchange): Result | "absent" | "invalid" {
    const place = this.#in;
    const presented = place === "bearer" ? bearerIn(x.headers.single("authorization")) : presentedKey(x, place, this.#parameter);
    if (presented === undefined) return "absent";
    if (presented === null || presented === "" || presented.length > longestKey) return "invalid";
    return this.judge(presented, digestOf(presented));
  }

  /** @param digest of the key: what it is known by */
  protected abstract judge(key: string, digest: string): Result | "invalid";

  conceal(upstream: UpstreamRequest): void {
    const { headers } = upstream;
    if (this.#forwards) {
      // A key that is to be forwarded goes on whatever its field is called.
      if (this.#in === "header") keepClaims(headers, [this.#parameter]);
      return;
    }
    switch (this.#in) {
      case "header":
        headers.delete(this.#parameter);
        break;
      case "query":
        upstream.query = withoutParameter(upstream.query, this.#parameter);
        break;
      case "cookie":
        deleteCookie(headers, this.#parameter);
        break;
      case "bearer":
        concealAuthorization(headers, "bearer");
    }
  }
}

/** SHA-256 in base64url, which Node makes quicker than hexadecimal. */
export const digestOf = (key: string): string => crypto.hash("sha256", key, "base64url");
