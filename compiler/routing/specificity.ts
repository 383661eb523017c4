import type { RouteMatch, Segment } from "../ir/route.ts";
import { literalLength, segmentKey, shapeKey, shapeOf } from "./segment.ts";

/**
 * What decides between two routes that match one request, in this order. `tie`: nothing the author wrote decides; the
 * order is then only there to be the same everywhere, and the compiler has refused the routes.
 */
export type DecidingRule = "host" | "path" | "headers" | "query" | "method" | "tie";

export interface Precedence {
  /** Negative: the first is more specific. */
  readonly order: number;
  readonly rule: DecidingRule;
  /** For `path`: the segment that decided, counted from 0. */
  readonly segment?: number;
}

/** Order of two routes on a request that both match, by the host patterns that took it (empty: any host). */
export function compareRoutes(a: RouteMatch, aHost: string, b: RouteMatch, bHost: string): Precedence {
  const byHost = compareHosts(aHost, bHost);
  if (byHost !== 0) return { order: byHost, rule: "host" };
  const byPath = comparePaths(a.path.segments, b.path.segments);
  return byPath.order === 0 ? compareConditions(a, b) : byPath;
}

/** Order of two routes with the same path and host. */
export function compareConditions(a: RouteMatch, b: RouteMatch): Precedence {
  const byHeaders = b.headers.length - a.headers.length;
  if (byHeaders !== 0) return { order: byHeaders, rule: "headers" };
  const byQuery = b.query.length - a.query.length;
  if (byQuery !== 0) return { order: byQuery, rule: "query" };
  return { order: methodRank(a) - methodRank(b), rule: a.method === b.method ? "tie" : "method" };
}

/** A GET route answers HEAD too, and a route for any method both: the one that names the method is more specific. */
const methodRank = ({ method }: RouteMatch): number => (method === "HEAD" ? 0 : method === "*" ? 2 : 1);

/** Exact, then longer wildcard suffix, then any host. */
export function compareHosts(a: string, b: string): number {
  const rank = (host: string): number => (host === "" ? 2 : host.startsWith("*.") ? 1 : 0);
  const byRank = rank(a) - rank(b);
  if (byRank !== 0) return byRank;
  if (rank(a) === 1 && a.length !== b.length) return b.length - a.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The first segment that differs decides; a path that ends is more specific than `**`. */
export function comparePaths(a: readonly Segment[], b: readonly Segment[]): Precedence {
  for (let segment = 0; segment < Math.max(a.length, b.length); segment++) {
    const left = a[segment];
    const right = b[segment];
    const order = left === undefined ? -1 : right === undefined ? 1 : compareSegments(left, right);
    if (order === 0) continue;
    const isTie =
      left?.kind === "mixed" && right?.kind === "mixed" && literalLength(shapeOf(left)) === literalLength(shapeOf(right));
    return { order, rule: isTie ? "tie" : "path", segment };
  }
  return { order: 0, rule: "tie" };
}

const kindRank: Readonly<Record<Segment["kind"], number>> = { literal: 0, mixed: 1, parameter: 2, wildcard: 2, rest: 3 };

/** Zero only where both match the same texts. Literal texts are put in some order, as no text matches two of them. */
export function compareSegments(a: Segment, b: Segment): number {
  if (kindRank[a.kind] !== kindRank[b.kind]) return kindRank[a.kind] - kindRank[b.kind];
  if (a.kind === "mixed" && b.kind === "mixed") return compareShapes(shapeOf(a), shapeOf(b));
  const left = segmentKey(a);
  const right = segmentKey(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** More literal characters first. */
export function compareShapes(a: ReturnType<typeof shapeOf>, b: ReturnType<typeof shapeOf>): number {
  const byLength = literalLength(b) - literalLength(a);
  if (byLength !== 0) return byLength;
  const left = shapeKey(a);
  const right = shapeKey(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
