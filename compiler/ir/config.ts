import type { EmittedBy, EmittedIr } from "./emitted.ts";
import type { Origin } from "./origin.ts";
import type { ResourceRefIr, Room } from "./resource.ts";

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

/** What a setting has to be once it is filled in. */
export type SettingKind = "endpoint" | NumberKind;

/** What becomes a number. */
export type NumberKind = "port" | "count" | "duration" | "size";

/** A number, or a setting that becomes one when the gateway starts. */
export type NumberIr = number | NumberSettingIr;

export type NumberSettingIr = Extract<StartValueIr, { readonly kind: "setting" }> & { readonly as: NumberKind };

/** A place in the exchange where one policy instance keeps state between its hooks; numbered by the plan. */
export interface SlotIr {
  readonly kind: "slot";
}

/** Something that a run-time function makes for the config of another: a body format. Without a config, of nothing. */
export interface MakeIr {
  readonly kind: "make";
  readonly factory: { readonly module: string; readonly name: string };
  readonly config?: ConfigIr;
}

/** Where something is written, as messages of the running gateway name it: `gateway.yaml:12`, and `text` behind it. */
export interface PlaceIr {
  readonly kind: "place";
  readonly origin: Origin;
  readonly text: string;
}

/** A function of the run-time library, for the config of another. */
export interface RuntimeFunctionIr {
  readonly kind: "runtimeFunction";
  readonly module: string;
  readonly name: string;
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
  | EmittedIr
  | MakeIr
  | RuntimeFunctionIr
  | PlaceIr
  | readonly ConfigIr[]
  | { readonly [key: string]: ConfigIr | undefined };

/** Maps a factory's config type to what the compiler must supply for it. */
export type Lowered<T> = T extends { readonly __startValue: true }
  ? StartValueIr | string
  : T extends { readonly __place: true }
    ? PlaceIr
    : T extends { readonly __slot: true }
      ? SlotIr
      : T extends { readonly __emitted: infer By extends EmittedBy }
        ? EmittedIr<By>
        : T extends { readonly __made: true }
          ? MakeIr
          : T extends { readonly __resource: infer In extends Room }
            ? ResourceRefIr<In>
            : T extends number
              ? LoweredNumber<T>
              : T extends string | boolean | null | undefined
                ? T
                : T extends readonly (infer Item)[]
                  ? readonly Lowered<Item>[]
                  : T extends (...args: never) => unknown
                    ? MakeIr | RuntimeFunctionIr
                    : T extends object
                      ? HasOnlyMethods<T> extends true
                        ? MakeIr
                        : { readonly [Key in keyof T]: Lowered<T[Key]> }
                      : never;

/** Any number may be read at start; one of a few is a matter of types. */
type LoweredNumber<T extends number> = number extends T ? NumberIr : T;

/** What has methods and nothing else is no data: the run-time library makes it. */
type HasOnlyMethods<T> = keyof T extends never
  ? false
  : NonNullable<T[keyof T]> extends (...args: never) => unknown
    ? true
    : false;

/** Checked against what the run-time function takes. */
export const make = <Config extends object>(module: string, name: string, config?: Lowered<Config>): MakeIr => ({
  kind: "make",
  factory: { module, name },
  // Plain data and nodes all the way down, which an interface without index signature does not say.
  ...(config === undefined ? {} : { config: config as ConfigIr }),
});

/** A place is no part of what a gateway means: moved in its file, nothing is another. */
export const placeOf = (origin: Origin, text = ""): PlaceIr => ({ kind: "place", origin, text });

export const runtimeFunction = (module: string, name: string): RuntimeFunctionIr => ({ kind: "runtimeFunction", module, name });
