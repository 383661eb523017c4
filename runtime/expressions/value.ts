import type { Duration } from "./duration.ts";
import type { Timestamp } from "./timestamp.ts";

/**
 * A value that carries its type: `int` is a bigint, `double` a number, `uint` an object of the class below. Maps come
 * from the expression (`Map`) or from JSON (objects).
 */
export type Dyn =
  | bigint
  | number
  | Uint
  | string
  | boolean
  | null
  | Uint8Array
  | Timestamp
  | Duration
  | TypeName
  | readonly Dyn[]
  | ReadonlyMap<Dyn, Dyn>
  | JsonObject;

export interface JsonObject {
  readonly [key: string]: Dyn;
}

/** An unsigned integer among values of unknown type. */
export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** A type as a value: what `type(x)` gives. */
export class TypeName {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}
