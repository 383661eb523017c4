import { mayHold } from "../../expressions/proof/index.ts";
import type { ExpressionIr, TypedNode } from "../../ir/expression.ts";
import type { RouteRequest } from "../route.ts";

/** What a request needs, as texts by name; header fields in lower case. */
export interface Fields {
  readonly headers: Map<string, string>;
  readonly query: Map<string, string>;
}

/**
 * The request with fields that make the conditions hold; undefined where its method or path keep them from it. Of what
 * cannot be taken apart nothing is known, so that the condition is taken to hold for some request.
 */
export function meetConditions(request: RouteRequest, conditions: readonly ExpressionIr[]): RouteRequest | undefined {
  if (conditions.length === 0) return request;
  if (!mayHold(conditions, true, { methods: [request.method], path: { values: [request.path] } })) return undefined;
  const demands: Fields = { headers: new Map(), query: new Map() };
  for (const { root } of conditions) collect(root, demands);
  return withFields(request, demands);
}

/** The request with those fields that it lacks. */
export function withFields(request: RouteRequest, fields: Fields): RouteRequest {
  if (fields.headers.size + fields.query.size === 0) return request;
  const query = new URLSearchParams(request.query);
  for (const [name, value] of fields.query) if (!query.has(name)) query.set(name, value);
  const known = new Set(request.headers.map(({ name }) => name.toLowerCase()));
  const added = [...fields.headers].filter(([name]) => !known.has(name)).map(([name, value]) => ({ name, value }));
  return { ...request, headers: [...request.headers, ...added], query: query.toString() };
}

function collect(node: TypedNode, demands: Fields): void {
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

function equal(node: TypedNode, value: unknown, demands: Fields): void {
  if (typeof value !== "string") return;
  if (node.kind === "field") demand(node.operand, node.name, value, demands);
}

/** @param value undefined: any, so that one which is compared with a constant elsewhere stays */
function demand(map: TypedNode, name: string, value: string | undefined, { headers, query }: Fields): void {
  if (map.kind !== "variable" || (map.name !== "request.headers" && map.name !== "request.query")) return;
  const [fields, key] = map.name === "request.headers" ? [headers, name.toLowerCase()] : [query, name];
  if (value !== undefined || !fields.has(key)) fields.set(key, value ?? "x");
}

const unboxed = (node: TypedNode): TypedNode => (node.kind === "box" || node.kind === "narrow" ? unboxed(node.operand) : node);
