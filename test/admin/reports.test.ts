import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createReports } from "../../runtime/policies/reports/index.ts";
import { built, running, startWorkers } from "../faults/gateway.ts";
import { fakeExchange } from "../harness/fake-exchange.ts";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";
import { answering, ok, rawUpstream } from "../runtime/support/raw-upstream.ts";
import { asking, bearer, key } from "./support.ts";

const files = (policies: string): Readonly<Record<string, string>> => ({
  "gateway.yaml": `gateway: things
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { file: admin.key } } } }
apis:
  things: { service: backend, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
policies: { metrics: {}, ${policies} }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Things, version: 1.0.0 }
paths:
  /things:
    get:
      operationId: listThings
      parameters: [{ name: page, in: query, schema: { type: integer, maximum: 3 } }]
      responses:
        "200": { description: fine, content: { application/json: { schema: { type: array } } } }
`,
  "policies.yaml": "all: { public: a test, validate: { request: report } }\n",
  "admin.key": key,
});

async function upstream(): Promise<string> {
  const service = await rawUpstream(answering(ok("[]", "Content-Type: application/json\r\n")));
  onTestFinished(() => service.close());
  return service.url;
}

async function build(policies: string): Promise<string> {
  const out = await built(files(policies));
  writeFileSync(join(out, "admin.key"), key);
  return out;
}

test("what is wrong with requests is told by all workers together, learnt from, and forgotten when asked", async () => {
  const gateway = await startWorkers(await build("reports: {}"), await upstream());
  const url = `http://127.0.0.1:${gateway.admin}`;
  const wrong = 24;
  // Each on a connection of its own, so that every worker gets some.
  await Promise.all(Array.from({ length: wrong }, () => exchange(gateway.port, get("/things?page=12345678"))));
  expect((await exchange(gateway.port, get("/things?page=1"))).status).toBe(200);
  const told = await asking(gateway.admin, "GET /reports");
  expect([told.status, told.field("content-type")]).toEqual([200, "application/x-ndjson"]);
  const lines = told.body.trimEnd().split("\n");
  expect(lines.length).toBe(wrong);
  expect(JSON.parse(lines[0]!)).toEqual({
    time: expect.any(String) as string,
    method: "GET",
    operation: "things.v1.listThings",
    status: 200,
    source: "service",
    reports: [
      {
        policy: "validate",
        status: 400,
        type: "urn:gatewright:problem:invalid-request",
        violations: [{ in: "query", name: "page", pointer: "", keyword: "maximum" }],
      },
    ],
  });
  expect(told.body).not.toContain("12345678");

  const folder = temporaryFolder(files("reports: {}"));
  const learnt = await gatewright(["learn", "--from", url, "--write", "overlay.yaml"], { cwd: folder });
  expect([learnt.code, learnt.stdout]).toEqual([
    0,
    expect.stringMatching(
      /^GET \/things {2}things\.v1\.listThings\n +24× {2}request: query page {2}maximum\n[^]*overlay\.yaml is written/,
    ),
  ]);

  expect((await asking(gateway.admin, "DELETE /reports")).status).toBe(401);
  const cleared = await asking(gateway.admin, "DELETE /reports", [bearer]);
  expect(JSON.parse(cleared.body)).toEqual({ removed: wrong, answered: 2, asked: 2 });
  expect((await asking(gateway.admin, "GET /reports")).body).toBe("");
  const nothing = await gatewright(["learn", "--from", url], { cwd: folder });
  expect([nothing.code, nothing.stdout]).toEqual([0, "0 requests: nothing was reported, and nothing refused for its content\n"]);
});

test("learn --from a gateway without the policy says which one it needs", async () => {
  const gateway = await running(await build("requestId: {}"), await upstream());
  const url = `http://127.0.0.1:${gateway.adminPort}`;
  const { code, stderr } = await gatewright(["learn", "--from", url], { cwd: temporaryFolder(files("requestId: {}")) });
  expect([code, stderr]).toEqual([1, expect.stringContaining("keeps no reports. Write `policies: { reports: {} }`")]);
});

test.each([
  [["learn"], "Name the access log, `-` for standard input, or `--from URL` of an admin listener."],
  [["learn", "--from", "here"], "`--from here` is not a URL."],
  [["learn", "--from", "http://a", "gateway.yaml", "b"], "`b` is too much"],
  [["learn", "access.log", "--key-env", "KEY"], "`--key-env` and `--ca` are for `--from URL`."],
])("%j is wrong usage", async (args, message) => {
  const { code, stderr } = await gatewright(args, { cwd: temporaryFolder(files("reports: {}")) });
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

describe("what is kept", () => {
  const noted = (count: number, pointer = "") => {
    const reports = createReports();
    for (let index = 0; index < count; index++) {
      const x = fakeExchange();
      x.reports.push({
        policy: "validate",
        status: 400 + index,
        type: "urn:gatewright:problem:invalid-request",
        violations: Array.from({ length: pointer === "" ? 1 : 100 }, (_, at) => ({
          in: "body" as const,
          pointer: `${pointer}/${at}`,
          keyword: "type",
          message: "must be",
        })),
      });
      reports.done(x);
    }
    const [list, clear] = reports.adminRoutes;
    const answer = list!.answer({ parameters: {}, body: undefined }, { operations: [] });
    const text = "text" in answer ? answer.text : "";
    return {
      lines: text
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { reports: { status: number }[] }),
      list,
      clear,
    };
  };

  test("are the last thousand, the oldest first", () => {
    const { lines } = noted(2_345);
    expect([lines.length, lines[0]!.reports[0]!.status, lines.at(-1)!.reports[0]!.status]).toEqual([
      1_000,
      400 + 1_345,
      400 + 2_344,
    ]);
  });

  test("and none that is longer than 16 KiB", () => {
    expect(noted(3, "/a".repeat(90)).lines.length).toBe(0);
    expect(noted(3, "/a").lines.length).toBe(3);
  });

  test("is empty again after it was cleared, and goes on", () => {
    const { list, clear } = noted(1_500);
    expect(clear!.answer({ parameters: {}, body: undefined }, { operations: [] })).toEqual({
      status: 200,
      json: { removed: 1_000 },
    });
    expect(list!.answer({ parameters: {}, body: undefined }, { operations: [] })).toMatchObject({ text: "" });
  });
});
