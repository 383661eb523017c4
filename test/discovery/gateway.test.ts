import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Received, sendRequest } from "../harness/http-client.ts";
import { compiler, Program } from "../harness/program.ts";
import { buildForTest } from "../harness/running-gateway.ts";

const waiting = { timeout: 20_000, interval: 50 };

const servers: Server[] = [];
async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A service that says who it is. */
const origin = (name: string): Promise<string> => listening((_, response) => void response.end(name));

/** What the registry answers, and what it was asked. */
const registry = { status: 200, body: "[]", etag: '"1"', asked: [] as string[] };

let address = "";
let gateway: { readonly program: Program; readonly port: number; readonly adminPort: number };
let dispose = (): void => {};
const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
const list = join(folder, "lists/orders.yaml");

/** As a deployment does: written beside, then put in its place. */
function write(text: string): void {
  writeFileSync(`${list}.new`, text);
  renameSync(`${list}.new`, list);
}

beforeAll(async () => {
  mkdirSync(join(folder, "lists"));
  address = await listening((request, response) => {
    registry.asked.push(request.headers["if-none-match"] ?? "");
    if (registry.status === 200 && request.headers["if-none-match"] === registry.etag) return void response.writeHead(304).end();
    response.writeHead(registry.status, { "Content-Type": "application/json", ETag: registry.etag }).end(registry.body);
  });
  const entry = join(folder, "gateway.yaml");
  writeFileSync(
    entry,
    `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
routes:
  orders: { match: { path: "/orders/**" }, service: orders, policies: { public: sample, metrics: {} } }
  listed: { match: { path: "/listed/**" }, service: listed, policies: { public: sample } }
services:
  orders: { discover: { file: { path: lists/orders.yaml }, confirm: 2s }, required: true, loadBalancer: { algorithm: roundRobin } }
  listed: { discover: { http: { url: "http://${address}/listed?key=1", interval: 500ms }, path: /base, confirm: 0s } }
`,
  );
  const built = await buildForTest(entry);
  expect(built.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  ({ dispose } = built);
  const program = new Program(join(built.out, "gateway.mjs"), ["--workers", "2"], { cwd: folder });
  const listens = /listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+), 2 workers/;
  const [, port, admin] = await program.until(listens, "stderr");
  gateway = { program, port: Number(port), adminPort: Number(admin) };
});

afterAll(async () => {
  await gateway?.program.stop("SIGKILL");
  dispose();
  rmSync(folder, { recursive: true });
  for (const server of servers) server.close().closeAllConnections();
});

/** On a connection of its own, so that each worker is asked now and then. */
const ask = (target = "/orders/1"): Promise<Received> =>
  sendRequest(gateway.port, { method: "GET", target, headers: [["Host", "shop"], ["Connection", "close"]], body: "" }); // biome-ignore format: one line
const admin = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${gateway.adminPort}${path}`);

/** Answers of the services that requests get, one each. */
async function answers(path?: string): Promise<string[]> {
  const found = new Set<string>();
  for (let count = 0; count < 20; count++) {
    const answer = await ask(path);
    found.add(answer.status === 200 ? answer.body : String(answer.status));
  }
  return [...found].sort();
}

it("`explain` names the registry, and what holds of every endpoint whatever it lists", async () => {
  const { stdout } = await new Program(compiler, ["explain", "GET /listed/1"], { cwd: folder }).ended;
  expect(stdout).toContain("http://{http:");
  expect(stdout).toContain("/base/listed/1");
  expect(stdout).toMatch(
    /discover +http:.*all of them over http.*every set is believed at once.*used for 24h where it cannot be read/,
  );
});

describe("endpoints in a file", () => {
  it("before there are any, requests get 503 at once and the gateway is not ready", async () => {
    const answer = await ask();
    expect(answer.status).toBe(503);
    expect(answer.headers).toContainEqual(["Retry-After", "1"]);
    const ready = await admin("/readyz?verbose");
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain("none of its endpoints is known yet");
  });

  it("those that are written are used by every worker within a second or so, and new ones after them", async () => {
    const [a, b] = [await origin("a"), await origin("b")];
    write(`- ${a}\n`);
    await vi.waitFor(async () => expect(await answers()).toEqual(["a"]), waiting);
    await vi.waitFor(async () => expect((await admin("/readyz")).status).toBe(200), waiting);
    // The form of Prometheus' file_sd.
    write(`- targets: [${a}, ${b}]\n  labels: { weight: "3", zone: eu-1 }\n`);
    await vi.waitFor(async () => expect(await answers()).toEqual(["a", "b"]), waiting);
    write(`- { address: ${b}, id: b }\n- http://${a}\n`);
    await vi.waitFor(async () => expect(await answers()).toEqual(["a", "b"]), waiting);
  });

  it("a file that is half written changes nothing", async () => {
    writeFileSync(list, "- { address: 127.0.");
    await vi.waitFor(async () => expect(await (await admin("/status")).text()).toContain('"failure"'), waiting);
    expect(await answers()).toEqual(["a", "b"]);
  });

  it("traffic row 21: an empty list is confirmed by a second look before it is believed", async () => {
    write("[]\n");
    await vi.waitFor(async () => expect(await (await admin("/status")).text()).toContain("0 endpoints instead of 2"), waiting);
    await vi.waitFor(async () => expect(await answers()).toEqual(["503"]), waiting);
    expect(await (await admin("/metrics")).text()).toMatch(/^gatewright_discovery_endpoints\{service="orders"\} 0$/m);
  });
});

describe("endpoints of a server, as Prometheus' http_sd", () => {
  it("are asked for with the validator of what is known, and get their path from the configuration", async () => {
    const echo = await listening((request, response: ServerResponse) => void response.end(request.url));
    Object.assign(registry, { body: JSON.stringify([{ targets: [echo], labels: {} }]), etag: '"2"' });
    await vi.waitFor(async () => expect(await answers("/listed/1")).toEqual(["/base/listed/1"]), waiting);
    registry.asked.length = 0;
    await vi.waitFor(() => expect(registry.asked).toContain('"2"'), waiting);
  });

  it.each([
    ["an error", { status: 500, body: "[]" }],
    ["what is no list", { status: 200, body: "{}", etag: '"3"' }],
    ["entries of which none is of use", { status: 200, body: '["https://10.0.0.7:443","10.0.0.8"]', etag: '"4"' }],
  ])("where it answers with %s, those that are known stay, and it is said", async (_, answer) => {
    const before = { ...registry };
    Object.assign(registry, answer);
    await vi.waitFor(async () => expect(await (await admin("/status")).text()).toContain('"failure"'), waiting);
    expect(await answers("/listed/1")).toEqual(["/base/listed/1"]);
    Object.assign(registry, { ...before, asked: registry.asked });
    await vi.waitFor(async () => expect(await (await admin("/status")).text()).not.toContain('"failure"'), waiting);
  });
});
