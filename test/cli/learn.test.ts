import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { sendRequest } from "../harness/http-client.ts";
import { gatewright } from "../harness/program.ts";
import { type RecordingUpstream, startUpstream } from "../harness/recording-upstream.ts";
import { buildForTest, startGateway } from "../harness/running-gateway.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

let upstream: RecordingUpstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.close());

const gatewayFile = (mode: string, more = ""): string => `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
apis:
  orders:
    service: backend
    basePath: /shop
    versions: { v1: { spec: openapi.yaml${more} } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
policies:
  public: test
  requestId: {}
  accessLog: {}
  validate: { request: ${mode}, response: ${mode}, unknownQuery: ${mode === "report" ? "warn" : "refuse"} }
`;

/** The same document in the words of two versions of OpenAPI. */
const document = (version: string): string => {
  const date = version.startsWith("3.0") ? "type: string, nullable: false" : "type: [string]";
  return `openapi: ${version}
info: { title: Orders, version: "1" }
components:
  schemas:
    Named: { type: object, required: [id], properties: { id: { type: string }, state: { type: string, enum: [open, done] } } }
    Order:
      allOf: [{ $ref: "#/components/schemas/Named" }]
      required: [total]
      properties:
        total: { type: integer, maximum: 100 }
        note: { type: string, maxLength: 5 }
        due: { ${date}, format: date }
        "the tag's": { type: array, items: { $ref: "#/components/schemas/Named" } }
        extra: { type: object, additionalProperties: { type: integer } }
        sealed: { type: object, additionalProperties: false, properties: { a: { type: string } } }
        either: { oneOf: [{ type: integer }, { type: boolean }] }
paths:
  /orders/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    post:
      operationId: createOrder
      parameters: [{ name: page, in: query, required: true, schema: { type: integer, maximum: 3 } }]
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Order" } } } }
      responses:
        "200":
          description: ok
          headers: { X-Total: { required: true, schema: { type: integer } } }
          content: { application/json: { schema: { $ref: "#/components/schemas/Order" } } }
`;
};

interface Case {
  readonly name: string;
  /** Whether OpenAPI 3.0 can say what would allow it. */
  readonly target?: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly answer?: unknown;
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  /** What is said of it. */
  readonly said: RegExp;
}

const good = { id: "a", total: 1 };
const cases: readonly Case[] = [
  { name: "null in a request", body: { ...good, note: null }, said: /request: body \/note {2}type, found null/ },
  { name: "null in an answer", answer: { ...good, due: null }, said: /answer 200: body \/due {2}type, found null/ },
  { name: "null beside an enum", answer: { ...good, state: null }, said: /answer 200: body \/state {2}(type|enum), found null/ },
  { name: "another type", answer: { ...good, total: "1" }, said: /answer 200: body \/total {2}type, found string/ },
  { name: "a fraction", answer: { ...good, total: 1.5 }, said: /answer 200: body \/total {2}type, found number/ },
  { name: "a member that is missing", answer: { id: "a" }, said: /answer 200: body {2}required total/ },
  { name: "a member that a part misses", body: { total: 1 }, said: /request: body {2}required id/ },
  {
    name: "an item of a list",
    answer: { ...good, "the tag's": [good, { id: null }] },
    said: /body \/the tag's\/\*\/id {2}type, found null/,
  },
  {
    name: "another value of an enum",
    answer: { ...good, state: "gone" },
    said: /answer 200: body \/state {2}enum, found string/,
  },
  { name: "a length", body: { ...good, note: "longer" }, said: /request: body \/note {2}maxLength/ },
  { name: "a bound", body: { ...good, total: 1000 }, said: /request: body \/total {2}maximum/ },
  { name: "a format", body: { ...good, due: "today" }, said: /request: body \/due {2}format/ },
  { name: "a further member", answer: { ...good, sealed: { b: 1 } }, said: /body \/sealed {2}additionalProperties b/ },
  {
    name: "a member of an open map",
    answer: { ...good, extra: { "ann@example.com": "1" } },
    said: /body \/extra\/\* {2}type, found string/,
  },
  { name: "no alternative", answer: { ...good, either: "x" }, said: /body \/either/ },
  { name: "a parameter of another type", query: "page=two", said: /request: query page {2}type/ },
  { name: "a parameter beyond a bound", query: "page=9", said: /request: query page {2}maximum/ },
  { name: "a parameter that is missing", query: "", said: /request: query page {2}required/ },
  { name: "a parameter that nobody declares", query: "page=1&debug=1", said: /request: query debug {2}unknown/ },
  { name: "a path parameter", target: "/shop/orders/x", said: /request: path id {2}type/ },
  { name: "a field that is missing", headers: [], said: /answer 200: header x-total {2}required/ },
  { name: "a status", status: 201, said: /answer 201: status/ },
];

