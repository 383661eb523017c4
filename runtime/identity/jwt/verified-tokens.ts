import type { Identity } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import type { Confirmation } from "../jose/confirmation.ts";
import type { JsonObject } from "../jose/json-object.ts";
import type { VerificationKey } from "../jose/read-key.ts";
import type { KeysInForce } from "./key-source.ts";

/** A token that was verified, by the rules of one scheme. */
export interface VerifiedToken {
  readonly identity: Identity;
  readonly key: VerificationKey;
  /** What the key is from. */
  readonly keys: KeysInForce;
  /** Milliseconds since the epoch, from which on it no longer counts. */
  readonly until: number;
  /** What else has to be shown with it each time. */
  readonly confirmation: Confirmation | undefined;
  readonly claims: JsonObject;
}

/** Tokens, and characters of them, in each half. */
const mostTokens = 8_192;
const mostCharacters = 8 * 1024 * 1024;

/**
 * Tokens that were verified, by their whole text: parts of it would do for tokens that differ elsewhere. In two halves: what
 * is used moves to the younger one, and the older one is dropped when the younger is full.
 */
export class VerifiedTokens {
  #young = new Map<string, VerifiedToken>();
  #old = new Map<string, VerifiedToken>();
  #characters = 0;

  get(token: string): VerifiedToken | undefined {
    const young = this.#young.get(token);
    if (young !== undefined) return young;
    const old = this.#old.get(token);
    if (old !== undefined) this.add(token, old);
    return old;
  }

  add(token: string, verified: VerifiedToken): void {
    if (this.#young.size >= mostTokens || this.#characters + token.length > mostCharacters) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = 0;
    }
    this.#characters += token.length;
    this.#young.set(keptText(token), verified);
  }

  /** Drops those that were verified by a key that is no longer among `keys`. */
  drop(keys: KeysInForce): void {
    const known = new Map<VerificationKey, boolean>();
    for (const half of [this.#young, this.#old]) {
      for (const [token, { key, keys: from }] of half) {
        if (from !== keys) continue;
        let isKept = known.get(key);
        if (isKept === undefined) known.set(key, (isKept = keys.keys.some((other) => isSame(key, other))));
        if (!isKept) half.delete(token);
      }
    }
  }
}

/** One that is for fewer algorithms, or has another name, might not have verified what the other has. */
const isSame = (one: VerificationKey, other: VerificationKey): boolean =>
  one.kid === other.kid && one.algorithms.join() === other.algorithms.join() && one.key.equals(other.key);
