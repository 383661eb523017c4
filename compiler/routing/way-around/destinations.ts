import { type PathPiece, PathTemplate } from "../../../runtime/path-template.ts";
import type { ExpressionIr } from "../../expressions/ir.ts";
import type { ConfigIr, StartValueIr } from "../../ir/config.ts";
import type { ForwardIr, OperationIr, ServiceIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";
import { effectiveSegments, type RoutingOptions } from "../route.ts";
import { patternOf, piecesOf, type UpstreamPattern, withoutStart } from "./upstream-pattern.ts";

/** Paths of one server that an operation reaches, by itself or where a step chooses another service or path. */
export interface Destination {
  /** Equal for destinations on one server. */
  readonly server: string;
  readonly service: string;
  readonly pattern: UpstreamPattern;
  /** The path at the server for a public path. */
  readonly expand: (path: string) => string;
  /** The public path has a trailing slash, which is passed on. */
  readonly hasSlash: boolean;
  /** What has to hold for it, beside the route. */
  readonly conditions: readonly ExpressionIr[];
}

/** Something that happens where the conditions hold. */
interface Outcome<T> {
  readonly value: T;
  readonly conditions: readonly ExpressionIr[];
}

/** Servers by service: services with an endpoint in common reach the same. Equal replicas count once. */
export function serversOf(
  services: readonly ServiceIr[],
): ReadonlyMap<string, readonly { readonly server: string; readonly base: string }[]> {
  const users = new Map<string, string[]>();
  for (const { name, endpoints } of services) {
    for (const { url } of endpoints) {
      const { server, base } = splitUrl(url);
      const known = users.get(server);
      if (known === undefined) users.set(server, [`${name} ${base}`]);
      else known.push(`${name} ${base}`);
    }
  }
  const representatives = new Map<string, string>();
  const representative = (server: string): string => {
    const key = JSON.stringify([...new Set(users.get(server))].sort());
    if (!representatives.has(key)) representatives.set(key, server);
    return representatives.get(key)!;
  };
  return new Map(
    services.map(({ name, endpoints }) => {
      const places = endpoints
        .map(({ url }) => splitUrl(url))
        .map(({ server, base }) => ({ server: representative(server), base }));
      return [name, [...new Map(places.map((place) => [`${place.server} ${place.base}`, place])).values()]];
    }),
  );
}

/** A setting is taken for equal where it is written alike. */
function splitUrl(url: StartValueIr | string): { readonly server: string; readonly base: string } {
  const text = typeof url === "string" ? url : url.kind === "setting" ? url.template : JSON.stringify(url.from);
  const start = /^https?:\/\//i.exec(text)?.[0].length ?? 0;
  const slash = text.indexOf("/", start);
  const end = slash < 0 ? text.length : slash;
  const authority = text.slice(start, end).replace(/^localhost(?=:|$)/i, "127.0.0.1");
  const isSecure = text.slice(0, start).toLowerCase() === "https://";
  const host = authority.includes("${") ? authority : authority.toLowerCase().replace(isSecure ? /:443$/ : /:80$/, "");
  return { server: `${isSecure ? "https" : "http"}://${host}`, base: text.slice(end).replace(/\/$/, "") };
}

export function destinationsOf(
  operation: OperationIr,
  servers: ReturnType<typeof serversOf>,
  options: RoutingOptions,
): Destination[] {
  const { forward } = operation;
  if (forward.kind !== "forward") return [];
  const paths = pathsOf(operation, forward, options);
  return servicesOf(operation, forward).flatMap((service) =>
    (servers.get(service.value) ?? []).flatMap(({ server, base }) =>
      paths.map(({ value: { pieces, hasSlash }, conditions }): Destination => {
        const whole = [base, ...pieces, ...(hasSlash ? ["/"] : [])];
        const template = new PathTemplate(whole);
        return {
          server,
          service: service.value,
          pattern: patternOf(whole),
          expand: (path) => rooted(template.expand(hasSlash ? path.slice(0, -1) : path)),
          hasSlash,
          conditions: [...service.conditions, ...conditions],
        };
      }),
    ),
  );
}

const rooted = (path: string): string => (path.startsWith("/") ? path : `/${path}`);

function servicesOf(operation: OperationIr, forward: ForwardIr): Outcome<string>[] {
  const found: Outcome<string>[] = [];
  for (const step of operation.steps) {
    if (step.policy !== "routeTo") continue;
    const value = (step.config as { readonly service: { readonly name: string } }).service.name;
    const condition = conditionOf(step);
    if (condition === "never") continue;
    // The first whose condition holds decides.
    if (condition === "always") return [...found, { value, conditions: [] }];
    found.push({ value, conditions: [condition] });
  }
  return [...found, { value: forward.service, conditions: [] }];
}

interface UpstreamPieces {
  readonly pieces: readonly PathPiece[];
  readonly hasSlash: boolean;
}

function pathsOf(operation: OperationIr, forward: ForwardIr, options: RoutingOptions): Outcome<UpstreamPieces>[] {
  const whole = piecesOf(effectiveSegments(operation.match.path.segments, options));
  const copied = (strip: number, prepend: string): Outcome<UpstreamPieces>[] => {
    const pieces = [prepend, ...withoutStart(whole, strip)];
    const isExact = options.trailingSlash !== "ignore" || operation.match.path.segments.at(-1)?.kind === "rest";
    const both = isExact || operation.match.path.template === "/" ? [false] : [false, true];
    return both.map((hasSlash) => ({ value: { pieces, hasSlash }, conditions: [] }));
  };
  let found = copied(forward.strip, forward.prepend);
  for (const step of operation.steps) {
    if (step.policy !== "rewrite") continue;
    const { path } = step.config as unknown as { readonly path: readonly PathPiece[] | number | null };
    const condition = conditionOf(step);
    if (path === null || condition === "never") continue;
    const own =
      typeof path === "number"
        ? copied(path, "")
        : [{ value: { pieces: path, hasSlash: false }, conditions: [] as ExpressionIr[] }];
    // The last one decides.
    if (condition === "always") found = own;
    else found = [...found, ...own.map(({ value }) => ({ value, conditions: [condition] }))];
  }
  return found;
}

function conditionOf({ when }: StepIr): ExpressionIr | "always" | "never" {
  if (when === undefined) return "always";
  if (when.root.kind !== "constant") return when;
  return when.root.value === true ? "always" : "never";
}

/**
 * What a service always gets the same from an operation: `Host`, query parameters and fields with a constant value.
 * Operations that differ in one of them do not reach the same there, as a front controller or virtual hosts have it.
 */
export function constantsOf(operation: OperationIr): ReadonlyMap<string, string> {
  const constants = new Map<string, string>();
  for (const { policy, when, config } of operation.steps) {
    if (when !== undefined || (policy !== "rewrite" && policy !== "headers")) continue;
    const parts = config as { readonly [key: string]: ConfigIr | undefined };
    if (policy === "headers") addSet(constants, "header", parts.request);
    else {
      addSet(constants, "query", parts.query);
      if (typeof parts.host === "string") constants.set("host", parts.host.toLowerCase());
    }
  }
  return constants;
}

function addSet(constants: Map<string, string>, kind: "header" | "query", edits: ConfigIr | undefined): void {
  const set = (edits as { readonly set?: readonly { readonly name: string; readonly value: ConfigIr }[] } | null | undefined)
    ?.set;
  for (const { name, value } of set ?? []) {
    if (typeof value === "string") constants.set(`${kind} ${kind === "header" ? name.toLowerCase() : name}`, value);
  }
}

/** `Host` as the client sent it. */
export const clientHost = "preserve";

export function areApart(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other === undefined || other === value || (name === "host" && (value === clientHost || other === clientHost))) continue;
    return true;
  }
  return false;
}