describe.each(["3.0.3", "3.1.0"])("OpenAPI %s: from report mode to an overlay to enforcing", (version) => {
  async function start(folder: string) {
    const { out, diagnostics, dispose } = await buildForTest(join(folder, "gateway.yaml"));
    expect(diagnostics.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code}: ${message}`)).toEqual(
      [],
    );
    const gateway = await startGateway(out, { PORT: "0", UPSTREAM: upstream.url });
    const send = async (one: Case): Promise<number> => {
      const { answer = good, status = 200, headers = [["X-Total", "1"]], body = good } = one;
      upstream.answer = { status, headers: [["Content-Type", "application/json"], ...headers], body: JSON.stringify(answer) };
      const text = JSON.stringify(body);
      const { query = "page=1", target = "/shop/orders/1" } = one;
      const fields = [
        ["Host", "shop"],
        ["Content-Type", "application/json"],
        ["Content-Length", String(Buffer.byteLength(text))],
      ] as const;
      const received = await sendRequest(gateway.port, {
        method: "POST",
        target: `${target}?${query}`,
        headers: fields,
        body: text,
      });
      return received.status;
    };
    return { gateway, send, stop: () => gateway.stop().then(dispose) };
  }

  test("each violation is told with what allows it, and with the overlay none is left", async () => {
    const folder = temporaryFolder({ "gateway.yaml": gatewayFile("report"), "openapi.yaml": document(version) });
    const reporting = await start(folder);
    const lines: string[] = ["not a line of the log"];
    for (const one of cases) {
      expect(await reporting.send(one), one.name).toBe(one.status ?? 200);
      lines.push(`2026-12-01T08:00:00Z stdout F ${await reporting.gateway.log.next()}`);
    }
    writeFileSync(join(folder, "access.log"), lines.join("\n"));
    await reporting.stop();

    const learned = await gatewright(["learn", "access.log", "--write", "overlay.yaml"], { cwd: folder });
    expect([learned.code, learned.stderr]).toEqual([0, ""]);
    for (const { name, said } of cases) expect(learned.stdout, name).toMatch(said);
    expect(learned.stdout).toContain(`${cases.length} requests, 1 line that are no requests: `);
    expect(learned.stdout).toContain("apis: { orders: { versions: { v1: { overlays: [overlay.yaml] } } } }");
    const overlay = readFileSync(join(folder, "overlay.yaml"), "utf8");
    expect(overlay).toMatch(/^overlay: 1\.0\.0$/m);
    expect(learned.stdout + overlay, "values of clients").not.toMatch(/ann@example|longer|today|gone|two/);

    writeFileSync(join(folder, "gateway.yaml"), gatewayFile("enforce", ", overlays: [overlay.yaml]"));
    const enforcing = await start(folder);
    onTestFinished(() => enforcing.stop());
    for (const one of cases) expect(await enforcing.send(one), `${one.name}\n${overlay}`).toBe(one.status ?? 200);
  });
});

describe("what cannot be learned from", () => {
  const files = {
    "gateway.yaml": gatewayFile("report"),
    "openapi.yaml": document("3.1.0"),
    "empty.log": "",
    "other.log": "hello\n{}\n[1]\n",
    "fine.log": `${JSON.stringify({ operation: "orders.v1.createOrder", status: 200 })}\n`,
    "limits.log": `${JSON.stringify({
      operation: "orders.v1.createOrder",
      status: 200,
      reports: [{ policy: "rateLimit", status: 429, type: "urn:gatewright:problem:too-many-requests" }],
    })}\n`,
    "gone.log": `${JSON.stringify({
      operation: "orders.v0.gone",
      method: "GET",
      status: 400,
      problem: "urn:gatewright:problem:invalid-request",
      violations: [{ in: "query", name: "a", pointer: "", keyword: "type" }],
    })}\n`,
  };
  test.each([
    ["absent.log", 2, /`absent.log` does not exist/],
    [".", 2, /`\.` is a folder/],
    ["empty.log", 2, /`empty.log` is empty\. Write `policies: \{ accessLog: \{\} \}`/],
    ["other.log", 2, /has no line of an access log/],
    ["fine.log", 0, /1 request: nothing was reported/],
    ["limits.log", 0, /too-many-requests \(429 by rateLimit\)\n +allow +another option of `rateLimit`/],
    ["gone.log", 0, /GET \(no operation of this gateway\) {2}orders\.v0\.gone\n +1× {2}request: query a {2}type, refused/],
  ])("%s", async (log, code, said) => {
    const ended = await gatewright(["learn", log, "--write", "none.yaml"], { cwd: temporaryFolder(files) });
    expect(ended.stdout + ended.stderr).toMatch(said);
    expect(ended.code).toBe(code);
  });

  test("JSON for programs", async () => {
    const { stdout } = await gatewright(["learn", "limits.log", "--format", "json"], { cwd: temporaryFolder(files) });
    expect(JSON.parse(stdout)).toMatchObject({
      requests: 1,
      otherLines: 0,
      lessons: [{ operation: "orders.v1.createOrder", policy: "rateLimit", count: 1, refused: 0, actions: [] }],
    });
  });
});
