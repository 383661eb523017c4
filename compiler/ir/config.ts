import type { Origin } from "./origin.ts";

/**
 * A value that a bundle reads when it starts, never when it is built.
 *
 * `secret` values are `{ env }` or `{ file }` references; `setting` is text with `${env:NAME}` inside, for what is not
 * secret.
 */
export type StartValueIr =
  | { readonly kind: "secret"; readonly from: { readonly env: string } | { readonly file: string }; readonly origin: Origin }
  | { readonly kind: "setting"; readonly template: string; readonly origin: Origin };

/** A place in the exchange where one policy instance keeps state between its hooks; numbered by the plan. */
export interface SlotIr {
  readonly kind: "slot";
}

/** The run-time constant of a security scheme. */
export interface SchemeRefIr {
  readonly kind: "scheme";
  readonly name: string;
}

/** What may stand for a constant in a step's config: plain JSON or a node that emit knows how to print. */
export type ConfigIr = string | number | boolean | null | StartValueIr | SlotIr | SchemeRefIr | readonly ConfigIr[] | { readonly [key: string]: ConfigIr | undefined };

/** Maps a factory's config type to what the compiler must supply for it. */
export type Lowered<T> = T extends { readonly __startValue: true }
  ? StartValueIr | string
  : T extends { readonly __slot: true }
    ? SlotIr
    : T extends { readonly __scheme: true }
      ? SchemeRefIr
    : T extends string | number | boolean | null | undefined
      ? T
      : T extends readonly (infer Item)[]
        ? readonly Lowered<Item>[]
        : T extends object
          ? { readonly [Key in keyof T]: Lowered<T[Key]> }
          : never;
