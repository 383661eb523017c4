import type { Origin } from "../ir/origin.ts";
import type { FieldMatch, RouteMatch, Segment } from "../ir/route.ts";

/** What routing needs to know of an operation. */
export interface Route {
  readonly id: string;
  readonly match: RouteMatch;
  readonly origin: Origin;
}

/** What routing looks at in a request. */
export interface RouteRequest {
  readonly method: string;
  /** Lower case, without port. */
  readonly host: string;
  /** In normal form, starting with `/`. */
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** Without `?`. */
  readonly query: string;
}

export interface RoutingOptions {
  /** `redirect` matches as `strict` does; the data plane then asks again with the other spelling. */
  readonly trailingSlash: "strict" | "ignore" | "redirect";
}

export const strictRouting: RoutingOptions = { trailingSlash: "strict" };

/** The segments that are compared: where trailing slashes are ignored, without the empty last one. */
export function effectiveSegments(segments: readonly Segment[], options: RoutingOptions): readonly Segment[] {
  const last = segments.at(-1);
  const isTrailing = options.trailingSlash === "ignore" && segments.length > 1 && last?.kind === "literal" && last.text === "";
  return isTrailing ? segments.slice(0, -1) : segments;
}

/** The routes as `options` has them compared. */
export function effectiveRoutes<T extends Route>(routes: readonly T[], options: RoutingOptions): readonly T[] {
  if (options.trailingSlash !== "ignore") return routes;
  return routes.map((route) => {
    const segments = effectiveSegments(route.match.path.segments, options);
    return { ...route, match: { ...route.match, path: { ...route.match.path, segments } } };
  });
}

/** Each pattern once; any host as one empty pattern. */
export const hostPatterns = (match: RouteMatch): readonly string[] =>
  match.hosts.length === 0 ? [""] : [...new Set(match.hosts)];

/** `GET /y/x?v=1` with host and headers, for messages. */
export function formatRequest(request: RouteRequest, routeUsesHosts: boolean): string {
  const query = request.query === "" ? "" : `?${request.query}`;
  const host = routeUsesHosts ? ` for host ${request.host}` : "";
  const headers = request.headers.map((header) => `${header.name}: ${header.value}`).join(", ");
  return `${request.method} ${request.path}${query}${host}${headers === "" ? "" : ` with ${headers}`}`;
}

/** `x-tenant: a` or `x-tenant`, for messages. */
export const formatField = (field: FieldMatch): string =>
  field.value === undefined ? field.name : `${field.name}: ${field.value}`;
