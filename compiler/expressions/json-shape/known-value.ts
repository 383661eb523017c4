import type { TypedNode } from "../../ir/expression.ts";
import { overloads } from "../overloads.ts";

/** A constant that an expression gives for a status; undefined where it depends on more than that. */
export type Known = { readonly value: string | number | boolean | null } | undefined;

export function knownValue(node: TypedNode, status: number): Known {
  switch (node.kind) {
    case "constant":
      if (Array.isArray(node.value)) return undefined;
      return { value: isNumber(node) ? Number(node.value) : (node.value as string | boolean | null) };
    case "variable":
      return node.name === "problem.status" ? { value: status } : undefined;
    case "box":
    case "narrow":
      return knownValue(node.operand, status);
    case "conditional": {
      const branch = branchOf(node, status);
      return branch === undefined ? undefined : knownValue(branch, status);
    }
    case "and":
    case "or": {
      const values = node.operands.map((operand) => knownValue(operand, status)?.value);
      const deciding = node.kind === "or";
      if (values.includes(deciding)) return { value: deciding };
      return values.every((value) => value === !deciding) ? { value: !deciding } : undefined;
    }
    case "call":
      return knownCall(node, status);
    default:
      return undefined;
  }
}

/** The branch that a condition takes for a status. */
export function branchOf(
  { condition, then, otherwise }: TypedNode & { kind: "conditional" },
  status: number,
): TypedNode | undefined {
  const decided = knownValue(condition, status);
  return decided === undefined ? undefined : decided.value === true ? then : otherwise;
}

const isNumber = ({ type }: TypedNode): boolean => type.kind === "int" || type.kind === "uint" || type.kind === "double";

function knownCall({ overload, args }: TypedNode & { kind: "call" }, status: number): Known {
  const [first, second] = args;
  const { name } = overloads[overload];
  const left = knownValue(first!, status);
  if (left === undefined && name !== "[]") return undefined;
  if (name === "!") return { value: left?.value !== true };
  if (name === "string") return { value: String(left?.value) };
  if (name === "in") return isIn(left?.value, second!, status);
  if (name === "[]") {
    const entry = second === undefined ? undefined : entryOf(first!, second, status);
    return entry === undefined ? undefined : knownValue(entry, status);
  }
  const right = second === undefined ? undefined : knownValue(second, status);
  if (left === undefined || right === undefined) return undefined;
  const compare = comparisons[name];
  return compare === undefined ? undefined : { value: compare(left.value as number, right.value as number) };
}

const comparisons: Readonly<Record<string, ((a: number, b: number) => boolean) | undefined>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

function isIn(value: unknown, container: TypedNode, status: number): Known {
  const node = unboxed(container);
  const items = node.kind === "list" ? node.items : node.kind === "map" ? node.entries.map(({ key }) => key) : undefined;
  const values = items?.map((item) => knownValue(item, status));
  return values === undefined || values.includes(undefined) ? undefined : { value: values.some((one) => one?.value === value) };
}

/** What a map that is written out has under a key: `{400: 'INVALID_ARGUMENT'}[problem.status]`. */
function entryOf(map: TypedNode, key: TypedNode, status: number): TypedNode | undefined {
  const node = unboxed(map);
  const wanted = knownValue(key, status);
  if (node.kind !== "map" || wanted === undefined) return undefined;
  return node.entries.find((entry) => knownValue(entry.key, status)?.value === wanted.value)?.value;
}

export const unboxed = (node: TypedNode): TypedNode =>
  node.kind === "box" || node.kind === "narrow" ? unboxed(node.operand) : node;
