import { spawn } from "node:child_process";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { socketsOf } from "../harness/process-state.ts";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";
import { ok, type RawUpstream, rawUpstream } from "../runtime/support/raw-upstream.ts";
import { built, gatewayFile, metricsOf, running, sumOf } from "./gateway.ts";

const begun = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart";
const chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n";

/** What a service does when it has the head of a request, by the path. */
const services: Readonly<Record<string, (socket: Socket) => void>> = {
  "/fine": (socket) => socket.write(ok("fine")),
  "/killed-after-request": (socket) => socket.resetAndDestroy(),
  "/killed-in-head": (socket) => socket.write("HTTP/1.1 200 OK\r\nX", () => socket.resetAndDestroy()),
  "/killed-in-body": (socket) => socket.write(begun, () => socket.resetAndDestroy()),
  "/killed-in-chunks": (socket) => socket.write(chunks, () => socket.resetAndDestroy()),
  "/half-closed-after-request": (socket) => socket.end(),
  "/half-closed-in-head": (socket) => socket.end("HTTP/1.1 200 OK\r\nX"),
  "/half-closed-in-body": (socket) => socket.end(begun),
  "/half-closed-in-chunks": (socket) => socket.end(chunks),
  "/stalled-after-request": () => {},
  "/stalled-in-head": (socket) => socket.write("HTTP/1.1 200 OK\r\nX"),
  "/stalled-in-body": (socket) => socket.write(begun),
  "/endless": (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const piece = `10000\r\n${"x".repeat(65_536)}\r\n`;
    const go = (): void => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on("drain", go);
    go();
  },
};

