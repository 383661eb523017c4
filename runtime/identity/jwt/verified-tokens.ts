import type { Identity } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import type { Confirmation } from "../jose/confirmation.ts";
import type { JsonObject } from "../jose/json-object.ts";
import type { VerificationKey } from "../jose/read-key.ts";
import type { KeysInForce } from "./key-source.ts";

/** A token that was verified, by the rules of one scheme. */
export interface VerifiedToken {
  /** All of it, as a text of its own. */
  readonly text: string;
  readonly identity: Identity;
  readonly key: VerificationKey;
  /** What the key is from. */
  readonly keys: KeysInForce;
  /** Milliseconds since the epoch, from which on it no longer counts. */
  readonly until: number;
  /** What else has to be shown with it each time. */
  readonly confirmation: Confirmation | undefined;
  /** Where proofs are judged by them; most of what a token says is of no use again, and would be moved about by each collection. */
  readonly claims: JsonObject | undefined;
}

/** Tokens, and characters of them, in each half. */
const mostTokens = 8_192;
const mostCharacters = 8 * 1024 * 1024;

/** Characters at the end, of its signature: to hash all of a token would take longer than everything else. */
const tail = 32;

/**
 * Tokens that were verified. They are found by their end and compared as a whole: a part of the text would do for tokens
 * that differ elsewhere. In two halves: what is used moves to the younger one, and the older one is dropped when the
 * younger is full.
 */
export class VerifiedTokens {
  #young = new Map<string, VerifiedToken>();
  #old = new Map<string, VerifiedToken>();
  #characters = 0;

  get(token: string): VerifiedToken | undefined {
    const end = token.slice(-tail);
    const young = this.#young.get(end);
    if (young !== undefined) return young.text === token ? young : undefined;
    const old = this.#old.get(end);
    if (old === undefined || old.text !== token) return undefined;
    this.add(old);
    return old;
  }

  add(verified: VerifiedToken): void {
    const { text } = verified;
    if (this.#young.size >= mostTokens || this.#characters + text.length > mostCharacters) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#characters = 0;
    }
    this.#characters += text.length;
    this.#young.set(keptText(text.slice(-tail)), verified);
  }

  /** Drops those that were verified by a key that is no longer among `keys`. */
  drop(keys: KeysInForce): void {
    const known = new Map<VerificationKey, boolean>();
    for (const half of [this.#young, this.#old]) {
      for (const [end, { key, keys: from }] of half) {
        if (from !== keys) continue;
        let isKept = known.get(key);
        if (isKept === undefined) known.set(key, (isKept = keys.keys.some((other) => isSame(key, other))));
        if (!isKept) half.delete(end);
      }
    }
  }
}

/** One that is for fewer algorithms, or has another name, might not have verified what the other has. */
const isSame = (one: VerificationKey, other: VerificationKey): boolean =>
  one.kid === other.kid && one.algorithms.join() === other.algorithms.join() && one.key.equals(other.key);
