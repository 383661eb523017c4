import { type PathPiece, PathTemplate } from "../../../runtime/paths/path-template.ts";
import { isProven, mayHold } from "../../expressions/proof/index.ts";
import type { StartValueIr } from "../../ir/config.ts";
import type { ExpressionIr } from "../../ir/expression.ts";
import type { ForwardIr, OperationIr, ServiceIr } from "../../ir/gateway.ts";
import type { Segment } from "../../ir/route.ts";
import type { CopiesIr, StepIr } from "../../ir/step.ts";
import { settingPattern } from "../../text/setting.ts";
import { effectiveSegments, type RoutingOptions } from "../route.ts";
import { patternOf, piecesOf, type UpstreamPattern, withoutStart } from "./upstream-pattern.ts";

/** Paths of one server that an operation reaches, by itself or where a step chooses another service or path. */
export interface Destination {
  /** Equal for destinations on one server. */
  readonly server: string;
  readonly service: string;
  readonly pattern: UpstreamPattern;
  /** The public path, without the trailing slash that is ignored. */
  readonly segments: readonly Segment[];
  /** The path at the server for a public path. */
  readonly expand: (path: string) => string;
  /** The public path has a trailing slash, which is passed on. */
  readonly hasSlash: boolean;
  /** What has to hold for it, beside the route. */
  readonly conditions: readonly ExpressionIr[];
  /** What the server always gets the same there, by name. */
  readonly constants: ReadonlyMap<string, string>;
  /** The step that sends a copy of the request there, which goes somewhere else itself; absent: the request goes there. */
  readonly copied?: StepIr & { readonly copies: CopiesIr };
}

/** Something that happens where the conditions hold. */
interface Outcome<T> {
  readonly value: T;
  readonly conditions: readonly ExpressionIr[];
}

/** Where a service has an endpoint, or one that takes its place where it cannot be asked. */
interface ServicePlace {
  readonly server: string;
  readonly base: string;
  /** The one whose endpoint it is. */
  readonly service: string;
}

/** Servers by service: services with an endpoint in common reach the same. Equal replicas count once. */
export function serversOf(services: readonly ServiceIr[]): ReadonlyMap<string, readonly ServicePlace[]> {
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
  const byName = new Map(services.map((service) => [service.name, service]));
  return new Map(
    services.map(({ name }) => {
      const places = withFallbacks(name, byName).flatMap((one) =>
        one.endpoints
          .map(({ url }) => splitUrl(url))
          .map(({ server, base }) => ({ server: representative(server), base, service: one.name })),
      );
      // The service itself comes first, and keeps its places.
      return [name, [...new Map(places.reverse().map((place) => [`${place.server} ${place.base}`, place])).values()].reverse()];
    }),
  );
}

/** The service and those that take its place, one behind the other; a circle is reported elsewhere. */
function withFallbacks(name: string, services: ReadonlyMap<string, ServiceIr>): readonly ServiceIr[] {
  const found = new Set<ServiceIr>();
  for (
    let service = services.get(name);
    service !== undefined && !found.has(service);
    service = service.fallback === undefined ? undefined : services.get(service.fallback)
  )
    found.add(service);
  return [...found];
}

/** A setting is taken for equal where it has the same name, whatever counts where it is not set. */
function splitUrl(url: StartValueIr | string): { readonly server: string; readonly base: string } {
  const written = typeof url === "string" ? url : url.kind === "setting" ? url.template : JSON.stringify(url.from);
  const text = written.replaceAll(settingPattern, (_whole, name: string) => `\${env:${name}}`);
  const start = /^https?:\/\//i.exec(text)?.[0].length ?? 0;
  const slash = text.indexOf("/", start);
  const end = slash < 0 ? text.length : slash;
  const authority = text.slice(start, end);
  const scheme = text.slice(0, start).toLowerCase() === "https://" ? "https" : "http";
  return { server: `${scheme}://${canonical(authority, scheme)}`, base: withPlainEscapes(text.slice(end).replace(/\/$/, "")) };
}

/** One spelling for each host and port: addresses in their shortest form, IPv4 as itself, names without a last dot. */
function canonical(authority: string, scheme: string): string {
  if (authority.includes("${") || !URL.canParse(`${scheme}://${authority}`)) return authority;
  const { hostname, port } = new URL(`${scheme}://${authority}`);
  const mapped = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(hostname);
  const bytes = mapped?.slice(1).flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  const name = bytes?.join(".") ?? hostname.replace(/\.$/, "");
  return `${name === "localhost" || name === "[::1]" ? "127.0.0.1" : name}${port === "" ? "" : `:${port}`}`;
}

/** Escapes of what needs none are undone, as most servers do (RFC 3986 §6.2.2.2). */
const withPlainEscapes = (path: string): string =>
  path.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });

