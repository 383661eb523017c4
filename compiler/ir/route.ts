import type { Origin } from "./origin.ts";

/** One piece of a path segment: `report.` and `{format}` in `/report.{format}`. */
export type SegmentPart = { readonly kind: "literal"; readonly text: string } | ParameterPart;

export interface ParameterPart {
  readonly kind: "parameter";
  /** `{id}{format}` where two parameters touch: routes take them for one. */
  readonly name: string;
  readonly split?: ParameterSplit;
}

/** Two parameters that touch, of which one has known texts. */
export interface ParameterSplit {
  readonly names: readonly [first: string, second: string];
  /** Which of them it is: `1` ends with one of the texts, `0` begins with one. */
  readonly known: 0 | 1;
  /** In the normal form of paths, longest first. */
  readonly texts: readonly string[];
}

/**
 * One segment of a path template, between two slashes.
 *
 * - `literal`: matches exactly `text`.
 * - `parameter`: matches any non-empty segment.
 * - `mixed`: literals and parameters in one segment (`{from}-{to}`, `{id}:cancel`). Two parameters touch as one. Each
 *   parameter matches a non-empty run; where several splits exist, earlier parameters take the shortest run.
 * - `wildcard`: `*` (one non-empty segment) in spec-less routes.
 * - `rest`: `**`, only as the last segment: any number of further segments, also none (`/legacy/**` matches `/legacy`,
 *   `/legacy/` and `/legacy/a/b`). With a name: a path parameter that takes several segments (policy `segments`).
 */
export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | ParameterPart
  | { readonly kind: "mixed"; readonly parts: readonly SegmentPart[] }
  | { readonly kind: "wildcard" }
  | { readonly kind: "rest"; readonly name?: string };

/**
 * A public path as a sequence of segments. Literal text is in the normal form in which the data plane compares paths:
 * percent-encoded where a path must be, upper-case hex digits, unreserved characters decoded. `/` is one empty literal
 * segment and a trailing slash is an empty literal last segment.
 */
export interface PathPattern {
  readonly segments: readonly Segment[];
  /** As written by the user, with the version prefix: `/v1/orders/{orderId}`. */
  readonly template: string;
}

/** The versions of an API share paths where the version is not part of the path; this tells them apart. */
export interface VersionMatch {
  readonly by: "header" | "mediaType" | "query";
  /** Name of the header (lower case) or query parameter; for `mediaType` the parameter name inside `Accept`. */
  readonly name: string;
  /** The version, as the client writes it. */
  readonly value: string;
  /** Also taken when the request names no version. A request that names an unknown version never gets it. */
  readonly isDefault: boolean;
}

/** One required header or query parameter. `value` absent: it must only be present. */
export interface FieldMatch {
  readonly name: string;
  readonly value?: string;
}

/**
 * Everything that decides whether a request belongs to an operation. All conditions must hold. Where several
 * operations match, the most specific wins: host (exact, longer wildcard suffix, any), then path segment by segment
 * (literal, mixed with more literal characters, parameter or `*`, `**`), then more header conditions, then more query
 * conditions, then the method: HEAD itself, then GET, which answers HEAD too, then `*`. So a wider route gets a method
 * only where no narrower one answers it. The order of files never matters: routes that match one request and differ in
 * none of these are refused, as are mixed segments with equally many literal characters that match one text.
 */
export interface RouteMatch {
  /** Upper case token; spec-less routes without `methods` use `*`. */
  readonly method: string;
  readonly path: PathPattern;
  /** Lower case, without port; `*.example.com` matches one or more labels. Empty: any host. */
  readonly hosts: readonly string[];
  readonly headers: readonly FieldMatch[];
  readonly query: readonly FieldMatch[];
  readonly version?: VersionMatch;
  readonly origin: Origin;
}

/** The parameters whose values stand in a segment, in order. */
export function namesIn(segment: Segment): readonly string[] {
  if (segment.kind === "mixed") return segment.parts.flatMap((part) => (part.kind === "parameter" ? namesIn(part) : []));
  if (segment.kind === "rest") return segment.name === undefined ? [] : [segment.name];
  return segment.kind === "parameter" ? (segment.split?.names ?? [segment.name]) : [];
}
