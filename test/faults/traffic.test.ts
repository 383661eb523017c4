import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { sendRequest } from "../harness/http-client.ts";
import { startUpstream } from "../harness/recording-upstream.ts";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";
import { built, gatewayFile, running, startWorkers, workersOf as workers } from "./gateway.ts";

/** How an attempt to connect ends; nothing is sent, as the service would hold that request back too. */
const connecting = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => {
      socket.destroy();
      resolve("connected");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
  });

const plainGet = { method: "GET", target: "/things", headers: [], body: "" };

/** Where a test waits for something to happen elsewhere. */
function signal<T = void>(): { readonly happened: Promise<T>; readonly happen: (value: T) => void } {
  let happen: (value: T) => void = () => {};
  const happened = new Promise<T>((resolve) => (happen = resolve));
  return { happened, happen };
}

/** A service that holds its answer back until the test lets it go. */
async function holdingUpstream(): Promise<{ url: string; arrived: Promise<void>; gone: Promise<void>; release(): void }> {
  const arrived = signal();
  const gone = signal();
  const released = signal();
  const server = createServer((request, response) => {
    arrived.happen();
    request.socket.once("close", () => gone.happen());
    void released.happened.then(() => response.end("released"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived: arrived.happened,
    gone: gone.happened,
    release: released.happen,
  };
}

test.each([
  ["a bare line feed", "GET / HTTP/1.1\nHost: a\n\n"],
  ["a NUL in a field", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"],
  ["a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n"],
  ["a field name that is no token", "GET / HTTP/1.1\r\nHost: a\r\nX(Y): 1\r\n\r\n"],
  ["a folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"],
  ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  ["length and chunks", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["no Host", "GET / HTTP/1.1\r\n\r\n"],
])("a request with %s is a 400, and the service hears nothing of it", async (_name, bytes) => {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const gateway = await running(await built({ "gateway.yaml": gatewayFile() }), upstream.url);
  expect((await exchange(gateway.port, bytes)).status).toBe(400);
  expect(upstream.take()).toEqual([]);
  // Positive control: the gateway goes on.
  expect((await sendRequest(gateway.port, plainGet)).status).toBe(200);
  expect(upstream.take().length).toBe(1);
});

test("bytes outside ASCII in a field arrive as they were sent", async () => {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const gateway = await running(await built({ "gateway.yaml": gatewayFile() }), upstream.url);
  const client = new RawClient(gateway.port).write(
    Buffer.from("GET / HTTP/1.1\r\nHost: a\r\nX-Name: Gr\xfc\xdfe\xff\r\n\r\n", "latin1"),
  );
  expect((await client.answer()).status).toBe(200);
  client.close();
  // node:http reads fields as Latin-1.
  expect(upstream.take()[0]!.headers).toContainEqual(["X-Name", "Gr\xfc\xdfe\xff"]);
});

test("a head of more than 32 KiB is a 431", async () => {
  const gateway = await running(await built({ "gateway.yaml": gatewayFile() }), "http://127.0.0.1:1");
  expect((await exchange(gateway.port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(40_000)}\r\n\r\n`)).status).toBe(431);
});

test("a client that goes away ends the request to the service", async () => {
  const upstream = await holdingUpstream();
  const gateway = await running(
    await built({ "gateway.yaml": gatewayFile("policies: { accessLog: { fields: [outcome] } }\n") }),
    upstream.url,
  );
  const client = new RawClient(gateway.port).write(get("/things"));
  await upstream.arrived;
  client.close();
  await upstream.gone;
  expect(await gateway.log.next()).toBe('{"outcome":"clientGone"}');
});

test("SIGTERM finishes what is in flight, says that the connection ends, takes nothing new, and exits with 0", async () => {
  const upstream = await holdingUpstream();
  const gateway = await running(await built({ "gateway.yaml": gatewayFile() }), upstream.url);
  const client = new RawClient(gateway.port).write(get("/things"));
  await upstream.arrived;
  const ended = new Promise<number | null>((resolve) => gateway.process.once("exit", resolve));
  gateway.process.kill("SIGTERM");
  // It drains as soon as nobody can connect any more.
  await expect.poll(() => connecting(gateway.port), { timeout: 20_000 }).toBe("ECONNREFUSED");
  upstream.release();
  const answer = await client.answer();
  expect([answer.status, answer.body, answer.field("connection")]).toEqual([200, "released", "close"]);
  client.close();
  expect(await ended).toBe(0);
});

test("a worker that is killed is replaced, and requests are answered all the while", async () => {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const out = await built({ "gateway.yaml": gatewayFile("policies: { metrics: {} }\n") });
  const gateway = await startWorkers(out, upstream.url);
  const before = await workers(gateway.admin);
  expect(before.length).toBe(2);
  process.kill(before[0]!, "SIGKILL");
  await expect
    .poll(async () => (await workers(gateway.admin)).filter((pid) => !before.includes(pid)).length, { timeout: 20_000 })
    .toBe(1);
  for (let round = 0; round < 4; round++) expect((await sendRequest(gateway.port, plainGet)).status).toBe(200);
  expect((await gateway.program.stop("SIGTERM")).code).toBe(0);
});
