import type { Exchange, Rejection, StartValue } from "../../exchange/exchange.ts";
import type { Life } from "../../life/life.ts";
import { StartError } from "../../life/start-error.ts";
import type { SignatureAlgorithm } from "../jose/algorithms.ts";
import type { JsonObject } from "../jose/json-object.ts";
import { type DpopRules, judgeBinding, type PresentedToken } from "../jose/judge-binding.ts";
import { createProofKeys } from "../jose/proof-keys.ts";
import { createProofNonces } from "../jose/proof-nonces.ts";
import { createSharedProofs, type SharedProofs } from "../jose/shared-proofs.ts";

/** Tokens that are bound to a key of their client (RFC 9449). */
export interface DpopJudge {
  readonly __made: true;
  /** What follows `DPoP` in `Authorization`. Undefined: nothing of that scheme is there. Null: it cannot be read. */
  tokenOf(x: Exchange): string | undefined | null;
  judge(claims: JsonObject, presented: PresentedToken, x: Exchange, nowSeconds: number): Rejection | undefined;
  /** From now on a proof that one process of the group has seen counts in none. */
  join(life: Life): void;
}

export interface DpopConfig {
  /** Name of the security scheme. */
  readonly scheme: string;
  readonly required: boolean;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Scheme and authority that clients use; those of the request where absent. */
  readonly origin?: string;
  /** Secret of the nonces that proofs have to hold; absent: none are asked for. */
  readonly nonceKey?: StartValue;
  /** Parameters of its challenges. */
  readonly parameters: string;
}

/** Throws a `StartError` where the secret of the nonces is too short. */
export const createDpop = (config: DpopConfig): DpopJudge => new Dpop(config);

const shortestNonceKey = 32;

export class Dpop implements DpopJudge {
  declare readonly __made: true;
  readonly #rules: DpopRules;
  readonly #seen: SharedProofs;
  readonly #topic: string;

  constructor({ scheme, required, algorithms, origin, nonceKey, parameters }: DpopConfig, seen = createSharedProofs()) {
    this.#seen = seen;
    if (nonceKey !== undefined && Buffer.byteLength(nonceKey) < shortestNonceKey)
      throw new StartError(
        `identity.schemes.${scheme}.jwt.dpop.nonceKey is shorter than ${shortestNonceKey} bytes. Make one with \`openssl rand -base64 48\`.`,
      );
    const nonces = nonceKey === undefined ? undefined : createProofNonces(Buffer.from(nonceKey));
    this.#rules = { required, algorithms, origin, nonces, parameters, keys: createProofKeys(), seen };
    this.#topic = `identity.schemes.${scheme}.proofs`;
  }

  tokenOf(x: Exchange): string | undefined | null {
    const sent = x.headers.single("authorization");
    if (sent === undefined || sent === null) return sent;
    if (sent.slice(0, 4).toLowerCase() !== "dpop") return undefined;
    let start = 4;
    while (sent.charCodeAt(start) === 0x20) start++;
    if (start === 4 && sent.length > 4) return undefined;
    const token = sent.slice(start);
    return token.includes(",") ? null : token;
  }

  judge(claims: JsonObject, presented: PresentedToken, x: Exchange, nowSeconds: number): Rejection | undefined {
    return judgeBinding(claims, presented, x, this.#rules, nowSeconds);
  }

  join(life: Life): void {
    this.#seen.join(life.events<string>(this.#topic), life.clock);
  }
}