export function destinationsOf(
  operation: OperationIr,
  servers: ReturnType<typeof serversOf>,
  options: RoutingOptions,
): Destination[] {
  const { forward } = operation;
  if (forward.kind !== "forward") return [];
  const segments = effectiveSegments(operation.match.path.segments, options);
  const paths = pathsOf(operation, forward, segments, options);
  const constants = constantsOf(operation);
  return [...servicesOf(operation, forward), ...copiesOf(operation, constants)].flatMap(({ value: name, ...way }) =>
    (servers.get(name) ?? []).flatMap(({ server, base, service }) =>
      paths.map(({ value, conditions }): Destination => {
        const { hasSlash } = value;
        const pieces = value.pieces.map((piece) => (typeof piece === "string" ? withPlainEscapes(piece) : piece));
        const template = new PathTemplate(pieces);
        return {
          constants,
          ...way,
          server,
          service,
          pattern: patternOf([base, ...pieces]),
          segments,
          expand: (path) => base + rooted(template.expand(path)),
          hasSlash,
          conditions: [...way.conditions, ...conditions],
        };
      }),
    ),
  );
}

const rooted = (path: string): string => (path.startsWith("/") ? path : `/${path}`);

/** A path that is not empty, but for what follows. */
const orRoot = (pieces: readonly PathPiece[]): readonly PathPiece[] => (pieces.every((piece) => piece === "") ? ["/"] : pieces);

function servicesOf(operation: OperationIr, forward: ForwardIr): Outcome<string>[] {
  const found: Outcome<string>[] = [];
  for (const step of operation.steps) {
    const { service: value, arms = [] } = step.reroutes ?? {};
    if (value === undefined && arms.length === 0) continue;
    const condition = conditionOf(step);
    if (condition === "never") continue;
    for (const arm of arms) found.push({ value: arm.service, conditions: condition === "always" ? [] : [condition] });
    if (value === undefined) continue;
    // The first whose condition holds decides.
    if (condition === "always") return [...found, { value, conditions: [] }];
    found.push({ value, conditions: [condition] });
  }
  return [...found, { value: forward.service, conditions: [] }];
}

/** Services that get copies, in addition, wherever the request itself goes. */
function copiesOf(
  { steps }: OperationIr,
  constants: ReadonlyMap<string, string>,
): (Outcome<string> & Pick<Destination, "constants" | "copied">)[] {
  return steps.flatMap((step) => {
    const { copies } = step;
    const condition = copies === undefined ? "never" : conditionOf(step);
    if (copies === undefined || condition === "never") return [];
    const isSent = ([name]: readonly [string, string]): boolean =>
      // `Host` is that of the endpoint.
      name !== "host" && !copies.without.some((one) => (one.endsWith("*") ? name.startsWith(one.slice(0, -1)) : one === name));
    return [
      {
        value: copies.service,
        conditions: condition === "always" ? [] : [condition],
        constants: new Map([...constants].filter(isSent)),
        copied: { ...step, copies },
      },
    ];
  });
}

interface UpstreamPieces {
  readonly pieces: readonly PathPiece[];
  readonly hasSlash: boolean;
}

function pathsOf(
  operation: OperationIr,
  forward: ForwardIr,
  segments: readonly Segment[],
  { trailingSlash }: RoutingOptions,
): Outcome<UpstreamPieces>[] {
  const whole = piecesOf(segments);
  const last = segments.at(-1);
  const passesSlash = trailingSlash === "ignore" && last?.kind !== "rest" && !(last?.kind === "literal" && last.text === "");
  const copied = (strip: number, prepend: string): Outcome<UpstreamPieces>[] =>
    (passesSlash ? [false, true] : [false]).map((hasSlash) => {
      const pieces = orRoot([prepend, ...withoutStart(whole, strip), ...(hasSlash ? ["/"] : [])]);
      return { value: { pieces, hasSlash }, conditions: [] };
    });
  let found = copied(forward.strip, forward.prepend);
  for (const step of operation.steps) {
    const { path, asSent } = step.reroutes ?? {};
    const condition = conditionOf(step);
    if ((path === undefined && asSent === undefined) || condition === "never") continue;
    // A path is sent as it came only where each reading of it leads to the same guards: `runtime/http/as-sent.ts`.
    const own: Outcome<UpstreamPieces>[] =
      path === undefined
        ? copied(asSent!.strip, asSent!.prepend)
        : typeof path === "number"
          ? copied(path, "")
          : [{ value: { pieces: orRoot(path), hasSlash: false }, conditions: [] }];
    // The last one decides.
    if (condition === "always") found = own;
    else found = [...found, ...own.map(({ value }) => ({ value, conditions: [condition] }))];
  }
  return found;
}

function conditionOf({ when, undecided }: StepIr): ExpressionIr | "always" | "never" {
  const orUndecided = undecided !== "skip";
  if (when === undefined || isProven({ oneOf: [when], orUndecided })) return "always";
  return mayHold([when], orUndecided) ? when : "never";
}

/**
 * What a service always gets the same from an operation: `Host`, query parameters and fields with a constant value.
 * Operations that differ in one of them do not reach the same there, as a front controller or virtual hosts have it.
 */
function constantsOf(operation: OperationIr): ReadonlyMap<string, string> {
  const constants = new Map<string, string>();
  for (const { when, sends, reroutes } of operation.steps) {
    if (when !== undefined) continue;
    for (const [name, value] of sends?.constants ?? []) constants.set(name, value);
    if (typeof reroutes?.host === "string") constants.set("host", reroutes.host.toLowerCase());
  }
  return constants;
}

/** Fields that some step takes out or replaces, as `conditionsOf` names them: the service does not see what was sent. */
export const hiddenFields = (operation: OperationIr): ReadonlySet<string> =>
  new Set(operation.steps.flatMap(({ sends }) => sends?.hidden ?? []));

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
