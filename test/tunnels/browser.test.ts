import { spawn } from "node:child_process";
import type { ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { built, running } from "../faults/gateway.ts";
import { component } from "../harness/component.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { opcodes } from "../harness/websocket-frames.ts";
import { startWebSocketService, type WebSocketService } from "../harness/websocket-service.ts";

/** What the page does; it tells the service what came of it. */
const script = `
const report = (result) => fetch("/report", { method: "POST", body: JSON.stringify(result) });
const next = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));

async function webSocket(path, messages) {
  const socket = new WebSocket("ws://" + (messages.host ?? location.host) + path);
  socket.binaryType = "arraybuffer";
  const failed = next(socket, "close").then((event) => ({ code: event.code, wasClean: event.wasClean }));
  if ((await Promise.race([next(socket, "open"), failed])).code !== undefined) return failed;
  const sum = (bytes) => bytes.reduce((total, byte) => (total * 31 + byte) >>> 0, 7);
  socket.send("hello");
  const text = (await next(socket, "message")).data;
  const large = new Uint8Array(3000000).map((_, index) => index * 7 + (index >> 8));
  socket.send(large);
  const echoed = new Uint8Array((await next(socket, "message")).data);
  socket.close(4002, "seen enough");
  const { code, reason, wasClean } = await next(socket, "close");
  return { text, same: echoed.length === large.length && sum(echoed) === sum(large), code, reason, wasClean };
}

async function closedByService() {
  const socket = new WebSocket("ws://" + location.host + "/feed?close");
  await next(socket, "open");
  socket.send("close me");
  const { code, reason, wasClean } = await next(socket, "close");
  return { code, reason, wasClean };
}

function events() {
  return new Promise((resolve) => {
    const source = new EventSource("/events");
    const seen = [];
    source.addEventListener("message", ({ data, lastEventId }) => {
      seen.push(lastEventId + " " + data);
      if (seen.length < 4) void fetch("/arrived", { method: "POST" });
      else {
        source.close();
        resolve(seen);
      }
    });
  });
}

(async () => {
  try {
    await report({
      echo: await webSocket("/feed", {}),
      closed: await closedByService(),
      otherOrigin: await webSocket("/feed", { host: location.host.replace("127.0.0.1", "localhost") }),
      listedOrigin: await webSocket("/open", { host: location.host.replace("127.0.0.1", "localhost") }),
      ordinary: await webSocket("/page", {}),
      events: await events(),
    });
  } catch (error) {
    await report({ error: String(error) });
  }
})();
`;

const gatewayFile = `gateway: browser
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
routes:
  all: { match: { path: "/**" }, service: backend, policies: { public: tests } }
  feed: { match: { path: /feed, methods: [GET] }, service: backend, policies: { public: tests, upgrade: {} } }
  open: { match: { path: /open, methods: [GET] }, service: backend, policies: { public: tests, upgrade: { origins: ["*"] } } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
`;

/** A page, an event stream that breaks off after two events and goes on where the browser says, and an echo. */
async function pageService(): Promise<{
  service: WebSocketService;
  report: Promise<Record<string, unknown>>;
  lastEventIds: unknown[];
}> {
  let settle: (result: Record<string, unknown>) => void = () => {};
  const report = new Promise<Record<string, unknown>>((resolve) => (settle = resolve));
  const lastEventIds: unknown[] = [];
  let stream: ServerResponse | undefined;
  let id = 0;
  const sendEvent = (): void => void stream?.write(`retry: 10\nid: ${++id}\ndata: event ${id}\n\n`);
  const service = await startWebSocketService({
    message(peer, { opcode, payload }) {
      if (opcode === opcodes.close) peer.close(payload.readUInt16BE(0), payload.toString("utf8", 2));
      else if (payload.toString() === "close me") peer.close(4003, "as you wish");
      else peer.send(opcode, payload);
    },
    request(request, response) {
      if (request.url === "/page") response.writeHead(200, { "Content-Type": "text/html" }).end(`<script>${script}</script>`);
      else if (request.url === "/events") {
        lastEventIds.push(request.headers["last-event-id"]);
        stream = response.writeHead(200, { "Content-Type": "text/event-stream" });
        sendEvent();
      } else if (request.url === "/arrived") {
        // Each event is answered for before the next is sent; after the second the stream ends, and the browser comes again.
        if (id === 2) stream?.end();
        else sendEvent();
        response.end();
      } else if (request.url === "/report") {
        let text = "";
        request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        request.on("end", () => {
          response.end();
          settle(JSON.parse(text) as Record<string, unknown>);
        });
      } else response.writeHead(404).end();
    },
  });
  return { service, report, lastEventIds };
}

test("Chromium: WebSockets with large messages and close codes, foreign origins, and event streams", {
  timeout: 120_000,
}, async () => {
  const { service, report, lastEventIds } = await pageService();
  onTestFinished(() => service.close());
  const gateway = await running(await built({ "gateway.yaml": gatewayFile }), service.url);
  const flags = [
    ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    ...["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server"],
    `--user-data-dir=${temporaryFolder()}`,
    // Keeps it open until it is killed.
    "--remote-debugging-port=0",
  ];
  const browser = spawn(await component("chromium"), [...flags, `http://127.0.0.1:${gateway.port}/page`], {
    stdio: "ignore",
    // A group of its own: its children end with it, and nobody writes into the profile any more.
    detached: true,
  });
  const isOver = new Promise<void>((resolve) => browser.once("exit", () => resolve()));
  onTestFinished(async () => {
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, "SIGKILL");
    await isOver;
  });
  const echo = { text: "hello", same: true, code: 4002, reason: "seen enough", wasClean: true };
  expect(await report).toEqual({
    echo,
    closed: { code: 4003, reason: "as you wish", wasClean: true },
    // A page of 127.0.0.1 is none of localhost: 403, of which a page learns nothing more.
    otherOrigin: { code: 1006, wasClean: false },
    listedOrigin: echo,
    ordinary: { code: 1006, wasClean: false },
    events: ["1 event 1", "2 event 2", "3 event 3", "4 event 4"],
  });
  expect(lastEventIds).toEqual([undefined, "2"]);
  expect(service.handshakes.map(({ url }) => url)).toEqual(["/feed", "/feed?close", "/open"]);
});
