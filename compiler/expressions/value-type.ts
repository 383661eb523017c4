import type { ValueType } from "../ir/expression.ts";
import type { CelType } from "./types.ts";

/** Lists of lists of … deeper than this are taken for values of unknown type. */
const maxDepth = 16;

/** Empty union: the element type of an empty list, which goes with any other. */
export const nothing: CelType = { kind: "union", members: [] };
export const isNothing = (type: CelType): boolean => type.kind === "union" && type.members.length === 0;

/** What generated code must know of `type`; `expand` follows references. */
export function valueType(type: CelType, expand: (type: CelType) => CelType, depth = 0): ValueType {
  if (depth > maxDepth) return { kind: "dyn" };
  const given = expand(type);
  const inner = (part: CelType): ValueType => valueType(part, expand, depth + 1);
  if (given.kind === "list") return { kind: "list", element: inner(given.element) };
  if (given.kind === "map") return { kind: "map", key: inner(given.key), value: inner(given.value) };
  if (given.kind === "object") return { kind: "object" };
  if (given.kind === "union") return isNothing(given) ? { kind: "dyn" } : { kind: "union", members: given.members.map(inner) };
  return given.kind === "reference" ? { kind: "dyn" } : { kind: given.kind };
}
