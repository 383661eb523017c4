import type { Identity, Rejection } from "../../exchange/exchange.ts";
import type { Confirmation } from "../jose/confirmation.ts";

/** What the issuer said of a token. */
export interface Verdict {
  readonly found: Identity | Rejection;
  readonly binding: Confirmation | undefined;
  /** Milliseconds since the epoch, from which on it is asked again. */
  readonly until: number;
}

/**
 * Verdicts by the hash of the whole token. Those of active tokens and of others are apart, so that a flood of made-up tokens
 * drives out none that counts.
 */
export class VerdictCache {
  readonly #active = new Map<string, Verdict>();
  readonly #refused = new Map<string, Verdict>();
  readonly #most: number;

  constructor(most = 10_000) {
    this.#most = most;
  }

  get(key: string, now: number): Verdict | undefined {
    const verdict = this.#active.get(key) ?? this.#refused.get(key);
    if (verdict === undefined || now < verdict.until) return verdict;
    this.#active.delete(key);
    this.#refused.delete(key);
    return undefined;
  }

  set(key: string, verdict: Verdict): void {
    const half = verdict.found.subject === undefined ? this.#refused : this.#active;
    if (half.size >= this.#most) half.delete(half.keys().next().value!);
    half.set(key, verdict);
  }
}
