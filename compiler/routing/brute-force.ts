import type { RouteMatch, Segment, VersionMatch } from "../ir/route.ts";
import { effectiveRoutes, hostPatterns, type Route, type RouteRequest, type RoutingOptions, strictRouting } from "./route.ts";
import { matchesShape, shapeOf } from "./segment.ts";
import { compareHosts, compareRoutes, type Precedence } from "./specificity.ts";

/** Which part of a request keeps it from a route. */
export type Mismatch = "method" | "host" | "path" | "header" | "query" | "version";

export interface RouteDecision<T extends Route = Route> {
  readonly winner: T | undefined;
  /** The other routes that match, most specific first, and what they lost by. */
  readonly losers: readonly { readonly route: T; readonly lostBy: Precedence }[];
}

/**
 * The plain reading of `RouteMatch`: every route is tried. The emitted matcher must agree with it. Host, path and
 * conditions decide first; the method decides only between routes that are equal in these, so that a wide route never
 * takes a method which a narrower one answers too.
 */
export function decideRoute<T extends Route>(
  routes: readonly T[],
  request: RouteRequest,
  options = strictRouting,
): RouteDecision<T> {
  const compared = effectiveRoutes(routes, options);
  const subject = { ...request, path: effectivePath(request.path, options) };
  const matches = compared.flatMap((effective, index) => {
    const host = routeMismatch(effective.match, subject) === undefined ? bestHost(effective.match, subject.host) : undefined;
    return host === undefined ? [] : [{ route: routes[index]!, effective, host }];
  });
  type Matched = (typeof matches)[number];
  const compare = (a: Matched, b: Matched): Precedence => compareRoutes(a.effective.match, a.host, b.effective.match, b.host);
  matches.sort((a, b) => compare(a, b).order || (a.route.id < b.route.id ? -1 : 1));
  const [winner, ...losers] = matches;
  if (winner === undefined) return { winner: undefined, losers: [] };
  return { winner: winner.route, losers: losers.map((loser) => ({ route: loser.route, lostBy: compare(winner, loser) })) };
}

/** Whether a route takes the method: GET routes take HEAD as well (RFC 9110 §9.3.2). */
export const takesMethod = (match: RouteMatch, method: string): boolean =>
  match.method === method || match.method === "*" || (method === "HEAD" && match.method === "GET");

/** Undefined where the route matches. Paths are compared strictly. */
export function routeMismatch(match: RouteMatch, request: RouteRequest): Mismatch | undefined {
  if (!takesMethod(match, request.method)) return "method";
  if (bestHost(match, request.host) === undefined) return "host";
  if (!matchesPath(match.path.segments, request.path)) return "path";
  return fieldMismatch(match, request);
}

/** Whether the conditions beside method, host and path hold. */
export const matchesFields = (match: RouteMatch, request: RouteRequest): boolean => fieldMismatch(match, request) === undefined;

function fieldMismatch(match: RouteMatch, request: RouteRequest): Mismatch | undefined {
  if (match.headers.length + match.query.length === 0 && match.version === undefined) return undefined;
  const query = new URLSearchParams(request.query);
  const headerOf = (name: string): string | undefined => headerIn(request, name);
  const holds = (actual: string | null | undefined, wanted: string | undefined): boolean =>
    actual !== undefined && (wanted === undefined || actual === wanted);
  if (!match.headers.every((field) => holds(headerOf(field.name.toLowerCase()), field.value))) return "header";
  if (!match.query.every((field) => holds(queryValue(query, field.name), field.value))) return "query";
  if (match.version === undefined) return undefined;
  const named = namedVersion(match.version, request, headerOf, query);
  const isTaken = named === undefined ? match.version.isDefault : named === match.version.value;
  return isTaken ? undefined : "version";
}

/** The path that is compared: where trailing slashes are ignored, without one. */
export const effectivePath = (path: string, options: RoutingOptions): string =>
  options.trailingSlash === "ignore" && path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;

/** Whether the segments of a pattern match a whole path. */
export function matchesPath(segments: readonly Segment[], path: string): boolean {
  if (!path.startsWith("/")) return false;
  const texts = path.slice(1).split("/");
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === "rest") return true;
    const text = texts[index];
    if (text === undefined || !matchesSegment(segment, text)) return false;
  }
  return texts.length === segments.length;
}

export function matchesSegment(segment: Segment, text: string): boolean {
  if (segment.kind === "literal") return segment.text === text;
  return segment.kind === "mixed" ? matchesShape(shapeOf(segment), text) : text !== "";
}

/** The most specific host pattern of the route that the host falls under. */
export function bestHost(match: RouteMatch, host: string): string | undefined {
  return hostPatterns(match)
    .filter((pattern) => isUnderHost(pattern, host))
    .sort(compareHosts)[0];
}

/** Whether a host falls under a pattern; the empty pattern takes every host. */
export const isUnderHost = (pattern: string, host: string): boolean =>
  pattern === "" ||
  pattern === host ||
  (pattern.startsWith("*.") && host.endsWith(pattern.slice(1)) && host.length >= pattern.length);

/** The version that a request names; undefined where it names none, null where nobody knows which. */
export const versionNamed = (version: VersionMatch, request: RouteRequest): string | null | undefined => {
  const headerOf = (name: string): string | undefined => headerIn(request, name);
  return namedVersion(version, request, headerOf, new URLSearchParams(request.query));
};

function headerIn({ headers }: RouteRequest, name: string): string | undefined {
  const lines = headers.filter((header) => header.name.toLowerCase() === name);
  return lines.length === 0 ? undefined : lines.map(({ value }) => value).join(", ");
}

function namedVersion(
  version: VersionMatch,
  request: RouteRequest,
  headerOf: (name: string) => string | undefined,
  query: URLSearchParams,
): string | null | undefined {
  if (version.by === "header") return headerOf(version.name.toLowerCase());
  if (version.by === "query") return queryValue(query, version.name);
  return acceptParameter(request, version.name.toLowerCase());
}

/** Null where the parameter comes more than once: it is there, and nobody knows which of its values a service reads. */
function queryValue(query: URLSearchParams, name: string): string | null | undefined {
  const values = query.getAll(name);
  return values.length > 1 ? null : values[0];
}

/** The parameter in the media range that the client prefers among those that have it (RFC 9110 §12.5.1). */
function acceptParameter(request: RouteRequest, name: string): string | undefined {
  const accept = request.headers.filter((header) => header.name.toLowerCase() === "accept").map((header) => header.value);
  let best: { value: string; weight: number } | undefined;
  for (const range of accept.join(",").match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? []) {
    const parameters = new Map<string, string>();
    for (const [, key, quoted, plain] of range.matchAll(/;\s*([^\s=;"]+)=(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g)) {
      if (!parameters.has(key!.toLowerCase()))
        parameters.set(key!.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain!.trim());
    }
    const value = parameters.get(name);
    const weight = Number(parameters.get("q") ?? 1);
    if (value !== undefined && weight > (best?.weight ?? 0)) best = { value, weight };
  }
  return best?.value;
}
