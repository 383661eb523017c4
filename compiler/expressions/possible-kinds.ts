import type { TypedNode, ValueType } from "../ir/expression.ts";
import type { OverloadId } from "./overloads.ts";

type Kinds = ReadonlySet<string> | undefined;

const numbers = ["int", "uint", "double"] as const;
/** What arithmetic of values of unknown type gives: nothing else is added, subtracted, … */
const computed: { readonly [Id in OverloadId]?: readonly ValueType["kind"][] } = {
  addDyn: [...numbers, "string", "bytes", "list", "timestamp", "duration"],
  subtractDyn: [...numbers, "timestamp", "duration"],
  multiplyDyn: numbers,
  divideDyn: numbers,
  moduloDyn: numbers,
  negateDyn: ["int", "double"],
};

/** The types that a value of unknown type can turn out to have; undefined where it may have any. */
export function possibleKinds(node: TypedNode): Kinds {
  const { kind } = node.type;
  if (kind === "union") {
    const kinds = node.type.members.map((member) => member.kind);
    return kinds.includes("dyn") ? undefined : new Set(kinds);
  }
  if (kind !== "dyn") return new Set([kind]);
  if (node.kind === "box" || node.kind === "narrow") return possibleKinds(node.operand);
  if (node.kind === "conditional") return anyOf([node.then, node.otherwise]);
  if (node.kind !== "call") return undefined;
  const kinds = computed[node.overload];
  if (kinds !== undefined) return new Set(kinds);
  const [container] = node.args;
  if (/^elementOfList/.test(node.overload) && container?.kind === "list") return anyOf(container.items);
  return node.overload === "elementOfMap" && container?.kind === "map"
    ? anyOf(container.entries.map(({ value }) => value))
    : undefined;
}

function anyOf(nodes: readonly TypedNode[]): Kinds {
  const all = nodes.map(possibleKinds);
  return all.some((kinds) => kinds === undefined) ? undefined : new Set(all.flatMap((kinds) => [...kinds!]));
}
