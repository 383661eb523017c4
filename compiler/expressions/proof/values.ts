import type { TypedNode } from "../../ir/expression.ts";

/** What an expression gives in one world. */
export type Value = Known | Unknown | typeof none;

/** No value: an error in CEL, which `when` and `authorize` read in their own way. */
export const none = Symbol("none");

export interface Known {
  readonly known: bigint | number | string | boolean | null | readonly Value[];
}

/** Some value that is none of the constants that the expression compares it with; equal keys are equal values. */
export interface Unknown {
  readonly unknown: string;
  /** What a text begins with. */
  readonly prefix?: string;
}

export const known = (value: Known["known"]): Known => ({ known: value });
export const isKnown = (value: Value): value is Known => typeof value === "object" && "known" in value;
export const isUnknown = (value: Value): value is Unknown => typeof value === "object" && "unknown" in value;

const keys = new WeakMap<TypedNode, string>();

/** Equal for nodes that say the same, wherever they stand. */
export function keyOf(node: TypedNode): string {
  let key = keys.get(node);
  if (key === undefined) {
    key = JSON.stringify(node, (name, value: unknown) => (positionOrType.has(name) ? undefined : value));
    keys.set(node, key);
  }
  return key;
}

const positionOrType = new Set(["at", "type", "variableType"]);

export function constantOf(node: TypedNode): Known["known"] | undefined {
  if (node.kind === "box" || node.kind === "narrow") return constantOf(node.operand);
  if (node.kind === "call" && node.overload === "negateInt") {
    const operand = constantOf(node.args[0]!);
    return typeof operand === "bigint" ? -operand : undefined;
  }
  if (node.kind === "call" && node.overload === "negateDouble") {
    const operand = constantOf(node.args[0]!);
    return typeof operand === "number" ? -operand : undefined;
  }
  if (node.kind !== "constant" || Array.isArray(node.value)) return undefined;
  const value = node.value as string | boolean | null;
  if (node.type.kind === "int" || node.type.kind === "uint") return BigInt(String(value));
  return node.type.kind === "double" ? Number(value) : value;
}

/** Undefined where the two are of kinds that have no order between them. */
export function compareKnown(a: Known["known"], b: Known["known"]): number | undefined {
  const isNumeric = (value: Known["known"]): value is number | bigint => typeof value === "number" || typeof value === "bigint";
  if (isNumeric(a) && isNumeric(b)) return a < b ? -1 : a > b ? 1 : a >= b ? 0 : undefined;
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  return undefined;
}
