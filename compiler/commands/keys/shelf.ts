import type { KeyFacts } from "../../../runtime/identity/api-key/key-changes.ts";
import type { KeyEntry } from "../../../runtime/identity/api-key/key-entry.ts";

/** A key as people see it: without its hash, with its state, and with its uses where they are known. */
export type ShownKey = Readonly<Record<string, unknown>> & { readonly id: string; readonly consumer: string };

export interface MadeKey {
  readonly key: string;
  readonly entry: ShownKey;
  /** The one whose place it takes. */
  readonly old?: ShownKey;
}

/** Keys wherever they are: in a file, or behind the admin listener of a gateway. */
export interface Shelf {
  /** For messages: `keys.json`. */
  readonly where: string;
  list(): Promise<readonly ShownKey[]>;
  show(id: string): Promise<ShownKey>;
  create(facts: KeyFacts, prefix: string | undefined): Promise<MadeKey>;
  /** @param overlap milliseconds for which the old one counts beside it */
  rotate(id: string, overlap: number, change: Partial<KeyFacts>): Promise<MadeKey>;
  revoke(id: string): Promise<ShownKey>;
  import(entries: readonly KeyEntry[], prefix: string | undefined): Promise<number>;
  export(): Promise<readonly KeyEntry[]>;
}

/** What was asked for cannot be done as things are; the message says why and what to do. Exit code 1. */
export class KeysProblem extends Error {}
