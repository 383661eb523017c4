import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { AccessIr, OperationIr, SecurityAlternativeIr, ServiceIr } from "../../../compiler/ir/gateway.ts";
import { decideRoute, matchesFields } from "../../../compiler/routing/brute-force.ts";
import type { Route, RouteRequest } from "../../../compiler/routing/route.ts";
import { findWaysAround } from "../../../compiler/routing/way-around/find.ts";
import { isAccepted } from "../../../compiler/routing/witness.ts";
import { parsePathTemplate } from "../../../compiler/text/path-template.ts";
import { PathTemplate } from "../../../runtime/paths/path-template.ts";
import { nowhere, requestArbitrary, routesArbitrary } from "../routing/support.ts";

const alternative = (...schemes: [name: string, ...scopes: string[]][]): SecurityAlternativeIr => ({
  schemes: schemes.map(([name, ...scopes]) => ({ name, scopes })),
});
const authenticated = (...alternatives: SecurityAlternativeIr[]): AccessIr => ({
  kind: "authenticated",
  requirements: [{ alternatives, origin: nowhere }],
  origin: nowhere,
});

/** From the least to the most; `other` cannot be compared with what asks for the key. */
const accesses = {
  public: { kind: "public", reason: "", optional: [], origin: nowhere },
  keyOrOther: authenticated(alternative(["key"]), alternative(["other"])),
  key: authenticated(alternative(["key"])),
  keyWithScope: authenticated(alternative(["key", "admin"])),
  keyAndOther: authenticated(alternative(["key"], ["other"])),
  other: authenticated(alternative(["other"])),
} satisfies Record<string, AccessIr>;

type AccessName = keyof typeof accesses;

/** Written out by hand, as the order is what is tested. */
const weakerThan: Record<AccessName, readonly AccessName[]> = {
  public: [],
  keyOrOther: ["public"],
  key: ["public", "keyOrOther"],
  keyWithScope: ["public", "keyOrOther", "key"],
  keyAndOther: ["public", "keyOrOther", "key", "other"],
  other: ["public", "keyOrOther"],
};

interface Planted extends OperationIr {
  readonly access: AccessIr;
}

const accessName = ({ access }: OperationIr): AccessName =>
  (Object.keys(accesses) as AccessName[]).find((name) => accesses[name] === access)!;

interface Mirror {
  readonly service: string;
  readonly anyMethod: boolean;
}

const mirrorTo = (copies: Mirror): object => ({
  policy: "mirror",
  mode: "enforce",
  config: {},
  copies: { ...copies, without: [] },
  origin: nowhere,
});

const copiesOf = ({ steps }: OperationIr): Mirror | undefined => steps.find(({ copies }) => copies !== undefined)?.copies;

function plant(
  route: Route,
  access: AccessName,
  service: string,
  prepend: string,
  rewrite: string | number | undefined,
  mirror: Mirror | undefined,
): Planted | undefined {
  const { segments } = route.match.path;
  const [first] = segments;
  let path: unknown = null;
  if (typeof rewrite === "string") {
    const parsed = parsePathTemplate(rewrite, route.match.path);
    // Parameters that the route does not have: such a gateway does not build.
    if (parsed.problems.length === 0) path = parsed.pieces;
  } else if (rewrite !== undefined && first?.kind === "literal" && first.text !== "") path = first.text.length + 1;
  const step = { policy: "rewrite", mode: "enforce", config: { path, query: null, host: null }, reroutes: { path } };
  return {
    kind: "operation",
    operationId: route.id,
    tags: [],
    access: accesses[access],
    steps: [...(path === null ? [] : [step as never]), ...(mirror === undefined ? [] : [mirrorTo(mirror) as never])],
    forward: { kind: "forward", service, strip: 0, prepend, responseTimeout: 0, idleTimeout: 0, options: [] },
    ...route,
  };
}

/** A service sees the fields as well: the request has those that a request for `strong` has to have. */
const saysTheSame = ({ match }: OperationIr, request: RouteRequest): boolean =>
  matchesFields({ ...match, version: match.version?.isDefault === true ? undefined : match.version }, request);

/** What a service gets, as the run-time library makes it. */
function upstreamOf(operation: OperationIr, path: string, service = ownService(operation)): string {
  const { forward, steps } = operation;
  if (forward.kind !== "forward") throw new Error("answers itself");
  const config = steps.find(({ policy }) => policy === "rewrite")?.config as
    | { path: number | ConstructorParameters<typeof PathTemplate>[0] }
    | undefined;
  const own =
    config === undefined
      ? forward.prepend + path
      : typeof config.path === "number"
        ? path.slice(config.path)
        : new PathTemplate(config.path).expand(path);
  return `${servers[service]} ${own === "" ? "/" : own}`;
}

function ownService({ forward }: OperationIr): string {
  if (forward.kind !== "forward") throw new Error("answers itself");
  return forward.service;
}

