import type { Given, Store } from "./store.ts";

/** Opens the claims of a kind of store: brought along by who uses them, so that no other gateway has it. */
export interface ClaimsIn {
  readonly __made: true;
  /** `space` keeps the keys of one user apart from those of others. */
  open(store: Store, space: string): Claims;
}

/**
 * Work that is to be done once for a key. Who claims a key holds it for as long as the lease that it renews, and ends with
 * what came of it; where the lease is over before, nobody knows what came of it. All times are milliseconds.
 */
export interface Claims {
  /** Of several who try at once, one gets the key. */
  claim(key: string, work: Work, term: Term, takesOver: boolean): Given<Claimed>;
  /** The lease begins anew; with one of 0 it is over. Also where the store has lost the key. False: somebody else has it. */
  extend(key: string, work: Work, term: Term): Given<boolean>;
  /** What came of it, for whoever claims the key in the next `span`. `full`: there is no room for it. */
  keep(key: string, work: Work, result: string, span: number): Given<boolean | "full">;
  /** As if it had never been claimed. */
  release(key: string, work: Work): Given<boolean>;
}

export interface Work {
  /** Who does it, as nobody else is named. */
  readonly owner: string;
  /** What is done: equal for equal work. */
  readonly mark: string;
}

export interface Term {
  readonly lease: number;
  /** How long the key is known from now on. */
  readonly span: number;
}

export type Claimed =
  | { readonly state: "mine" }
  /** It is being done. */
  | { readonly state: "held"; readonly mark: string }
  /** Its lease is over without a result. With `takesOver`, only work of another mark is told so. */
  | { readonly state: "lost"; readonly mark: string }
  | { readonly state: "kept"; readonly mark: string; readonly result: string };
