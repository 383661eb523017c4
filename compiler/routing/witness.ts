import type { Segment } from "../ir/route.ts";
import { decideRoute, effectivePath, matchesSegment, routeMismatch } from "./brute-force.ts";
import { bothConditions, conditionsOf, type FieldSet } from "./conditions.ts";
import { hostPatterns, type Route, type RouteRequest, type RoutingOptions } from "./route.ts";
import { commonText, shapeOf } from "./segment.ts";

/** Texts to try for parameters: a witness is clearer where no third route takes it. */
const fillers = ["x", "1", "z9"];

/**
 * A request that both routes match, verified by the plain matcher; undefined where none was found. `host` is the
 * pattern under which they meet. Requests that `isPreferred` are taken before others.
 */
export function findWitness(
  a: Route,
  b: Route,
  host: string,
  options: RoutingOptions,
  isPreferred: (witness: RouteRequest) => boolean,
): RouteRequest | undefined {
  let found: RouteRequest | undefined;
  const left = conditionsOf(a.match);
  const right = conditionsOf(b.match);
  const conditions = left === undefined || right === undefined ? undefined : bothConditions(left, right);
  if (conditions === undefined) return undefined;
  const method = a.match.method === "*" ? (b.match.method === "*" ? "GET" : b.match.method) : a.match.method;
  const { headers, query } = fieldsOf(conditions);
  for (const filler of fillers) {
    const path = commonPath(a.match.path.segments, b.match.path.segments, filler);
    if (path === undefined) continue;
    const witness: RouteRequest = { method, host: hostUnder(host), path, headers, query };
    const compared = { ...witness, path: effectivePath(path, options) };
    if (routeMismatch(a.match, compared) !== undefined || routeMismatch(b.match, compared) !== undefined) continue;
    if (isPreferred(witness)) return witness;
    found ??= witness;
  }
  return found;
}

/** Whether one of the two answers the witness, and no third route. */
export function isUndisturbed(
  witness: RouteRequest,
  pair: readonly Route[],
  routes: readonly Route[],
  options: RoutingOptions,
): boolean {
  const { winner } = decideRoute(routes, witness, options);
  return winner !== undefined && pair.includes(winner);
}

/** A host under a pattern; any host where the pattern is empty. */
export const hostUnder = (pattern: string): string =>
  pattern === "" ? "gateway.example" : pattern.startsWith("*.") ? `x${pattern.slice(1)}` : pattern;

/** The host patterns that both routes name, as the host is compared before anything else. */
export const sharedHosts = (a: Route, b: Route): readonly string[] => {
  const known = new Set(hostPatterns(b.match));
  return hostPatterns(a.match).filter((host) => known.has(host));
};

/** Fields and query of a request that meets the conditions. */
export function fieldsOf(conditions: ReadonlyMap<string, FieldSet>): Pick<RouteRequest, "headers" | "query"> {
  const headers: { name: string; value: string }[] = [];
  const query = new URLSearchParams();
  const accept: string[] = [];
  for (const [key, { absent, value }] of conditions) {
    if (absent) continue;
    const kind = key.slice(0, key.indexOf(" "));
    const name = key.slice(kind.length + 1);
    const text = typeof value === "object" ? value.only : "x";
    if (kind === "header") headers.push({ name, value: text });
    else if (kind === "query") query.append(name, text);
    else accept.push(/^[\w.+-]+$/.test(text) ? `${name}=${text}` : `${name}="${text.replace(/["\\]/g, "\\$&")}"`);
  }
  if (accept.length > 0) headers.push({ name: "accept", value: `application/json; ${accept.join("; ")}` });
  return { headers, query: query.toString() };
}

function commonPath(a: readonly Segment[], b: readonly Segment[], filler: string): string | undefined {
  const texts: string[] = [];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const left = a[index];
    const right = b[index];
    if (left?.kind === "rest" || right?.kind === "rest") {
      const remaining = (left?.kind === "rest" ? b : a).slice(index).filter((segment) => segment.kind !== "rest");
      const own = remaining.map((segment) => commonSegment(segment, segment, filler));
      if (own.includes(undefined)) return undefined;
      const both = left?.kind === right?.kind && index === 0 ? [filler] : own.map((text) => text!);
      return `/${[...texts, ...both].join("/")}`;
    }
    const text = left === undefined || right === undefined ? undefined : commonSegment(left, right, filler);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return `/${texts.join("/")}`;
}

/** A text that both segments match. */
export function commonSegment(a: Segment, b: Segment, filler: string): string | undefined {
  if (a.kind === "literal") return matchesSegment(b, a.text) ? a.text : undefined;
  if (b.kind === "literal") return matchesSegment(a, b.text) ? b.text : undefined;
  return commonText(a.kind === "mixed" ? shapeOf(a) : [null], b.kind === "mixed" ? shapeOf(b) : [null], filler);
}
