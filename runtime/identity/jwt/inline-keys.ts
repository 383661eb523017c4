import { StartError } from "../../life/start-error.ts";
import type { Algorithm } from "../jose/algorithms.ts";
import { readKeySet } from "../jose/key-set.ts";
import type { VerificationKey } from "../jose/read-key.ts";
import { type KeySource, KeysInForce, usableKeys } from "./key-source.ts";

export interface InlineKeysConfig {
  /** Public keys (RFC 7517), as JSON text. */
  readonly keys: string;
  readonly algorithms: readonly Algorithm[];
  /** Name of the security scheme. */
  readonly scheme: string;
}

/** Throws a `StartError` where none of the keys can be used. */
export const createInlineKeys = (config: InlineKeysConfig): KeySource => new InlineKeys(config);

class InlineKeys implements KeySource {
  declare readonly __made: true;
  readonly source = "keys of the configuration";
  readonly inForce: KeysInForce;

  constructor({ keys, algorithms, scheme }: InlineKeysConfig) {
    const set = readKeySet({ keys: JSON.parse(keys) as unknown }, algorithms);
    const [skipped] = typeof set === "string" ? [] : set.skipped;
    // Who writes a key here means it: one that is left out is a mistake.
    if (skipped !== undefined)
      throw new StartError(
        `identity.schemes.${scheme}.jwt.jwks: the key ${skipped.key} ${skipped.why}. Replace it or remove it.`,
      );
    this.inForce = settled(usableKeys(set));
  }
}

/** Keys that are there from the start, and stay. */
export function settled(keys: readonly VerificationKey[]): KeysInForce {
  const inForce = new KeysInForce();
  inForce.keys = keys;
  inForce.staleAt = Number.POSITIVE_INFINITY;
  return inForce;
}
