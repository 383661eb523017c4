import type { ExpressionIr, TypedNode } from "../../expressions/ir.ts";
import type { RouteRequest } from "../route.ts";

/** What a request needs for a condition to hold, as far as the expression says it plainly. */
interface Demands {
  readonly headers: Map<string, string>;
  readonly query: Map<string, string>;
  method: string | undefined;
}

/**
 * The request with fields that make the conditions hold; undefined where its method keeps one from it. Of what is not a
 * comparison with a constant nothing is known, so that the condition is taken to hold for some request.
 */
export function meetConditions(request: RouteRequest, conditions: readonly ExpressionIr[]): RouteRequest | undefined {
  if (conditions.length === 0) return request;
  const demands: Demands = { headers: new Map(), query: new Map(), method: undefined };
  for (const { root } of conditions) collect(root, demands);
  if (demands.method !== undefined && demands.method !== request.method) return undefined;
  const query = new URLSearchParams(request.query);
  for (const [name, value] of demands.query) if (!query.has(name)) query.set(name, value);
  const known = new Set(request.headers.map(({ name }) => name.toLowerCase()));
  const added = [...demands.headers].filter(([name]) => !known.has(name)).map(([name, value]) => ({ name, value }));
  return { ...request, headers: [...request.headers, ...added], query: query.toString() };
}

function collect(node: TypedNode, demands: Demands): void {
  if (node.kind === "and") for (const operand of node.operands) collect(operand, demands);
  // One of them is enough.
  else if (node.kind === "or") collect(node.operands[0]!, demands);
  else if (node.kind === "has") demand(node.operand, node.name, undefined, demands);
  else if (node.kind === "call" && node.overload === "equals") {
    const [one, other] = node.args.map(unboxed);
    if (other?.kind === "constant") equal(one!, other.value, demands);
    else if (one?.kind === "constant") equal(other!, one.value, demands);
  } else if (node.kind === "call" && node.overload === "inMap") {
    const [name, map] = node.args.map(unboxed);
    if (name?.kind === "constant" && typeof name.value === "string") demand(map!, name.value, undefined, demands);
  }
}

function equal(node: TypedNode, value: unknown, demands: Demands): void {
  if (typeof value !== "string") return;
  if (node.kind === "variable" && node.name === "request.method") demands.method = value;
  else if (node.kind === "field") demand(node.operand, node.name, value, demands);
}

/** @param value undefined: any, so that one which is compared with a constant elsewhere stays */
function demand(map: TypedNode, name: string, value: string | undefined, { headers, query }: Demands): void {
  if (map.kind !== "variable" || (map.name !== "request.headers" && map.name !== "request.query")) return;
  const [fields, key] = map.name === "request.headers" ? [headers, name.toLowerCase()] : [query, name];
  if (value !== undefined || !fields.has(key)) fields.set(key, value ?? "x");
}

const unboxed = (node: TypedNode): TypedNode => (node.kind === "box" || node.kind === "narrow" ? unboxed(node.operand) : node);
