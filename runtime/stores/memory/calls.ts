import type { Json } from "../../life/json.ts";

/**
 * What processes ask the one that holds a store for the group. Several go in one message, in order.
 *
 * `take`: `group` is the number of processes where a lease is wanted beside, otherwise 0.
 */
export type Call =
  | readonly ["take", limit: string, key: string, cost: number, group: number]
  /** A lease is over, by so much used. */
  | readonly ["end", limit: string, lease: number, used: number]
  | readonly ["settle", limit: string, key: string, cost: number, at: number, actual: number]
  | readonly ["look", limit: string, key: string]
  | readonly ["reset", limit: string, key: string]
  | readonly ["get", key: string]
  | readonly ["set", key: string, value: string, lifeSpan: number]
  | readonly ["add", key: string, value: string, lifeSpan: number]
  | readonly ["delete", key: string]
  | readonly ["lent", kind: string, question: Json];

/** Null: the holder does not know the limit. `retryIn` is -1 for never, which JSON has no number for. */
export type TakeAnswer =
  | readonly [passed: 0 | 1, left: number, moreIn: number, retryIn: number, at: number, lease: number, granted: number]
  | null;

export type LookAnswer = readonly [left: number, moreIn: number] | null;

/** Milliseconds for which what a process has on lease is its own. */
export const leaseTerm = (span: number): number => Math.min(5000, Math.max(100, span / 10));

/** The number of requests from which on a process takes them on lease, for each process of the group. */
export const leastForLease = 100;

export const asJson = (calls: readonly Call[]): Json => calls;
