import { parseHost, parseTarget } from "../../runtime/http/target.ts";
import type { Segment } from "../ir/route.ts";
import { effectivePath, matchesSegment, routeMismatch } from "./brute-force.ts";
import { bothConditions, conditionsOf, type FieldSet } from "./conditions.ts";
import type { Route, RouteRequest, RoutingOptions } from "./route.ts";
import { commonText, shapeOf } from "./segment.ts";

/** A text for what the routes leave open: a witness is true where no third route takes it, so several are tried. */
export const fillers = ["x", "1", "z9"] as const;

/** How often a filler stands in a mixed segment, at least: the shortest text of two may be a dot segment, or a third route's. */
const stretches = [0, 1, 3];

/** How many segments stand for `**`, at least. */
const restLengths = [0, 1, 2, 3, 7];

/**
 * Requests that both routes match, the shortest first. `host` is the pattern under which the routes meet. Whether the
 * gateway takes them at all is said by `isAccepted`, and who gets them by the matcher.
 */
export function* commonRequests(a: Route, b: Route, host: string, options: RoutingOptions): Generator<RouteRequest> {
  const left = conditionsOf(a.match);
  const right = conditionsOf(b.match);
  const conditions = left === undefined || right === undefined ? undefined : bothConditions(left, right);
  const method = commonMethod(a.match.method, b.match.method);
  if (conditions === undefined || method === undefined) return;
  const hasMixed = [...a.match.path.segments, ...b.match.path.segments].some(({ kind }) => kind === "mixed");
  const hasRest = a.match.path.segments.at(-1)?.kind === "rest" && b.match.path.segments.at(-1)?.kind === "rest";
  const known = new Set<string>();
  for (const filler of fillers) {
    const fields = fieldsOf(conditions, filler);
    for (const stretch of hasMixed ? stretches : [0]) {
      for (const rest of hasRest ? restLengths : [0]) {
        const path = commonPath(a.match.path.segments, b.match.path.segments, { filler, stretch, rest });
        if (path === undefined) continue;
        const witness: RouteRequest = { method, host: hostUnder(host, filler), path, ...fields };
        const key = JSON.stringify(witness);
        if (known.has(key)) continue;
        known.add(key);
        const compared = { ...witness, path: effectivePath(path, options) };
        if (routeMismatch(a.match, compared) !== undefined || routeMismatch(b.match, compared) !== undefined) continue;
        yield witness;
      }
    }
  }
}

/** A method that both take; undefined where there is none. */
export function commonMethod(a: string, b: string): string | undefined {
  if (a === "*") return b === "*" ? "GET" : b;
  if (b === "*" || a === b) return a;
  return isHeadAndGet(a, b) || isHeadAndGet(b, a) ? "HEAD" : undefined;
}

const isHeadAndGet = (a: string, b: string): boolean => a === "HEAD" && b === "GET";

/** Whether the data plane routes the request as it stands, judged by its own reading of targets and hosts. */
export function isAccepted({ method, host, path, query, headers }: RouteRequest): boolean {
  const target = parseTarget(query === "" ? path : `${path}?${query}`, method);
  return (
    !refusedMethods.has(method) &&
    target?.path === path &&
    target.query === query &&
    parseHost(host) === host &&
    headers.every(({ name, value }) => !ownFields.has(name.toLowerCase()) && /^([!-~]([ -~]*[!-~])?)?$/.test(value))
  );
}

/** Answered with 405 whoever would take them. */
const refusedMethods = new Set(["TRACE", "CONNECT"]);

/** Fields that say how a message is read: one made up for a condition would be refused, or mean something else. */
const ownFields = new Set(["host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", "trailer", "te"]);

/** A host under a pattern; any host where the pattern is empty. */
export const hostUnder = (pattern: string, filler: Filler = "x"): string =>
  pattern === "" ? anyHosts[filler] : pattern.startsWith("*.") ? filler + pattern.slice(1) : pattern;

type Filler = (typeof fillers)[number];

/** Under top-level domains of their own (RFC 2606 §2), as another route may be for all hosts of one. */
const anyHosts: Readonly<Record<Filler, string>> = { x: "gateway.example", 1: "gateway.test", z9: "gateway.invalid" };

/** Header fields and a query that meet the conditions. */
export function fieldsOf(conditions: ReadonlyMap<string, FieldSet>, filler = "x"): Pick<RouteRequest, "headers" | "query"> {
  const headers: { name: string; value: string }[] = [];
  const query = new URLSearchParams();
  const accept: string[] = [];
  for (const [key, { absent, value }] of conditions) {
    if (absent) continue;
    const kind = key.slice(0, key.indexOf(" "));
    const name = key.slice(kind.length + 1);
    const text = typeof value === "object" ? value.only : filler;
    if (kind === "header") headers.push({ name, value: text });
    else if (kind === "query") query.append(name, text);
    else accept.push(/^[\w.+-]+$/.test(text) ? `${name}=${text}` : `${name}="${text.replace(/["\\]/g, "\\$&")}"`);
  }
  if (accept.length > 0) headers.push({ name: "accept", value: `application/json; ${accept.join("; ")}` });
  return { headers, query: query.toString() };
}

/** What fills the open places of a path. */
interface Filling {
  readonly filler: string;
  readonly stretch: number;
  readonly rest: number;
}

function commonPath(a: readonly Segment[], b: readonly Segment[], filling: Filling): string | undefined {
  const texts: string[] = [];
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const left = a[index];
    const right = b[index];
    if (left?.kind === "rest" || right?.kind === "rest") {
      const remaining = (left?.kind === "rest" ? b : a).slice(index).filter((segment) => segment.kind !== "rest");
      const own = remaining.map((segment) => commonSegment(segment, segment, filling.filler, filling.stretch));
      if (own.includes(undefined)) return undefined;
      const areBoth = a.at(-1)?.kind === "rest" && b.at(-1)?.kind === "rest";
      const length = areBoth ? Math.max(filling.rest, index + own.length === 0 ? 1 : 0) : 0;
      const more = new Array<string>(length).fill(filling.filler);
      return `/${[...texts, ...own.map((text) => text!), ...more].join("/")}`;
    }
    const text =
      left === undefined || right === undefined ? undefined : commonSegment(left, right, filling.filler, filling.stretch);
    if (text === undefined) return undefined;
    texts.push(text);
  }
  return `/${texts.join("/")}`;
}

/** A text that both segments match, with the filler at least `stretch` times where both leave something open. */
export function commonSegment(a: Segment, b: Segment, filler: string, stretch = 0): string | undefined {
  if (a.kind === "literal") return matchesSegment(b, a.text) ? a.text : undefined;
  if (b.kind === "literal") return matchesSegment(a, b.text) ? b.text : undefined;
  return commonText(a.kind === "mixed" ? shapeOf(a) : [null], b.kind === "mixed" ? shapeOf(b) : [null], filler, stretch);
}
