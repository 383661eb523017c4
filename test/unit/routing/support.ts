import vm from "node:vm";
import * as fc from "fast-check";
import type { Origin } from "../../../compiler/ir/origin.ts";
import type { FieldMatch, RouteMatch, VersionMatch } from "../../../compiler/ir/route.ts";
import { planRouteTree } from "../../../compiler/phases/4-plan/route-tree.ts";
import { printMatcher } from "../../../compiler/phases/5-emit/matcher.ts";
import { parsePathTemplate } from "../../../compiler/routing/path-template.ts";
import type { Route, RouteRequest, RoutingOptions } from "../../../compiler/routing/route.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import type { RouteTarget } from "../../../runtime/gateway/operation.ts";
import { acceptVersion } from "../../../runtime/routing/accept-version.ts";
import { isUnder } from "../../../runtime/routing/host.ts";
import { queryValue } from "../../../runtime/routing/query-value.ts";
import { withoutTrailingSlash } from "../../../runtime/routing/trailing-slash.ts";

export const nowhere: Origin = { file: "openapi.yaml", start: 0, end: 0, line: 1, column: 1 };

export type RouteOptions = Partial<Pick<RouteMatch, "hosts" | "headers" | "query" | "version">>;

/** `route("GET /a/{b}")`; `*` and `**` are wildcards. */
export function route(text: string, options: RouteOptions = {}, id = text, wildcards = true): Route {
  const [method, template] = text.split(" ") as [string, string];
  const parsed = parsePathTemplate(template, { wildcards });
  if (parsed.error !== undefined) throw new Error(`${template}: ${parsed.error.reason}`);
  const match = {
    method,
    path: { segments: parsed.segments, template },
    hosts: [],
    headers: [],
    query: [],
    ...options,
    origin: nowhere,
  };
  return { id, match, origin: nowhere };
}

export function request(text: string, options: Partial<RouteRequest> = {}): RouteRequest {
  const [method, target] = text.split(" ") as [string, string];
  const [path, query = ""] = target.split("?") as [string, string?];
  return { method, path, query, host: "shop.example", headers: [], ...options };
}

export interface CompiledMatcher {
  readonly text: string;
  match(request: RouteRequest): string | null;
  allow(request: RouteRequest): string;
}

/** What the printed module exports, with ids for operations. */
interface Evaluated {
  match(x: RouteTarget, method: string): string | null;
  allow(x: RouteTarget): string;
}

/** Plans, prints and evaluates a matcher; operations are the ids of the routes. */
export function compileMatcher(routes: readonly Route[], options: RoutingOptions = { trailingSlash: "strict" }): CompiledMatcher {
  const { text, imports } = printMatcher(planRouteTree(routes, options), (operation) => `operation${operation}`);
  const helpers: Record<string, unknown> = { acceptVersion, isUnder, queryValue, withoutTrailingSlash };
  const names = imports.flatMap((entry) => entry.names);
  const operations = routes.map((_, index) => `const operation${index} = operations[${index}];`).join("\n");
  const code = `"use strict"; (operations, { ${names.join(", ")} }) => { ${operations}\n${text.replaceAll("export function", "function")}\nreturn { match, allow }; }`;
  const made = (vm.runInThisContext(code) as (operations: string[], helpers: object) => Evaluated)(
    routes.map(({ id }) => id),
    helpers,
  );
  const target = ({ path, host, query, headers }: RouteRequest) => ({
    path,
    host,
    query,
    headers: new HeaderList(headers.flatMap(({ name, value }) => [name, value])),
  });
  return {
    text,
    match: (subject) => made.match(target(subject), subject.method),
    allow: (subject) => made.allow(target(subject)),
  };
}

const literals = ["a", "b", "c", "ab", "abc", "a-b", "x-y", "a.b", "a.json", "b:go", "%2F", "%C3%A9", "y"];
const mixes = [
  "{p}-x",
  "y-{p}",
  "a{p}",
  "{p}.json",
  "{p}-{q}",
  "{p}:go",
  "{p}.{q}.json",
  "a{p}b",
  "{p}b{q}",
  "x-{p}-y",
  "%2F{p}",
];
const wide = Array.from({ length: 40 }, (_, index) => `thing${index * 7}${"abc"[index % 3]}`);

const segmentText = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...literals) },
  { weight: 3, arbitrary: fc.constant("{p}") },
  { weight: 2, arbitrary: fc.constantFrom(...mixes) },
  { weight: 1, arbitrary: fc.constantFrom(...wide) },
);

