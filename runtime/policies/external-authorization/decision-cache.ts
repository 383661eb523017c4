import { createHash } from "node:crypto";
import { SingleFlight } from "../../calls/single-flight.ts";
import type { Exchange, Expression, Identity } from "../../exchange/exchange.ts";
import { jsonOf } from "../../expressions/json-of.ts";
import { valueOf } from "../../expressions/value-of.ts";
import { clock } from "../../life/clock.ts";
import type { Question, Verdict } from "./protocol.ts";

export interface DecisionCacheConfig {
  readonly ttlMs: number;
  /** What tells questions apart; null: all that is sent. */
  readonly by: readonly Expression<unknown>[] | null;
  /** One identity never gets what was decided about another. */
  readonly perIdentity: boolean;
  readonly maxEntries: number;
}

interface Kept {
  readonly verdict: Verdict;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/** Decisions that were made, by digests of what was asked. */
export class DecisionCache {
  readonly #config: DecisionCacheConfig;
  readonly #kept = new Map<string, Kept>();
  readonly #flights = new SingleFlight<Verdict>();

  constructor(config: DecisionCacheConfig) {
    this.#config = config;
  }

  /** Undefined: an expression has no value, so that nobody can tell whether it was decided already. */
  keyOf(x: Exchange, question: Question): string | undefined {
    const { by, perIdentity } = this.#config;
    const parts: unknown[] = [x.operation.id, perIdentity ? wholeOf(x.identity) : null];
    if (by === null) {
      const { url, method, headers, body = "" } = question;
      parts.push(url, method, headers, typeof body === "string" ? body : Buffer.from(body).toString("base64"));
    } else {
      for (const expression of by) {
        const value = valueOf(expression, x);
        if (value === undefined) return undefined;
        parts.push(jsonOf(value));
      }
    }
    return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
  }

  find(key: string): Verdict | undefined {
    const kept = this.#kept.get(key);
    return kept !== undefined && kept.until > clock.monotonic() ? kept.verdict : undefined;
  }

  /** Asks once for all who ask the same meanwhile. Only decisions are kept, no failures. */
  async decide(key: string, x: Exchange, ask: () => Promise<Verdict>): Promise<Verdict> {
    const { expiresAt } = x.identity ?? {};
    const verdict = await this.#flights.run(key, ask);
    if (verdict.kind !== "allow" && verdict.kind !== "refuse") return verdict;
    const left = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt - clock.wall();
    this.#keep(key, { verdict, until: clock.monotonic() + Math.min(this.#config.ttlMs, left) });
    return verdict;
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (this.#kept.size <= this.#config.maxEntries) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      break;
    }
  }
}

/** Two tokens of one subject may allow different things: all that is known of it makes the identity. */
const wholeOf = (identity: Identity | undefined): unknown => {
  if (identity === undefined) return null;
  const { scheme, issuer, subject, roles, scopes, tenant, tier, claims } = identity;
  return [scheme, issuer, subject, roles, scopes, tenant, tier, claims];
};
