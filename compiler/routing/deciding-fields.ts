import type { ApiVersionIr, GatewayIr } from "../ir/gateway.ts";
import type { RouteMatch, Segment } from "../ir/route.ts";
import { fieldSpelling } from "../text/field-spelling.ts";
import { commonText, type MixedShape, shapeOf } from "./segment.ts";

/**
 * The request fields that decide whether a request gets an operation or another one at the same path, as clients write
 * them: of its own conditions, and of those of others. By the place of the operation.
 */
export function decidingFields(operations: readonly { readonly match: RouteMatch }[]): readonly (readonly string[])[] {
  const conditioned = new Map<string, { readonly segments: readonly Segment[]; readonly names: readonly string[] }>();
  const own = operations.map(({ match }) => {
    const names = fieldsOf(match);
    if (names.length > 0) conditioned.set(`${match.path.template} ${names.join(" ")}`, { segments: match.path.segments, names });
    return names;
  });
  if (conditioned.size === 0) return own;
  const others = [...conditioned.values()];
  return operations.map(({ match }, index) => {
    const names = new Set(own[index]);
    for (const other of others) {
      if (other.names.every((name) => names.has(name)) || !meet(match.path.segments, other.segments)) continue;
      for (const name of other.names) names.add(name);
    }
    return [...names].sort();
  });
}

const fieldsOf = ({ headers, version }: RouteMatch): string[] => [
  ...new Set([
    ...headers.map(({ name }) => fieldSpelling(name)),
    ...(version?.by === "header" ? [fieldSpelling(version.name)] : version?.by === "mediaType" ? ["Accept"] : []),
  ]),
];

/** Whether a path can match both. */
function meet(a: readonly Segment[], b: readonly Segment[]): boolean {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [one, other] = [a[index], b[index]];
    if (one?.kind === "rest" || other?.kind === "rest") return true;
    if (one === undefined || other === undefined) return false;
    if (one.kind === "literal" && other.kind === "literal" ? one.text !== other.text : !shapesMeet(one, other)) return false;
  }
  return true;
}

const shapesMeet = (one: Segment, other: Segment): boolean => commonText(shape(one), shape(other), "x") !== undefined;

const shape = (segment: Segment): MixedShape =>
  segment.kind === "mixed" ? shapeOf(segment) : segment.kind === "literal" ? [segment.text] : [null];

/** An API whose version a field, a media type or the query names. */
export interface UnpathedApi {
  readonly by: "header" | "mediaType" | "query";
  readonly name: string;
  readonly versions: readonly string[];
}

/** In the order in which they are declared. */
export function unpathedApis({ apis }: Pick<GatewayIr, "apis">): readonly UnpathedApi[] {
  const byName = new Map<string, ApiVersionIr[]>();
  for (const version of apis) {
    if (version.versioning.by === "path" || version.versioning.by === "none") continue;
    byName.set(version.api, [...(byName.get(version.api) ?? []), version]);
  }
  return [...byName.values()].map((versions) => {
    const { by, name = "" } = versions[0]!.versioning;
    return { by: by as UnpathedApi["by"], name, versions: versions.map(({ version }) => version) };
  });
}

/** The field lines that operations with a preflight ask for, and that a preflight does not have; each combination once. */
export function assumedFields({ operations }: Pick<GatewayIr, "operations">): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  for (const { match, steps, forwardsOptions } of operations) {
    if (forwardsOptions !== true && !steps.some(({ hooks }) => hooks.includes("preflight"))) continue;
    const lines = match.headers.flatMap(({ name, value }) => [name.toLowerCase(), value ?? "x"]);
    const { version } = match;
    if (version?.by === "header") lines.push(version.name.toLowerCase(), version.value);
    else if (version?.by === "mediaType") lines.push("accept", `*/*;${version.name}="${version.value}"`);
    if (lines.length > 0) found.set(JSON.stringify(lines), lines);
  }
  return [...found.values()];
}
