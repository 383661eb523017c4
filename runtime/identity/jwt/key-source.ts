import type { Life } from "../../life/life.ts";
import type { KeySet } from "../jose/key-set.ts";
import type { VerificationKey } from "../jose/read-key.ts";

/** Where the keys of an issuer come from. Without `follow` they are as they are. */
export interface KeySource {
  readonly __made: true;
  /** As people know it: `https://login.example.com/jwks.json`, `file jwks.json`. */
  readonly source: string;
  readonly inForce: KeysInForce;
  /** In every process. Resolves when there are keys, or when nobody should wait any longer; rejects where none can come. */
  follow?(life: Life): Promise<void>;
  /** In one process of the group. */
  fetch?(tenure: Life): void;
  /**
   * None of the keys has signed a token, whose header has this `kid`: seconds until there may be one that has, which this looks
   * for. 0: it was looked for, and is not there.
   */
  lookAgain?(kid: string | undefined): number;
  stop?(): void;
}

/** The keys that count at the moment, and what people want to know of them. */
export class KeysInForce {
  keys: readonly VerificationKey[] = [];
  /** Milliseconds since the epoch; 0: there are none yet. */
  since = 0;
  /** Milliseconds since the epoch at which they no longer count, unless they are seen again. */
  staleAt = 0;
  /** Looks in a row that found no usable keys, and why the last one did not. */
  failures = 0;
  failure: string | undefined = undefined;
  #replaced: (() => void) | undefined = undefined;

  /** `listener`: called each time that some of the keys may be gone. */
  onReplaced(listener: () => void): void {
    this.#replaced = listener;
  }

  replace(keys: readonly VerificationKey[], since: number): void {
    this.keys = keys;
    this.since = since;
    this.#replaced?.();
  }
}

/** Throws where no key of the set can be used, with the reason as the end of a sentence. */
export function usableKeys(set: KeySet | string): readonly VerificationKey[] {
  if (typeof set === "string") throw new Error(`it is not a key set: ${set}`);
  if (set.keys.length > 0) return set.keys;
  const [first] = set.skipped;
  throw new Error(
    first === undefined ? "it has no keys" : `none of its keys can be used: for one, the key ${first.key} ${first.why}`,
  );
}
