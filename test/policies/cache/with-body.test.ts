import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { keptFor } from "../../harness/kept-connections.ts";
import { buildForTest, type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";

/** Requests that have come as a whole, and wait for the test. */
const held: { readonly body: string; readonly response: ServerResponse }[] = [];
const service = createServer({ keepAliveTimeout: keptFor }, async (incoming, response) => {
  let body = "";
  for await (const chunk of incoming) body += chunk;
  // The clock of the gateway stands still, and not here.
  response.sendDate = false;
  held.push({ body, response });
});
let gateway: RunningGateway;
let dispose: () => void;

beforeAll(async () => {
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  writeFileSync(
    join(folder, "gateway.yaml"),
    `gateway: sample
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
routes:
  find: { match: { path: "/**", methods: [POST] }, service: backend, policies: { public: sample, decompress: {}, cache: { ttl: 10s, safe: a search } } }
`,
  );
  const built = await buildForTest(join(folder, "gateway.yaml"));
  rmSync(folder, { recursive: true });
  dispose = built.dispose;
  const environment = sampleEnvironment([`http://127.0.0.1:${(service.address() as AddressInfo).port}`]);
  gateway = await startGateway(built.out, environment, { args: ["--workers", "1"] });
});

beforeEach(() => void held.splice(0));

afterAll(async () => {
  await gateway.stop();
  dispose();
  service.closeAllConnections();
  service.close();
});

interface Asking {
  readonly socket: Socket;
  readonly answer: Promise<string>;
}

/** Sends POST in chunks, so that nobody knows how long it is. */
function post(path: string, body: string): Asking {
  const socket = connect(gateway.port, "127.0.0.1");
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
  let text = "";
  socket.on("data", (bytes) => (text += bytes));
  socket.on("error", () => {});
  return { socket, answer: new Promise((resolve) => socket.on("close", () => resolve(text.split("\r\n\r\n")[1] ?? ""))) };
}

const arrived = (count: number) => expect.poll(() => held.length).toBe(count);

test("those who ask with the same body wait for one answer, and it is not that of another body", async () => {
  const same = Array.from({ length: 20 }, () => post("/one", "red"));
  const other = post("/one", "blue");
  await arrived(2);
  for (const { body, response } of held) response.end(`found ${body}`);
  expect(await Promise.all(same.map(({ answer }) => answer))).toEqual(same.map(() => "found red"));
  expect(await other.answer).toBe("found blue");
  expect(held.map(({ body }) => body).sort()).toEqual(["blue", "red"]);
});

test("so do those who ask for one that is stale", async () => {
  const first = post("/stale", "red");
  await arrived(1);
  held[0]!.response.end("old");
  expect(await first.answer).toBe("old");
  await gateway.advance(11_000);
  const same = Array.from({ length: 5 }, () => post("/stale", "red"));
  await arrived(2);
  held[1]!.response.end("new");
  expect(await Promise.all(same.map(({ answer }) => answer))).toEqual(same.map(() => "new"));
  expect(held.length).toBe(2);
});

test("who asked first may leave: the body is still there for the others", async () => {
  const first = post("/two", "x".repeat(60_000));
  await arrived(1);
  const others = [post("/two", "x".repeat(60_000)), post("/two", "x".repeat(60_000))];
  // What has come after them has reached the service: so they have been read.
  for (const [count, path] of [
    [2, "/after"],
    [3, "/after-that"],
  ] as const) {
    post(path, "y");
    await arrived(count);
  }
  first.socket.destroy();
  await expect.poll(() => first.socket.closed).toBe(true);
  for (const { response } of held) response.end("found");
  expect(await Promise.all(others.map(({ answer }) => answer))).toEqual(["found", "found"]);
  expect(held.map(({ body }) => body.length)).toEqual([60_000, 1, 1]);
});

test("an answer that is not for all is asked for by each, with its body", async () => {
  const asking = [post("/three", "a"), post("/three", "a"), post("/three", "a")];
  await arrived(1);
  held[0]!.response.setHeader("Cache-Control", "private").end("mine");
  await arrived(3);
  for (const { response } of held.slice(1)) response.setHeader("Cache-Control", "private").end("mine");
  expect(await Promise.all(asking.map(({ answer }) => answer))).toEqual(["mine", "mine", "mine"]);
  expect(held.map(({ body }) => body)).toEqual(["a", "a", "a"]);
});

test("a body that is longer than `maxRequest` is refused, and none of it is kept", async () => {
  const { answer } = post("/four", "x".repeat(65_537));
  expect(JSON.parse((await answer).replace(/^[0-9a-f]+\r\n/, "")).status).toBe(413);
  expect(held).toEqual([]);
});
