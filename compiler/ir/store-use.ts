import type { ResourceRefIr, StoreGift } from "./resource.ts";

/** What a policy or a scheme wants to keep somewhere. */
export interface StoreWish {
  /** Value of the option `store`. */
  readonly store: string | undefined;
  readonly needs: readonly StoreGift[];
  /**
   * The option `onStoreFailure` and what it may say: demanded where the store can fail, refused where it cannot. Absent for a
   * policy that does the same in any case.
   */
  readonly onFailure?: { readonly written: string | undefined; readonly choices: readonly string[] };
  /** JSON pointer of the option that has both, where that is not the policy itself: `/session`. */
  readonly below?: string;
}

/** A store as a policy uses it: `ref` stands for the run-time constant in its config. */
export interface StoreUse {
  readonly name: string;
  /** Kind of the store: `memory`, `redis`. */
  readonly type: string;
  readonly mayFail: boolean;
  /** Bytes of the largest answer that it keeps; undefined: it keeps none. */
  readonly largestAnswer?: number;
  readonly ref: ResourceRefIr<"stores">;
}
