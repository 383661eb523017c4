import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type CloseEvent, type ErrorEvent, type MessageEvent, WebSocket } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { built, running } from "../faults/gateway.ts";
import { component } from "../harness/component.ts";
import type { RunningGateway } from "../harness/running-gateway.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { closePayload, opcodes } from "../harness/websocket-frames.ts";
import { startWebSocketService, type WebSocketService, type WebSocketServiceOptions } from "../harness/websocket-service.ts";
import { bytesService, tunnelGateway } from "./support.ts";

const run = promisify(execFile);

async function webSockets(
  options?: WebSocketServiceOptions,
): Promise<{ readonly gateway: RunningGateway; readonly service: WebSocketService; readonly url: string }> {
  const service = await startWebSocketService(options);
  onTestFinished(() => service.close());
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ maxDuration: 1h }") }), service.url);
  return { gateway, service, url: `ws://127.0.0.1:${gateway.port}/feed` };
}

function opened(url: string, protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols);
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(socket));
    socket.addEventListener("error", (event: ErrorEvent) => reject(new Error(event.message)));
  });
}

const message = (socket: WebSocket): Promise<unknown> =>
  new Promise((resolve) => socket.addEventListener("message", (event: MessageEvent) => resolve(event.data), { once: true }));
const closed = (socket: WebSocket): Promise<CloseEvent> =>
  new Promise((resolve) => socket.addEventListener("close", resolve, { once: true }));

test("undici's WebSocket: text, large messages both ways, and the close of the client", async () => {
  const { gateway, service, url } = await webSockets();
  const socket = await opened(url);
  expect(service.handshakes[0]!.headers).toMatchObject({
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
  });
  socket.send("hello");
  expect(await message(socket)).toBe("hello");
  const large = new Uint8Array(5_000_000).map((_, index) => index * 7 + (index >> 8));
  socket.send(large);
  expect(Buffer.from((await message(socket)) as ArrayBuffer).equals(Buffer.from(large))).toBe(true);
  socket.close(4001, "enough");
  const { code, reason, wasClean } = await closed(socket);
  expect({ code, reason, wasClean }).toEqual({ code: 4001, reason: "enough", wasClean: true });
  const line = JSON.parse(await gateway.log.next()) as { readonly bytesIn: number; readonly bytesOut: number };
  expect(line).toMatchObject({ status: 101, upgrade: "websocket", outcome: "complete" });
  expect(line.bytesIn).toBeGreaterThan(5_000_000);
  expect(line.bytesOut).toBeGreaterThan(5_000_000);
});

test("the close of the service reaches the client with code and reason", async () => {
  const { service, url } = await webSockets();
  const socket = await opened(url);
  const end = closed(socket);
  service.peers[0]!.close(1012, "restarts");
  const { code, reason, wasClean } = await end;
  expect({ code, reason, wasClean }).toEqual({ code: 1012, reason: "restarts", wasClean: true });
});

test("many messages for one arrive in order", async () => {
  const { url } = await webSockets({
    message(peer, { opcode, payload }) {
      if (opcode === opcodes.close) peer.close(1000);
      else for (let count = 0; count < 1_000; count++) peer.send(opcodes.text, Buffer.from(`${payload.toString()} ${count}`));
    },
  });
  const socket = await opened(url);
  const heard: unknown[] = [];
  const all = new Promise<void>((resolve) =>
    socket.addEventListener("message", ({ data }: MessageEvent) => {
      if (heard.push(data) === 1_000) resolve();
    }),
  );
  socket.send("event");
  await all;
  expect([heard[0], heard[999]]).toEqual(["event 0", "event 999"]);
  socket.close();
});

test("a service that vanishes is an end without a close", async () => {
  const { service, url } = await webSockets();
  const socket = await opened(url);
  const end = closed(socket);
  service.peers[0]!.socket.destroy();
  const { code, wasClean } = await end;
  expect({ code, wasClean }).toEqual({ code: 1006, wasClean: false });
});

test("a ping of the service is answered by the client, past the gateway", async () => {
  let pong: (payload: string) => void = () => {};
  const answered = new Promise<string>((resolve) => (pong = resolve));
  const { service, url } = await webSockets({
    message(peer, { opcode, payload }) {
      if (opcode === opcodes.pong) pong(payload.toString());
      else if (opcode === opcodes.close) peer.socket.end();
    },
  });
  const socket = await opened(url);
  service.peers[0]!.send(opcodes.ping, Buffer.from("are you there"));
  expect(await answered).toBe("are you there");
  service.peers[0]!.send(opcodes.close, closePayload(1000, ""));
  await closed(socket);
});

test("curl goes on with a protocol that it does not know", async () => {
  const curl = await component("curl");
  const upstream = await bytesService();
  const gateway = await running(await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") }), upstream.url);
  const fields = ["-H", "Connection: Upgrade", "-H", "Upgrade: bytes"];
  const answer = run(curl, ["-sSiN", "--http1.1", "--max-time", "30", ...fields, `http://127.0.0.1:${gateway.port}/feed`]);
  const service = await upstream.next();
  service.socket.end("what the other protocol says");
  const { stdout } = await answer;
  expect(stdout).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\nUpgrade: bytes\r\nDate: [^\r]+\r\nConnection: Upgrade\r\n\r\n/);
  expect(stdout).toContain("what the other protocol says");
});

test("a service behind TLS has its tunnels as well", async () => {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const self = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await run(await component("openssl"), [...self, ...subject, "-keyout", key, "-out", cert]);
  const service = await startWebSocketService({ tls: { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") } });
  onTestFinished(() => service.close());
  const out = await built({ "gateway.yaml": tunnelGateway("{}") });
  const gateway = await running(out, service.url, { NODE_EXTRA_CA_CERTS: cert });
  const socket = await opened(`ws://127.0.0.1:${gateway.port}/feed`);
  const large = Buffer.alloc(2_000_000, "encrypted");
  socket.send(large);
  expect(Buffer.from((await message(socket)) as ArrayBuffer).equals(large)).toBe(true);
  socket.close(1000);
  expect((await closed(socket)).wasClean).toBe(true);
  expect(JSON.parse(await gateway.log.next())).toMatchObject({ outcome: "complete" });
});
