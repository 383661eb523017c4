import type { ExpressionIr } from "./expression.ts";
import type { Origin } from "./origin.ts";
import type { ParameterReaderIr } from "./parameter.ts";
import type { ResourceRefIr, Room } from "./resource.ts";
import type { ValidatorIr } from "./schema.ts";

/**
 * A value that a bundle reads when it starts, never when it is built.
 *
 * `secret` values are `{ env }` or `{ file }` references; `setting` is text with `${env:NAME}` inside, for what is not
 * secret.
 */
export type StartValueIr =
  | { readonly kind: "secret"; readonly from: { readonly env: string } | { readonly file: string }; readonly origin: Origin }
  | {
      readonly kind: "setting";
      readonly template: string;
      /** What it has to be once it is filled in; any text where absent. */
      readonly as?: SettingKind;
      readonly origin: Origin;
    };

/** A number, or a setting that becomes one when the gateway starts. */
export type NumberIr = number | StartValueIr;

/** What a setting has to be once it is filled in; the last three become numbers. */
export type SettingKind = "port" | "endpoint" | "count" | "duration" | "size";

/** A place in the exchange where one policy instance keeps state between its hooks; numbered by the plan. */
export interface SlotIr {
  readonly kind: "slot";
}

/** Something that a run-time function makes for the config of another: a body format. */
export interface MakeIr {
  readonly kind: "make";
  readonly factory: { readonly module: string; readonly name: string };
  readonly config: ConfigIr;
}

/** What may stand for a constant in a step's config: plain JSON or a node that emit knows how to print. */
export type ConfigIr =
  | string
  | number
  | boolean
  | null
  | StartValueIr
  | SlotIr
  | ResourceRefIr
  | ExpressionIr
  | ValidatorIr
  | ParameterReaderIr
  | MakeIr
  | readonly ConfigIr[]
  | { readonly [key: string]: ConfigIr | undefined };

/** Maps a factory's config type to what the compiler must supply for it. */
export type Lowered<T> = T extends { readonly __startValue: true }
  ? StartValueIr | string
  : T extends { readonly __slot: true }
    ? SlotIr
    : T extends { readonly __expression: true }
      ? ExpressionIr
      : T extends { readonly __validator: true }
        ? ValidatorIr
        : T extends { readonly __parameterReader: true }
          ? ParameterReaderIr
          : T extends { readonly __made: true }
            ? MakeIr
            : T extends { readonly __resource: infer In extends Room }
              ? ResourceRefIr<In>
              : T extends string | number | boolean | null | undefined
                ? number extends T
                  ? NumberIr
                  : T
                : T extends readonly (infer Item)[]
                  ? readonly Lowered<Item>[]
                  : T extends object
                    ? { readonly [Key in keyof T]: Lowered<T[Key]> }
                    : never;