/** Parameter names are numbered, as a template may not repeat one. */
const templateArbitrary = fc
  .tuple(fc.array(segmentText, { maxLength: 4 }), fc.constantFrom("", "", "", "", "/", "/**", "/*"))
  .map(([segments, tail]) => {
    let count = 0;
    const path = segments.map((segment) => `/${segment.replace(/\{[pq]\}/g, () => `{p${count++}}`)}`).join("") + tail;
    return path === "" ? "/" : path;
  });

const fieldArbitrary = (names: string[]): fc.Arbitrary<FieldMatch> =>
  fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(undefined, "1", "2"))
    .map(([name, value]) => (value === undefined ? { name } : { name, value }));

const versionArbitrary: fc.Arbitrary<VersionMatch> = fc.record({
  by: fc.constantFrom("header" as const, "mediaType" as const, "query" as const),
  name: fc.constant("v"),
  value: fc.constantFrom("1", "2"),
  isDefault: fc.boolean(),
});

const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.array(arbitrary, { maxLength: 0 }) },
    { weight: 1, arbitrary: fc.array(arbitrary, { minLength: 1, maxLength: 2 }) },
  );

const routeArbitrary = fc
  .record({
    method: fc.constantFrom("GET", "GET", "GET", "POST", "HEAD", "*", "OPTIONS"),
    template: templateArbitrary,
    hosts: rarely(fc.constantFrom("shop.example", "api.shop.example", "*.example", "*.shop.example")),
    headers: rarely(fieldArbitrary(["x-a", "x-b"])),
    query: rarely(fieldArbitrary(["q", "a b"])),
    version: rarely(versionArbitrary),
  })
  .map(({ method, template, hosts, headers, query, version: [version] }) => ({
    text: `${method} ${template}`,
    options: { hosts, headers, query, ...(version === undefined ? {} : { version }) },
  }));

/** Many literals at one place, so that tables and shared functions are printed. */
const wideRoutes = fc
  .tuple(
    fc.subarray(wide, { minLength: 10 }),
    fc.constantFrom("/a", "", "/{p}"),
    fc.subarray(["", "/{p1}", "/{p1}/a", "/{p1}/{p2}", "/a", "/"], { minLength: 1 }),
  )
  .map(([texts, before, tails]) =>
    texts.flatMap((text) => tails.map((tail) => ({ text: `GET ${before}/${text}${tail}`, options: {} }))),
  );

export const routesArbitrary: fc.Arbitrary<Route[]> = fc
  .tuple(
    fc.array(routeArbitrary, { maxLength: 12 }),
    fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: wideRoutes }),
  )
  .map(([some, many]) =>
    [...some, ...many].map(({ text, options }, index) => route(text, options, `r${String(index).padStart(4, "0")}`)),
  );

const fill = (text: string, filler: string): string =>
  text
    .replace(/\{[^}]*\}/g, filler)
    .replace("**", "a/b")
    .replace("*", filler);

/** Requests near the routes: filled templates, then now and then spoilt. */
export function requestArbitrary(routes: readonly Route[]): fc.Arbitrary<RouteRequest> {
  const near = routes.length === 0 ? fc.constant("/") : fc.constantFrom(...routes.map((each) => each.match.path.template));
  const path = fc
    .tuple(
      near,
      fc.constantFrom("a", "b", "1", "x-y", "a-x", "y-b", "%2F", "a.json", "thing7b"),
      fc.constantFrom("", "", "", "", "/", "/a", "x", "cut", "double"),
    )
    .map(([template, filler, spoil]) => {
      const filled = fill(template, filler);
      if (spoil === "cut") return filled.slice(0, Math.max(1, filled.length - 1));
      return spoil === "double" ? filled.replace(/\/([^/]*)$/, "/$1$1") : filled + spoil;
    });
  const header = fc.record({ name: fc.constantFrom("X-A", "x-b", "V"), value: fc.constantFrom("1", "2", "3") });
  const accept = fc.constantFrom(
    "*/*",
    "application/json;v=1",
    'text/html, application/json; v="2"',
    "a/b;v=1;q=0.5, a/c;v=2",
    "a/b;v=1;q=0",
  );
  return fc.record({
    method: fc.constantFrom("GET", "GET", "GET", "POST", "HEAD", "DELETE", "OPTIONS"),
    host: fc.constantFrom("shop.example", "api.shop.example", "x.api.shop.example", "other.example", "example", "localhost"),
    path,
    headers: fc
      .tuple(fc.array(header, { maxLength: 3 }), fc.option(accept, { nil: undefined }))
      .map(([headers, value]) => (value === undefined ? headers : [...headers, { name: "Accept", value }])),
    query: fc.constantFrom("", "q=1", "q", "a+b=2&q=2", "a%20b=1", "v=1", "v=2&q=%31", "%71=1&&=", "q=%zz", "v=%31"),
  });
}
