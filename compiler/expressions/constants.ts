import * as convert from "../../runtime/expressions/convert.ts";
import { durationFromString } from "../../runtime/expressions/duration.ts";
import { ExpressionError } from "../../runtime/expressions/error.ts";
import * as int from "../../runtime/expressions/int.ts";
import { timestampFromString } from "../../runtime/expressions/timestamp.ts";
import * as uint from "../../runtime/expressions/uint.ts";
import type { TypedNode } from "../ir/expression.ts";
import type { OverloadId } from "./overloads.ts";

type Scalar = int.Int | string | boolean;

/** What a part that consists of constants gives on every request. */
export type Folded = { readonly value: Scalar } | { readonly problem: string };

/** What the functions that can fail are at run time, and those that their arguments are likely to be made of. */
const functions: { readonly [Id in OverloadId]?: (...args: never[]) => unknown } = {
  ...int,
  ...uint,
  ...convert,
  addDouble: (a: number, b: number) => a + b,
  subtractDouble: (a: number, b: number) => a - b,
  multiplyDouble: (a: number, b: number) => a * b,
  divideDouble: (a: number, b: number) => a / b,
  negateDouble: (a: number) => -a,
  addString: (a: string, b: string) => a + b,
  sizeString: (text: string) => [...text].length,
  stringFromString: (text: string) => text,
  stringFromInt: String,
  stringFromUint: String,
  stringFromBool: String,
  intFromInt: (value: int.Int) => value,
  uintFromUint: (value: int.Int) => value,
  doubleFromDouble: (value: number) => value,
  doubleFromInt: Number,
  doubleFromUint: Number,
  durationFromString,
  timestampFromString,
};

/** Folds parts of one expression, each once. */
export class Constants {
  readonly #known = new WeakMap<TypedNode, Folded | undefined>();

  /** Undefined where the request has a say in it, or where that is not known here. */
  of(node: TypedNode): Folded | undefined {
    if (this.#known.has(node)) return this.#known.get(node);
    const folded = this.#fold(node);
    this.#known.set(node, folded);
    return folded;
  }

  #fold(node: TypedNode): Folded | undefined {
    if (node.kind === "constant") return scalarOf(node);
    if (node.kind === "conditional") {
      const condition = this.of(node.condition);
      if (condition === undefined || "problem" in condition) return undefined;
      return this.of(condition.value === true ? node.then : node.otherwise);
    }
    if (node.kind !== "call") return undefined;
    const run = Object.hasOwn(functions, node.overload) ? functions[node.overload] : undefined;
    if (run === undefined) return undefined;
    const values: Scalar[] = [];
    for (const arg of node.args) {
      const folded = this.of(arg);
      // A part without a value was reported itself.
      if (folded === undefined || "problem" in folded) return undefined;
      values.push(folded.value);
    }
    try {
      const value = run(...(values as never[]));
      return typeof value === "object" ? undefined : { value: value as Scalar };
    } catch (error) {
      if (error instanceof ExpressionError) return { problem: error.message };
      throw error;
    }
  }
}

function scalarOf({ value, type }: TypedNode & { kind: "constant" }): Folded | undefined {
  // Null and bytes are not computed with.
  if (typeof value !== "boolean" && typeof value !== "string") return undefined;
  if (type.kind === "int" || type.kind === "uint") return { value: int.compact(BigInt(value)) };
  return { value: type.kind === "double" ? Number(value) : value };
}
