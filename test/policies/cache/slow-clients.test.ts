import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get, type IncomingHttpHeaders, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { metricsOf, sumOf } from "../../faults/gateway.ts";
import { buildForTest, type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";

const mebibyte = 1_048_576;
/** More than the system takes in one go: so a client can be slow. */
const length = 8 * mebibyte;

const service = createServer((incoming, response) => {
  if (incoming.method === "POST") return void incoming.resume().on("end", () => response.writeHead(204).end());
  // The clock of the gateway stands still, and not here.
  response.sendDate = false;
  response.writeHead(200, { "content-type": "application/octet-stream", "cache-control": "max-age=3600" });
  response.end(Buffer.alloc(length, incoming.url!.at(-1)));
});

let gateway: RunningGateway;
let dispose: () => void;

beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  const files = {
    // Three answers have room in the store.
    "gateway.yaml": `gateway: sample
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}", limits: { bodyMemory: 12MiB } }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" }
stores: { default: { memory: { max: 28MiB } } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
apis: { orders: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: backend } }
routes:
  kept: { match: { path: "/kept/*" }, service: backend, policies: { public: sample, metrics: {}, cache: { maxBody: 9MiB } } }
`,
    "policies.yaml": "all: { public: sample, metrics: {}, validate: { maxBody: 7MiB } }",
    "openapi.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
  /orders:
    post:
      operationId: order
      requestBody: { required: true, content: { application/json: { schema: { type: string } } } }
      responses: { "204": { description: taken } }
`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const built = await buildForTest(join(folder, "gateway.yaml"));
  rmSync(folder, { recursive: true });
  expect(built.diagnostics).toEqual([]);
  dispose = built.dispose;
  const environment = sampleEnvironment([`http://127.0.0.1:${(service.address() as AddressInfo).port}`]);
  gateway = await startGateway(built.out, environment, { args: ["--workers", "1"] });
}, 60_000);

afterAll(async () => {
  await gateway.stop();
  dispose();
  service.closeAllConnections();
  service.close();
});

/** Reads the whole answer; says what the cache said of it. */
const read = (path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ port: gateway.port, host: "127.0.0.1", path, agent: false }, (response) => {
      let bytes = 0;
      response.on("data", (part: Buffer) => (bytes += part.length));
      response.on("end", () => {
        expect([response.statusCode, bytes]).toEqual([200, length]);
        resolve(String(response.headers["cache-status"]));
      });
    }).on("error", reject);
  });

/** Asks, and reads nothing but the begin. */
async function slow(path: string): Promise<Socket> {
  const socket = connect(gateway.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\n\r\n`);
  await new Promise<void>((resolve, reject) => {
    socket.once("data", () => resolve(void socket.pause()));
    socket.once("error", reject);
  });
  return socket;
}

const order = (bytes: number): Promise<{ status: number; headers: IncomingHttpHeaders }> =>
  new Promise((resolve, reject) => {
    const options = { port: gateway.port, host: "127.0.0.1", path: "/orders", method: "POST", agent: false };
    const asking = request({ ...options, headers: { "content-type": "application/json" } }, (response) => {
      response.resume();
      resolve({ status: response.statusCode!, headers: response.headers });
    });
    asking.on("error", reject);
    asking.end(JSON.stringify("x".repeat(bytes - 2)));
  });

const held = async (): Promise<number> => sumOf(await metricsOf(gateway.adminPort!), "gatewright_body_memory_bytes");

test("what slow clients take of an answer counts among the bodies once it has left the cache, once for all of them", async () => {
  for (const path of ["/kept/a", "/kept/b", "/kept/c"]) expect(await read(path)).toMatch(/; stored/);
  const clients = await Promise.all(["a", "b", "c"].flatMap((name) => Array.from({ length: 10 }, () => slow(`/kept/${name}`))));
  expect(await held(), "the cache counts them").toBe(0);
  expect((await order(6 * mebibyte)).status).toBe(204);

  // There is room for three, and what is new has to be asked for twice. One of them goes, and its ten clients keep it in memory.
  await read("/kept/d");
  await read("/kept/d");
  expect(await read("/kept/d")).toMatch(/; hit/);
  expect(await held()).toBe(length);

  // What needs more memory than is left is refused, or passes and is not kept; what needs little goes on.
  const refused = await order(6 * mebibyte);
  expect([refused.status, refused.headers["retry-after"] !== undefined]).toEqual([503, true]);
  expect((await order(1_000)).status).toBe(204);
  expect(await read("/kept/e")).not.toMatch(/; hit/);
  expect(await read("/kept/e"), "it was not kept").not.toMatch(/; hit/);
  expect(await held()).toBe(length);

  for (const client of clients) client.destroy();
  await vi.waitFor(async () => expect(await held()).toBe(0), { interval: 20 });
  expect((await order(6 * mebibyte)).status).toBe(204);
  await read("/kept/e");
  await read("/kept/e");
  expect(await read("/kept/e")).toMatch(/; hit/);
}, 30_000);
