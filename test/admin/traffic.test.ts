import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { csvOf, movesOf, renderMoves } from "../../compiler/commands/live/migrate.ts";
import { renderTraffic } from "../../compiler/commands/live/traffic.ts";
import type { Exchange } from "../../runtime/exchange/exchange.ts";
import { createTraffic, type TrafficConfig } from "../../runtime/policies/traffic/index.ts";
import { togetherOf } from "../../runtime/policies/traffic/traffic-answer.ts";
import { built, startWorkers } from "../faults/gateway.ts";
import { fakeAnswer, fakeExchange, fakeOperation } from "../harness/fake-exchange.ts";
import { gatewright } from "../harness/program.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";
import { answering, ok, rawUpstream } from "../runtime/support/raw-upstream.ts";
import { administered } from "./support.ts";

const files: Readonly<Record<string, string>> = {
  "gateway.yaml": `gateway: things
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
apis:
  things:
    service: backend
    versioning: { by: path, prefix: "/{version}" }
    versions:
      v1: { spec: openapi.yaml, policies: policies.yaml, deprecated: 2026-01-01, sunset: 2027-06-30 }
      v2: { spec: openapi.yaml, policies: policies.yaml }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
identity:
  schemes:
    partnerKey: { apiKey: { keys: { acme: { key: { file: acme.key } }, zenith: { key: { file: zenith.key } } } } }
policies: { traffic: {} }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Things, version: 1.0.0 }
components: { securitySchemes: { partnerKey: { type: apiKey, in: header, name: X-Api-Key } } }
paths:
  /things:
    get: { operationId: listThings, security: [{ partnerKey: [] }], responses: { "200": { description: fine } } }
    delete: { operationId: clearThings, security: [{ partnerKey: [] }], responses: { "200": { description: fine } } }
  /old:
    get: { operationId: oldThings, deprecated: true, security: [{ partnerKey: [] }], responses: { "200": { description: fine } } }
`,
  "policies.yaml": "all: {}\n",
  "acme.key": "acme-key-for-tests-0001",
  "zenith.key": "zenith-key-for-tests-01",
};

test("who calls what, what is deprecated and what nobody calls is told by all workers together", async () => {
  const service = await rawUpstream(answering(ok("[]", "Content-Type: application/json\r\n")));
  onTestFinished(() => service.close());
  const out = await built(files);
  for (const name of ["acme.key", "zenith.key"]) writeFileSync(join(out, name), files[name]!);
  const gateway = await startWorkers(out, service.url);
  const call = (path: string, key?: string) =>
    exchange(gateway.port, get(path, key === undefined ? "" : `X-Api-Key: ${key}\r\n`));
  // Each on a connection of its own, so that every worker gets some.
  const calls = [
    ...Array.from({ length: 12 }, () => call("/v1/things", files["acme.key"])),
    ...Array.from({ length: 7 }, () => call("/v2/things", files["zenith.key"])),
    ...Array.from({ length: 5 }, () => call("/v2/things")),
    call("/nothing"),
    // The spec calls it deprecated, so that it is in each version.
    call("/v2/old", files["acme.key"]),
    call("/v2/old", files["acme.key"]),
    call("/v1/old"),
  ];
  await Promise.all(calls);
  const url = ["--url", `http://127.0.0.1:${gateway.admin}`];
  const json = await gatewright(["live", "traffic", "--format", "json", ...url]);
  const told = JSON.parse(json.stdout) as { operations: { operation: string; callers: object[] }[]; asked: number };
  expect(told).toMatchObject({ answered: told.asked });
  expect(Object.fromEntries(told.operations.map(({ operation, callers }) => [operation, callers]))).toMatchObject({
    "things.v1.listThings": [{ caller: "acme", scheme: "partnerKey", requests: 12, clientErrors: 0, deprecated: true }],
    "things.v1.clearThings": [],
    "things.v2.listThings": [
      { caller: "zenith", scheme: "partnerKey", requests: 7 },
      { requests: 5, clientErrors: 5 },
    ],
    "things.v2.clearThings": [],
    unmatched: [{ requests: 1, clientErrors: 1 }],
  });
  const { code, stdout } = await gatewright(["live", "traffic", ...url]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^OPERATION +CALLER +SCHEME +REQUESTS +4XX +5XX +LAST\nthings\.v1\.listThings +acme +partnerKey +12 /m);
  expect(stdout).toMatch(
    /\nDeprecated, and still called:\n.*\nthings\.v1\.listThings +acme [^\n]*\n(.*\n){2}\nNever called, 2 of 6 operations:\n/,
  );
  const migrate = await gatewright(["live", "migrate", ...url]);
  expect(migrate.stdout).toMatch(
    /^Since \S+: 2 callers of what is deprecated\.\n\nCALLER +SCHEME +OPERATION +SUNSET +REQUESTS +LAST\nacme +partnerKey +things\.v1\.listThings +2027-06-30 +12 /,
  );
  const csv = await gatewright(["live", "migrate", "--format", "csv", ...url]);
  expect(csv.stdout.split("\n").map((line) => line.slice(0, line.lastIndexOf(",")))).toEqual([
    "caller,scheme,operation,version,sunset,requests",
    "acme,partnerKey,things.v1.listThings,v1,2027-06-30,12",
    ",,things.v1.oldThings,v1,2027-06-30,1",
    "acme,partnerKey,things.v2.oldThings,v2,,2",
    "",
  ]);
  const moves = JSON.parse((await gatewright(["live", "migrate", "--format", "json", ...url])).stdout) as { moves: object[] };
  expect(moves.moves).toHaveLength(3);
});