const upload = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf`;

interface Case {
  readonly sends: string;
  /** What the client does once its request has left, has come to the service, or is being answered. */
  readonly then?: { readonly at: "service" | "sent" | "answer"; act(client: RawClient): void };
  /** Status of the answer; 0: none. Undefined: the client looks at nothing any more. */
  readonly status?: number;
  readonly isWhole?: boolean;
}

const leave = (client: RawClient): void => client.close();
const reset = (client: RawClient): void => void client.socket.resetAndDestroy();
const halfClose = (client: RawClient): void => void client.socket.end();
const stopReading = (client: RawClient): void => void client.socket.pause();

const cases: Readonly<Record<string, Case>> = {
  "all is well": { sends: get("/fine"), status: 200, isWhole: true },
  "service killed after the request": { sends: get("/killed-after-request"), status: 502, isWhole: true },
  "service killed in its head": { sends: get("/killed-in-head"), status: 502, isWhole: true },
  "service killed in its body": { sends: get("/killed-in-body"), status: 200, isWhole: false },
  "service killed in its chunks": { sends: get("/killed-in-chunks"), status: 200, isWhole: false },
  "service half-closed after the request": { sends: get("/half-closed-after-request"), status: 502, isWhole: true },
  "service half-closed in its head": { sends: get("/half-closed-in-head"), status: 502, isWhole: true },
  "service half-closed in its body": { sends: get("/half-closed-in-body"), status: 200, isWhole: false },
  "service half-closed in its chunks": { sends: get("/half-closed-in-chunks"), status: 200, isWhole: false },
  "service killed during an upload": { sends: upload("/killed-after-request"), status: 502, isWhole: true },
  "service stalled after the request": { sends: get("/stalled-after-request"), status: 504, isWhole: true },
  "service stalled in its head": { sends: get("/stalled-in-head"), status: 504, isWhole: true },
  "service stalled in its body": { sends: get("/stalled-in-body"), status: 200, isWhole: false },
  "client killed in its head": { sends: "GET / HTTP/1.1\r\nX", then: { at: "sent", act: leave } },
  "client killed in an upload": { sends: upload("/stalled-after-request"), then: { at: "service", act: leave } },
  "client reset in an upload": { sends: upload("/stalled-after-request"), then: { at: "service", act: reset } },
  "client killed while it waits": { sends: get("/stalled-after-request"), then: { at: "service", act: leave } },
  "client killed in a download": { sends: get("/endless"), then: { at: "answer", act: leave } },
  "client reset in a download": { sends: get("/endless"), then: { at: "answer", act: reset } },
  "client half-closed in its head": {
    sends: "GET / HTTP/1.1\r\nX",
    then: { at: "sent", act: halfClose },
    status: 400,
    isWhole: true,
  },
  "client half-closed in an upload": {
    sends: upload("/stalled-after-request"),
    then: { at: "service", act: halfClose },
    status: 0,
  },
  "client half-closed while it waits": {
    sends: get("/stalled-after-request"),
    then: { at: "service", act: halfClose },
    status: 0,
  },
  "client half-closed in a download": {
    sends: get("/endless"),
    then: { at: "answer", act: halfClose },
    status: 200,
    isWhole: false,
  },
  "client stalled in its head": { sends: "GET / HTTP/1.1\r\nX", status: 408, isWhole: true },
  "client stalled in an upload": { sends: upload("/stalled-after-request"), status: 408, isWhole: true },
  "client stalled in a download": { sends: get("/endless"), then: { at: "answer", act: stopReading } },
  "client that says nothing": { sends: "", status: 0 },
};

async function service(arrived: (path: string) => void): Promise<RawUpstream> {
  const upstream = await rawUpstream((socket) => {
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      const [, path = "", id = ""] = /^\S+ ([^?]*)\?(\d+)/.exec(text) ?? [];
      // The rest of an upload is of no interest.
      if (/^(GET|POST)/.test(text)) arrived(id);
      text = "";
      services[path]?.(socket);
    });
  });
  onTestFinished(() => upstream.close());
  return upstream;
}

test("whatever breaks, half-closes or stalls in whatever phase: each client has an answer or an end, and nothing is left", async () => {
  const atService = new Set<string>();
  const upstream = await service((id) => atService.add(id));
  const gateway = await running(await built({ "gateway.yaml": gatewayFile("policies: { metrics: {} }\n") }), upstream.url);
  const pid = gateway.process.pid!;
  await metricsOf(gateway.adminPort!);
  const metric = async (name: string): Promise<number> => sumOf(await metricsOf(gateway.adminPort!), `gatewright_${name}`);
  await expect.poll(() => metric("connections")).toBe(0);
  const atRest = socketsOf(pid);
  const storm = Array.from({ length: 10 }, () => Object.entries(cases))
    .flat()
    .map(([name, one], index) => {
      const client = new RawClient(gateway.port).write(one.sends.replace(/ (\/\S+) /, ` $1?${index} `));
      return { name, one, client, id: String(index) };
    });
  onTestFinished(() => {
    for (const { client } of storm) client.close();
  });
  // First all that happens by itself.
  await Promise.all(
    storm.map(async ({ one: { then }, client, id }) => {
      if (then === undefined) return;
      if (then.at === "sent") await new Promise<void>((resolve) => client.socket.write("", () => resolve()));
      else if (then.at === "answer") await client.until((text) => text.includes("\r\n\r\n"));
      else await expect.poll(() => atService.has(id), { timeout: 20_000 }).toBe(true);
      then.act(client);
    }),
  );
  // Then what only deadlines end.
  for (let step = 0; step < 30; step++) {
    await gateway.advance(15_000);
    await metricsOf(gateway.adminPort!);
  }
  await expect.poll(() => metric("open_requests"), { timeout: 20_000 }).toBe(0);
  const outcomes = await Promise.all(
    storm.map(async ({ name, one, client }) => {
      if (one.status === undefined) return [];
      const text = await client.rest().catch(() => client.text);
      const status = text === "" ? 0 : Number(text.slice(9, 12));
      const [head = "", body = ""] = text.split("\r\n\r\n");
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      const isWhole = length === undefined ? text.endsWith("0\r\n\r\n") : body.length === Number(length);
      const isRight = status === one.status && (status === 0 || isWhole === one.isWhole);
      return isRight ? [] : [`${name}: ${status}${isWhole ? "" : ", broken"}`];
    }),
  );
  expect(outcomes.flat()).toEqual([]);
  for (const { client } of storm) client.close();
  await expect.poll(() => metric("connections"), { timeout: 20_000 }).toBe(0);
  // Kept connections to the service are given up after a while.
  await gateway.advance(15_000);
  await expect.poll(() => metric("upstream_connections"), { timeout: 20_000 }).toBe(0);
  await expect.poll(() => socketsOf(pid), { timeout: 20_000 }).toBeLessThanOrEqual(atRest);
  expect((await exchange(gateway.port, get("/fine?0"))).status).toBe(200);
});

test("a service that does not even accept is a 504 after the time to connect", async () => {
  const listening =
    'const s = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port))';
  const child = spawn(process.execPath, ["-e", listening], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const port = Number(await new Promise((resolve) => child.stdout.once("data", (bytes) => resolve(String(bytes)))));
  child.kill("SIGSTOP");
  // The system accepts for it until the queue is full.
  const queue = Array.from({ length: 6 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  onTestFinished(() => {
    for (const socket of queue) socket.destroy();
  });
  await Promise.all(queue.slice(0, 2).map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  const file = gatewayFile("policies: { metrics: {} }\n").replace("response: 60s", "connect: 200ms, response: 60s");
  const gateway = await running(await built({ "gateway.yaml": file }), `http://127.0.0.1:${port}`);
  expect((await exchange(gateway.port, get("/things"))).status).toBe(504);
  await expect.poll(async () => sumOf(await metricsOf(gateway.adminPort!), "gatewright_upstream_connections")).toBe(0);
});
