import { expect, test } from "vitest";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { StoreIr } from "../../../compiler/ir/resource.ts";
import type { StoreUse, StoreWish } from "../../../compiler/ir/store-use.ts";
import { load, memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { link } from "../../../compiler/phases/2-link/index.ts";
import { Stores } from "../../../compiler/phases/3-check/stores.ts";
import { fakeOrigin } from "../../harness/fake-policy-context.ts";

interface Outcome {
  readonly used: StoreUse | undefined;
  /** Codes with the places that they name, the stores' ones as they are written. */
  readonly found: readonly string[];
  readonly inUse: readonly StoreIr[];
}

/** One policy of a gateway with these stores asks for one. */
async function asked(stores: object | undefined, wish: Partial<StoreWish>): Promise<Outcome> {
  const text = JSON.stringify({ gateway: "shop", compatibility: "2026-12-01", listeners: { public: { port: 0 } }, stores });
  const sink = new DiagnosticSink();
  const linked = link(await load("gateway.yaml", sink, memoryDisk(new Map([["gateway.yaml", text]]))), sink);
  const all = new Stores(linked, sink);
  const used = all.use(
    { store: undefined, needs: ["counters"], ...wish },
    { policy: "toy", origin: fakeOrigin(""), at: fakeOrigin, report: (diagnostic) => sink.report(diagnostic) },
  );
  const inUse = all.inUse(sink);
  const place = ({ file, start, end }: { file: string; start: number; end: number }): string =>
    file === "gateway.yaml" ? text.slice(start, end) : file.slice("policies.yaml#".length);
  const found = sink
    .sorted()
    .map(({ code, primary, related = [] }) =>
      [code, ...[primary, ...related].map(({ origin }) => `at ${place(origin)}`)].join(" "),
    );
  return { used, found, inUse };
}

const memory = { memory: {} };
const redis = { redis: { url: "redis://127.0.0.1:6379" } };
const choices = ["refuse", "allow"];
const onFailure = (written?: string): Partial<StoreWish> => ({ onFailure: { written, choices } });

test("a gateway that says nothing of stores has one in memory, for policies that ask for one", async () => {
  const { used, found, inUse } = await asked(undefined, {});
  expect(found).toEqual([]);
  const ref = { kind: "resource", room: "stores", name: "default" };
  expect(used).toEqual({ name: "default", type: "memory", mayFail: false, ref, largestAnswer: 33_554_432 });
  expect(inUse.map(({ name, type, roles }) => ({ name, type, roles }))).toEqual([
    { name: "default", type: "memory", roles: ["living", "adminRoutes"] },
  ]);
});

test("a policy gets the store that it names, and the others are reported", async () => {
  const { used, found, inUse } = await asked({ default: memory, pages: memory }, { store: "pages" });
  expect(used?.ref.name).toBe("pages");
  expect(inUse.map(({ name }) => name)).toEqual(["pages"]);
  expect(found).toEqual(['check/unused-store at "default"']);
});

test.each([
  ["one that there is not", { default: memory }, { store: "defualt" }, ["check/unknown-store at /store"]],
  ["none, where none is the default", { pages: memory }, {}, [`check/no-default-store at  at "stores"`]],
  ["one that is wrong itself", { default: { redis: {} } }, {}, ['redis/not-one-server at "default"']],
])("a policy that asks for %s is left out", async (_, stores, wish, expected) => {
  const { used, found, inUse } = await asked(stores, wish);
  expect(used).toBeUndefined();
  expect(found).toEqual(expected);
  expect(inUse).toEqual([]);
});

test("what happens while a store is out of reach is demanded where it can be, with both places", async () => {
  expect((await asked({ default: redis }, onFailure())).found).toEqual(['check/store-failure-needed at  at "default"']);
  expect((await asked({ default: redis }, onFailure("refuse"))).found).toEqual([]);
  expect((await asked({ default: memory }, onFailure("refuse"))).found).toEqual([
    'check/store-never-fails at /onStoreFailure at "default"',
  ]);
  expect((await asked({ default: memory }, onFailure())).found).toEqual([]);
  // Of a policy that does the same in any case.
  expect((await asked({ default: redis }, {})).found).toEqual([]);
});

test("options inside of another one are looked for there", async () => {
  const below = { ...onFailure("allow"), below: "/session" };
  expect((await asked(undefined, below)).found).toEqual(["check/store-never-fails at /session/onStoreFailure"]);
});

test.each([
  [{ timeout: "50ms" }, ["redis/not-one-server"]],
  [{ url: "redis://a:1", cluster: { nodes: ["a:1"] } }, ["redis/several-servers"]],
  [{ url: "redis-1:6379" }, ["redis/not-redis-url"]],
  [{ url: "redis://:secret@redis-1:6379" }, ["redis/password-in-url"]],
  [{ url: "redis://${env:WHO}:${env:PASSWORD}@redis-1:6379" }, ["redis/password-in-url"]],
  [{ url: "redis://gateway@redis-1:6379/3" }, []],
  [{ url: "${env:REDIS_URL}" }, []],
  [{ url: { env: "REDIS_URL" } }, []],
  [{ url: "rediss://a:1", tls: { key: { file: "gateway.key" } } }, ["redis/certificate-without-key"]],
  [{ cluster: { nodes: ["a:1"] }, database: 2 }, ["redis/database-in-cluster"]],
  [{ cluster: { nodes: ["a:1"] }, database: 0 }, []],
])("Redis with %j gives %j", async (options, codes) => {
  const { found } = await asked({ default: { redis: options } }, onFailure("refuse"));
  expect(found.map((line) => line.split(" ")[0])).toEqual(codes);
});

test("a store is what its options say, with defaults and the name of the gateway", async () => {
  const { inUse } = await asked(
    { default: { redis: { sentinel: { nodes: ["${env:S1}", "s2:26379"], name: "main" }, tls: {}, maxPending: 7 } } },
    onFailure("allow"),
  );
  expect(inUse[0]!.config).toEqual({
    name: "default",
    gateway: "shop",
    from: { kind: "place", origin: expect.objectContaining({ file: "gateway.yaml" }), text: "" },
    server: {
      kind: "sentinel",
      urls: [expect.objectContaining({ kind: "setting", template: "rediss://${env:S1}" }), "rediss://s2:26379"],
      group: "main",
    },
    keyPrefix: "shop:",
    timeout: 100,
    inFlight: 7,
    breaker: { misses: 5, open: 1000 },
    tls: {},
    required: false,
  });
});