test("a gateway that counts no callers says how it would", async () => {
  const { serve } = await import("../../runtime/process/serve.ts");
  const serving = await serve(administered(undefined), { drainTimeout: 0 });
  onTestFinished(() => serving.close());
  const { code, stderr } = await gatewright(["live", "traffic", "--url", `http://127.0.0.1:${serving.adminPort}`]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("Write `policies: { traffic: {} }` in gateway.yaml.")]);
});

const operations = [fakeOperation({ index: 0, id: "a" }), fakeOperation({ index: 1, id: "b" })];

function counted(config: TrafficConfig, requests: readonly (readonly [operation: number, caller: string, key?: string])[]) {
  const traffic = createTraffic(config);
  for (const [index, subject, key] of requests) {
    const marks = key === undefined ? {} : { marks: { key } };
    const x: Exchange = fakeExchange({
      operation: operations[index]!,
      identity: { subject, scheme: "s", roles: [], scopes: [], ...marks },
    });
    x.answer = fakeAnswer();
    traffic.done(x);
  }
  const [list] = traffic.adminRoutes;
  return list!.answer({ parameters: {}, body: undefined }, { operations }) as { status: 200; json: Record<string, never> };
}

describe("callers", () => {
  test("of whom there are more than are told apart are counted together, of each operation", () => {
    const requests = Array.from({ length: 10_000 }, (_, index) => [index % 2, `caller-${index}`] as const);
    const { json } = counted({ by: "subject", most: 100, deprecated: [] }, requests);
    const told = json.operations as unknown as { callers: object[]; others: { requests: number } }[];
    expect(told.map(({ callers, others }) => [callers.length, others.requests])).toEqual([
      [50, 4_950],
      [50, 4_950],
    ]);
  });

  test("are told apart by the id of their key where that is wanted", () => {
    const requests = [
      [0, "acme", "k1"],
      [0, "acme", "k2"],
      [0, "zenith"],
    ] as const;
    const callersOf = (by: "subject" | "key") =>
      (
        counted({ by, most: 100, deprecated: [] }, requests).json.operations as unknown as { callers: { caller: string }[] }[]
      )[0]!.callers.map(({ caller }) => caller);
    expect(callersOf("key")).toEqual(["k1", "k2", "zenith"]);
    expect(callersOf("subject")).toEqual(["acme", "zenith"]);
  });

  test("of several workers are added up, the busiest first", () => {
    const one = counted({ by: "subject", most: 2, deprecated: [] }, [
      [0, "a"],
      [0, "b"],
      [0, "c"],
    ]);
    const other = counted({ by: "subject", most: 9, deprecated: [] }, [
      [0, "b"],
      [0, "c"],
      [0, "b"],
      [1, "c"],
    ]);
    const together = togetherOf([one, other]).operations as unknown as {
      callers: { caller: string; requests: number }[];
      others?: { requests: number };
    }[];
    expect(
      together.map(({ callers, others }) => [callers.map(({ caller, requests }) => [caller, requests]), others?.requests]),
    ).toEqual([
      [
        [
          ["b", 3],
          ["a", 1],
          ["c", 1],
        ],
        1,
      ],
      [[["c", 1]], undefined],
    ]);
  });

  test("whose names would steer a terminal do not, and no line is wider than it", () => {
    const caller = {
      caller: "a\u001b[2J\u009b\n",
      requests: 1,
      clientErrors: 0,
      serverErrors: 0,
      lastAt: "2026-12-01T08:00:00.000Z",
    };
    const lines = renderTraffic(
      {
        since: "2026-12-01T00:00:00.000Z",
        operations: [{ operation: "x".repeat(80), method: "GET", path: "/x", callers: [caller], others: caller }],
      },
      40,
    );
    expect(Array.from(lines.join("")).filter((one) => /\p{Cc}/u.test(one))).toEqual([]);
    for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(40);
    expect(lines.at(-1)).toBe("Too narrow for SCHEME, 4XX, LAST.");
  });

  test("who have to move are told with the first end first, and as a table for other programs", () => {
    const count = { requests: 2, clientErrors: 0, serverErrors: 0, lastAt: "2026-12-01T08:00:00.000Z" };
    const operation = { method: "GET", path: "/x" };
    const traffic = {
      since: "2026-12-01T00:00:00.000Z",
      operations: [
        { ...operation, operation: "kept", callers: [{ ...count, caller: "a" }] },
        { ...operation, operation: "old", deprecated: true as const, callers: [{ ...count, caller: '=1+1,"' }], others: count },
        {
          ...operation,
          operation: "later",
          callers: [{ ...count, caller: "b", deprecated: true as const, sunset: "2027-08-01" }],
        },
        { ...operation, operation: "soon", callers: [{ ...count, caller: "b", sunset: "2027-02-01" }] },
      ],
    };
    const moves = movesOf(traffic);
    expect(moves.map(({ operation: from, caller }) => [from, caller])).toEqual([
      ["soon", "b"],
      ["later", "b"],
      ["old", '=1+1,"'],
      ["old", "(others)"],
    ]);
    expect(csvOf(moves).split("\n")[3]).toBe(`"'=1+1,""",,old,,,2,2026-12-01T08:00:00.000Z`);
    // What a terminal is not shown must not be what kept it from being a formula.
    const fieldOf = (caller: string): string =>
      csvOf([{ ...moves[0]!, caller }])
        .split("\n")[1]!
        .split(",")[0]!;
    for (const hidden of ["\ufeff", " ", "\ufeff \ufeff", "\u00a0"]) expect(fieldOf(`${hidden}=1+1`)).toMatch(/^'\s*=1\+1$/);
    expect(["＝1+1", "@a", "-1", "\t=1", "\r=1", "a\u001b[2J", "a=1"].map(fieldOf)).toEqual([
      "'＝1+1",
      "'@a",
      "'-1",
      "␉=1",
      "␍=1",
      "a␛[2J",
      "a=1",
    ]);
    expect(fieldOf("\n=1")).toBe("\"'");
    const lines = renderMoves(traffic, moves, 30);
    expect(lines[0]).toContain("3 callers");
    for (const line of lines.slice(1, -1)) expect(line.length).toBeLessThanOrEqual(30);
    expect(renderMoves(traffic, [], 80)).toEqual(["Since 2026-12-01T00:00:00.000Z: nobody called what is deprecated."]);
  });
});