/** `one` and `two` have a server in common, under another name and another weight. */
const servers: Readonly<Record<string, string>> = { one: "http://a", two: "http://a", three: "http://b" };
const services = Object.entries(servers).map(
  ([name, url]) =>
    ({ kind: "service", name, endpoints: [{ url, weight: name === "two" ? 2 : 1, origin: nowhere }] }) as unknown as ServiceIr,
);

const gatewayArbitrary = routesArbitrary.chain((routes) =>
  fc
    .tuple(
      ...routes.map((route) =>
        fc
          .tuple(
            fc.constantFrom(...(Object.keys(accesses) as AccessName[])),
            fc.constantFrom("one", "one", "two", "three"),
            fc.constantFrom("", "", "", "/a"),
            fc.constantFrom<string | number | undefined>(
              undefined,
              undefined,
              undefined,
              1,
              "/a/{p0}",
              "/{p0}",
              "/a",
              "/b/{p0}-x",
              "/a{**}",
              "/a/{**}",
            ),
            fc.constantFrom<Mirror | undefined>(
              undefined,
              undefined,
              { service: "one", anyMethod: false },
              { service: "two", anyMethod: true },
              { service: "three", anyMethod: false },
            ),
          )
          .map((parts) => plant(route, ...parts)!),
      ),
    )
    .chain((operations) =>
      fc.tuple(
        fc.constant(operations as Planted[]),
        fc.array(requestArbitrary(operations as Route[]), { minLength: 80, maxLength: 160 }),
      ),
    ),
);

const show = (weak: OperationIr, strong: OperationIr, isCopy: boolean): string =>
  `${isCopy ? "a copy of " : ""}${weak.id} around ${strong.id}`;

/** RFC 9110 §9.2.1. */
const safe = ["GET", "HEAD", "OPTIONS", "QUERY"];

const describeOperation = ({ id, match, steps, forward }: OperationIr): string =>
  JSON.stringify([
    id,
    match.method,
    match.path.template,
    match.hosts,
    match.headers,
    match.query,
    match.version,
    steps.map(({ config, copies }) => [config, copies]),
    forward,
  ]);

for (const trailingSlash of ["strict", "ignore"] as const) {
  test(`ways around are true, and every one that random requests come upon is found (${trailingSlash})`, () => {
    let found = 0;
    let copied = 0;
    let met = 0;
    fc.assert(
      fc.property(gatewayArbitrary, ([operations, requests]) => {
        const routing = { trailingSlash };
        const ways = findWaysAround({ operations, services, routing, schemas: [] });
        found += ways.length;
        copied += ways.filter((way) => way.copied !== undefined).length;
        for (const { weak, strong, request, ordinary, copied: isCopied } of ways) {
          expect(isAccepted(request) && isAccepted(ordinary)).toBe(true);
          expect(decideRoute(operations, request, routing).winner).toBe(weak);
          expect(decideRoute(operations, ordinary, routing).winner).toBe(strong);
          expect(saysTheSame(strong, request)).toBe(true);
          const mirror = copiesOf(weak);
          if (isCopied !== undefined) expect(mirror!.anyMethod || safe.includes(request.method)).toBe(true);
          const service = isCopied === undefined ? ownService(weak) : mirror!.service;
          expect(upstreamOf(weak, request.path, service)).toBe(upstreamOf(strong, ordinary.path));
          expect(weakerThan[accessName(strong)]).toContain(accessName(weak));
        }
        const known = new Set(ways.map((way) => show(way.weak, way.strong, way.copied !== undefined)));
        const reached = new Map<
          string,
          { readonly operation: OperationIr; readonly request: RouteRequest; readonly isCopy: boolean }[]
        >();
        for (const request of requests) {
          const operation = isAccepted(request) ? decideRoute(operations, request, routing).winner : undefined;
          if (operation === undefined) continue;
          const note = (service: string, isCopy: boolean): void => {
            const place = `${request.method} ${upstreamOf(operation, request.path, service)}`;
            reached.set(place, [...(reached.get(place) ?? []), { operation, request, isCopy }]);
          };
          note(ownService(operation), false);
          const mirror = copiesOf(operation);
          if (mirror !== undefined && (mirror.anyMethod || safe.includes(request.method))) note(mirror.service, true);
        }
        for (const there of reached.values()) {
          for (const { operation: strong, request: ordinary, isCopy: isProtected } of there) {
            for (const { operation: weak, request, isCopy } of there) {
              // That a copy goes there protects nothing.
              if (isProtected || !weakerThan[accessName(strong)].includes(accessName(weak)) || !saysTheSame(strong, request))
                continue;
              met++;
              if (!known.has(show(weak, strong, isCopy))) {
                const all = operations.map(describeOperation).join("\n");
                throw new Error(`missed ${show(weak, strong, isCopy)}: ${JSON.stringify({ ordinary, request })}\n${all}`);
              }
            }
          }
        }
      }),
      { numRuns: 150 },
    );
    // A comparison that finds nothing would agree as well.
    expect(found).toBeGreaterThan(100);
    expect(met).toBeGreaterThan(100);
    expect(copied).toBeGreaterThan(30);
  });
}
