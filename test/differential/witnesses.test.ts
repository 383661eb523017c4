import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import type { GatewayIr } from "../../compiler/ir/gateway.ts";
import { load } from "../../compiler/phases/1-load/index.ts";
import { link } from "../../compiler/phases/2-link/index.ts";
import { check } from "../../compiler/phases/3-check/index.ts";
import { analyseRoutes } from "../../compiler/routing/algebra.ts";
import type { RouteRequest } from "../../compiler/routing/route.ts";
import { findWaysAround } from "../../compiler/routing/way-around/find.ts";
import { type Received, sendRequest } from "../harness/http-client.ts";
import { startUpstream } from "../harness/recording-upstream.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { startCompiled } from "../harness/subject.ts";
import { effort, seed } from "./pair.ts";

type Routes = Readonly<Record<string, { readonly match: object; readonly service: string; readonly policies: object }>>;

const segment = fc.constantFrom("a", "b", "{x}", "{y}.json", "a.json", "a-{x}", "{x}-{y}", "y-{x}");
const path = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.constantFrom("", "", "/", "/**", "/*"))
  .map(([segments, tail]) => {
    let count = 0;
    return `/${segments.join("/").replaceAll(/\{\w+\}/g, () => `{p${count++}}`)}${tail}`;
  });

/** Rarely there: routes with conditions of their own do not meet. */
const optional = <T>(...values: T[]): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...values) });

const route = fc
  .record({
    path,
    methods: optional(["GET"], ["GET", "HEAD"], ["POST"], ["HEAD"]),
    hosts: optional(["*.example.com"], ["shop.example.com"]),
    headers: optional<object>({ "X-Tenant": "a" }, { "X-Tenant": true }),
    query: optional<object>({ preview: true }, { preview: "1" }),
    security: fc.constantFrom(undefined, undefined, [{ partnerKey: [] }], [{ partnerKey: ["partner"] }]),
    rewrite: optional({ path: "/a/b" }, { path: "/b" }, { path: "/a/x.json" }),
  })
  .map(({ security, rewrite, ...match }) => ({
    match,
    service: "backend",
    policies: {
      ...(security === undefined ? { public: "generated" } : { security }),
      ...(rewrite === undefined ? {} : { rewrite }),
    },
  }));

const routesArbitrary: fc.Arbitrary<Routes> = fc
  .uniqueArray(route, { minLength: 8, maxLength: 16, selector: ({ match }) => JSON.stringify(match) })
  .map((routes) => Object.fromEntries(routes.map((one, index) => [`r${index}`, one])));

/** With what each route needs to build: its ways around accepted, and a field that says who answered. */
const gatewayOf = (routes: Routes, accepted: ReadonlyMap<string, readonly string[]>): object => ({
  gateway: "witnesses",
  compatibility: "2026-12-01",
  listeners: { public: { host: "127.0.0.1", port: "${env:PORT}" } },
  services: { backend: { endpoints: ["${env:UPSTREAM}"] } },
  identity: {
    schemes: {
      partnerKey: {
        apiKey: { in: "header", name: "X-Api-Key", keys: { acme: { key: { env: "ACME_KEY" }, roles: ["partner"] } } },
      },
    },
  },
  routes: Object.fromEntries(
    Object.entries(routes).map(([name, { policies, ...own }]) => {
      const to = accepted.get(name);
      const wayAround = to === undefined ? {} : { wayAround: [{ to, because: "generated" }] };
      return [name, { ...own, policies: { ...policies, ...wayAround, headers: { response: { set: { "X-Route": name } } } } }];
    }),
  ),
});

/** What the first three phases make of it, errors among it. */
async function checked(entry: string): Promise<{ readonly ir: GatewayIr; readonly codes: readonly string[] } | undefined> {
  const sink = new DiagnosticSink();
  const sources = await load(entry, sink);
  if (sink.hasErrors) return undefined;
  const linked = link(sources, sink);
  if (sink.hasErrors) return undefined;
  const ir = check(linked, sink);
  return { ir, codes: sink.sorted().map(({ severity, code }) => `${severity} ${code}`) };
}

/** `routes.r1.get` is one of the operations of `r1`. */
const routeOf = (id: string): string => id.split(".")[1]!;

async function withGateway(use: (write: (gateway: object) => string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  const entry = join(folder, "gateway.yaml");
  try {
    await use((gateway) => {
      writeFileSync(entry, JSON.stringify(gateway, undefined, 1));
      return entry;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("every witness is answered by who the message says, and reaches what it says", { timeout: 60_000 * effort }, async () => {
  const sent = { crossings: 0, waysAround: 0, gateways: 0 };
  for (const routes of fc.sample(routesArbitrary, { numRuns: 60 * effort, seed })) {
    if (sent.gateways === 5 * effort) break;
    await withGateway(async (write) => {
      const before = await checked(write(gatewayOf(routes, new Map())));
      if (before === undefined || before.codes.some((code) => code.startsWith("error route/") || code.includes("unused"))) return;
      const ways = findWaysAround(before.ir);
      const accepted = new Map<string, string[]>();
      for (const { weak, strong } of ways) {
        const name = routeOf(weak.id);
        accepted.set(name, [...new Set([...(accepted.get(name) ?? []), strong.id])]);
      }
      const entry = write(gatewayOf(routes, accepted));
      const after = await checked(entry);
      expect(after?.codes.filter((code) => code.startsWith("error"))).toEqual([]);

      const upstream = await startUpstream();
      upstream.answer = { status: 200, headers: [], body: "" };
      const subject = await startCompiled({ folder: join(entry, ".."), entry }, sampleEnvironment(upstream.urls));
      try {
        sent.gateways++;
        const ask = ({ method, host, path: asked, query, headers }: RouteRequest, key?: string): Promise<Received> =>
          sendRequest(subject.port, {
            method,
            target: query === "" ? asked : `${asked}?${query}`,
            headers: [
              ["Host", host],
              ...headers.map(({ name, value }): [string, string] => [name, value]),
              ...(key === undefined ? [] : [["X-Api-Key", key] as [string, string]]),
            ],
            body: "",
          });
        for (const finding of analyseRoutes(after!.ir.operations, after!.ir.routing)) {
          if (finding.kind !== "crossing") continue;
          sent.crossings++;
          expect(answeredBy(await ask(finding.witness))).toBe(routeOf(finding.winner.id));
        }
        upstream.take();
        const { ACME_KEY: key } = sampleEnvironment([]);
        for (const { weak, strong, request, ordinary } of ways) {
          sent.waysAround++;
          expect(answeredBy(await ask(request, weak.access.kind === "public" ? undefined : key))).toBe(routeOf(weak.id));
          expect(answeredBy(await ask(ordinary, key))).toBe(routeOf(strong.id));
          const [first, second] = upstream.take().map(({ target }) => target.split("?")[0]);
          expect(first, `${request.path} and ${ordinary.path}`).toBe(second);
        }
      } finally {
        await subject.stop();
        await upstream.close();
      }
    });
  }
  // Witnesses of nothing would be true as well.
  expect(sent.gateways).toBe(5 * effort);
  expect(sent.crossings).toBeGreaterThan(4);
  expect(sent.waysAround).toBeGreaterThan(4);
});

const answeredBy = ({ headers }: Received): string | undefined => headers.find(([name]) => name.toLowerCase() === "x-route")?.[1];
