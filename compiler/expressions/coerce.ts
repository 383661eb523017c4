import type { TypedNode, ValueType } from "../ir/expression.ts";
import type { Constant } from "../ir/schema.ts";
import { type CelType, dyn, isNumeric, listOf, mapOf, sameType, unionOf } from "./types.ts";
import { isNothing, nothing, valueType } from "./value-type.ts";

/** A checked expression: what it is, and the node that computes it. */
export interface Typed {
  readonly type: CelType;
  readonly node: TypedNode;
  /** All that the schema of the field that was read lets it be. */
  readonly values?: readonly Constant[] | undefined;
}

export type Expand = (type: CelType) => CelType;

/** The type that has both; undefined where only `dyn` would do. */
export function join(a: CelType, b: CelType, expand: Expand): CelType | undefined {
  if (isNothing(a) || a === b) return b;
  if (isNothing(b) || sameType(a, b)) return a;
  const [left, right] = [expand(a), expand(b)];
  if (left.kind === "dyn" || right.kind === "dyn") return dyn;
  if (left.kind === "list" && right.kind === "list") {
    const element = join(left.element, right.element, expand);
    return element === undefined ? undefined : listOf(element);
  }
  if (left.kind === "map" && right.kind === "map") {
    const [key, value] = [join(left.key, right.key, expand), join(left.value, right.value, expand)];
    return key === undefined || value === undefined ? undefined : mapOf(key, value);
  }
  if (left.kind === "null" || right.kind === "null") return unionOf([left, right]);
  if (left.kind === "union" || right.kind === "union") {
    const [union, other] = left.kind === "union" ? [left, right] : [right as CelType & { kind: "union" }, left];
    const others = other.kind === "union" ? other.members : [other];
    return others.every((member) => union.members.some((known) => sameType(known, member))) ? union : undefined;
  }
  return undefined;
}

/** The common type of several values, `dyn` where there is none; `mixed` says that it was not `dyn` by itself. */
export function joinAll(types: readonly CelType[], expand: Expand): { readonly type: CelType; readonly mixed: boolean } {
  let type: CelType = nothing;
  for (const next of types) {
    const joined = join(type, next, expand);
    if (joined === undefined) return { type: dyn, mixed: true };
    type = joined;
  }
  return { type, mixed: false };
}

/** The same value in the form of `to`, which must be a type that `join` gave. */
export function coerce(typed: Typed, to: CelType, expand: Expand): Typed {
  const [from, target] = [valueType(typed.type, expand), valueType(to, expand)];
  if (!needsBox(from, target)) return { type: to, node: typed.node };
  return { type: to, node: { kind: "box", operand: typed.node, type: target, at: typed.node.at } };
}

/** Whether values of `from` lack what `to` carries: their type. */
function needsBox(from: ValueType, to: ValueType): boolean {
  if (to.kind === "dyn") return !isPlain(from);
  if (from.kind === "list" && to.kind === "list") return needsBox(from.element, to.element);
  if (from.kind === "map" && to.kind === "map") return needsBox(from.key, to.key) || needsBox(from.value, to.value);
  return false;
}

/** Types whose values are told apart without help. */
export function isPlain(type: ValueType): boolean {
  if (type.kind === "list") return isPlain(type.element);
  if (type.kind === "map") return isPlain(type.key) && isPlain(type.value);
  if (type.kind === "union") return type.members.every(isPlain);
  return type.kind !== "int" && type.kind !== "uint";
}

/** From `dyn` or a union to one type, with a check at run time. */
export function narrow(typed: Typed, to: CelType, expand: Expand): Typed {
  return { type: to, node: { kind: "narrow", operand: typed.node, type: valueType(to, expand), at: typed.node.at } };
}

/** Whether `a == b` can be true for some values. */
export function comparable(a: CelType, b: CelType, expand: Expand): boolean {
  const [left, right] = [expand(a), expand(b)];
  if (left.kind === "dyn" || right.kind === "dyn" || isNothing(left) || isNothing(right)) return true;
  if (left.kind === "union") return left.members.some((member) => comparable(member, right, expand));
  if (right.kind === "union") return right.members.some((member) => comparable(left, member, expand));
  if (left.kind === "list" && right.kind === "list") return comparable(left.element, right.element, expand);
  if (left.kind === "map" && right.kind === "map")
    return comparable(left.key, right.key, expand) && comparable(left.value, right.value, expand);
  const records = ["map", "object"];
  if (records.includes(left.kind) && records.includes(right.kind)) return true;
  return left.kind === right.kind || (isNumeric(left) && isNumeric(right));
}
