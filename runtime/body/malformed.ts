import type { Violation } from "../validation/violations.ts";

/** Why a body cannot be read. Names places and names of members, never a value: it may be a secret. */
export interface Malformed {
  /** A sentence for the client: `Expected a comma or "}" at line 3, column 7.` */
  readonly detail: string;
  /** The bytes may be fine; what the head says of them is nothing that the gateway reads. */
  readonly unsupported: "charset" | "coding" | undefined;
  /** There are more bytes than may be unpacked. */
  readonly isTooLarge?: true;
}

/** What became of a body: a value, or the reason why there is none. */
export type Parsed<Value = unknown> =
  | {
      /** Undefined: a media type within a declared range that nobody reads; there is nothing to judge. */
      readonly value: Value;
      readonly problem: undefined;
      /** What is wrong with parts that could be read all the same, where a format knows more than the schema says. */
      readonly violations: readonly Violation[] | undefined;
    }
  | { readonly value: undefined; readonly problem: Malformed; readonly violations: undefined };

export const parsed = <Value>(value: Value, violations?: readonly Violation[]): Parsed<Value> => ({
  value,
  problem: undefined,
  violations,
});
export const malformed = (detail: string): Parsed<never> => ({
  value: undefined,
  problem: { detail, unsupported: undefined },
  violations: undefined,
});

export const unsupported = (what: "charset" | "coding", detail: string): Parsed<never> => ({
  value: undefined,
  problem: { detail, unsupported: what },
  violations: undefined,
});

export const tooLarge = (detail: string): Parsed<never> => ({
  value: undefined,
  problem: { detail, unsupported: undefined, isTooLarge: true },
  violations: undefined,
});
