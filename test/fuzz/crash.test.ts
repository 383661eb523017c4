import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { built, running } from "../faults/gateway.ts";
import type { RunningGateway } from "../harness/running-gateway.ts";
import { block, FrameClient, frame } from "../listeners/support/frames.ts";
import { exchange } from "../runtime/support/raw-client.ts";
import { http1Requests } from "./http1-messages.ts";
import { http2Requests } from "./http2-frames.ts";
import { cut, Random } from "./random.ts";
import { http1Service, http2Service, type Mood } from "./services.ts";

/** `FUZZ_RUNS` searches longer, and `SEED` elsewhere. */
const runs = Number(process.env.FUZZ_RUNS ?? 1_500);
const seed = Number(process.env.SEED ?? 20_261_201);

/** Exchanges and connections at the same time, between two looks at whether others are served. */
const batch = 96;

/** Milliseconds until an exchange counts as stuck; its service has left long before. */
const patience = 30_000;

const gatewayFile = `gateway: fuzz
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}", http2: {} } }
routes:
  one: { match: { path: "/one/**" }, service: one, policies: { public: fuzz, upgrade: {} } }
  two: { match: { path: "/two/**" }, service: two, policies: { public: fuzz } }
services:
  one: { endpoints: ["\${env:UPSTREAM}"], timeout: { connect: 2s, response: 2s } }
  two: { endpoints: ["\${env:UPSTREAM_2}"], protocol: http2, timeout: { connect: 2s, response: 2s } }
`;

/** Writes bytes and waits until the gateway has done with them: the connection ended, or nothing comes any more. */
function throwAt(port: number, bytes: Buffer, random: Random): Promise<void> {
  const pieces = cut(bytes, random);
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const next = (): void => {
      const piece = pieces.shift();
      if (piece === undefined || socket.destroyed) setTimeout(() => socket.destroy(), 5);
      else socket.write(piece, () => setImmediate(next));
    };
    socket.on("connect", next);
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.resume();
  });
}

/** Asks as a good client does. Rejects where the exchange never ends. */
async function ask(port: number, service: "one" | "two", random: Random): Promise<void> {
  const method = random.pick(["GET", "GET", "HEAD", "POST", "PUT", "OPTIONS"]);
  const content = method === "POST" || method === "PUT" ? "content" : "";
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${method} to service ${service} is stuck`)), patience);
  });
  await Promise.race([
    stuck,
    random.oneIn(2) ? askHttp1(port, service, method, content) : askHttp2(port, service, method, content),
  ]);
  clearTimeout(timer);
}

function askHttp1(port: number, service: string, method: string, content: string): Promise<void> {
  const length = content === "" ? "" : `Content-Length: ${content.length}\r\n`;
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.write(
      `${method} /${service}/a HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close, TE\r\n${length}\r\n${content}`,
    );
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.resume();
  });
}

async function askHttp2(port: number, service: string, method: string, content: string): Promise<void> {
  const lines = [
    [":method", method],
    [":scheme", "http"],
    [":path", `/${service}/a`],
    [":authority", "a"],
    ["te", "trailers"],
  ] as const;
  const client = new FrameClient(port).begin();
  client.write(frame(1, content === "" ? 5 : 4, 1, block(lines)));
  if (content !== "") client.write(frame(0, 1, 1, Buffer.from(content)));
  await client.until(
    ({ type, flags, stream }) => stream === 1 && (type === 3 || ((type === 0 || type === 1) && (flags & 1) === 1)),
  );
  client.close();
}

/** One exchange with a service that misbehaves, or one connection of a client that does. */
function run(port: number, random: Random): Promise<void> {
  const kind = random.below(4);
  if (kind < 2) return ask(port, kind === 0 ? "one" : "two", random);
  return throwAt(port, kind === 2 ? http1Requests(random) : http2Requests(random), random);
}

/** Whether the process lives, has caught nothing that should not have been thrown, and serves others. */
async function expectAlive(gateway: RunningGateway, errors: () => string, mood: Mood): Promise<void> {
  mood.next = undefined;
  expect(gateway.process.exitCode ?? gateway.process.signalCode, errors()).toBeNull();
  expect(errors()).not.toMatch(/inside the gateway|in the gateway|hook failed/);
  for (const service of ["one", "two"]) {
    const get = `GET /${service}/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    // What is left of the service's own connections may still fail a request.
    await expect.poll(async () => (await exchange(gateway.port, get)).status, { timeout: patience }).toBe(200);
  }
}

test("no bytes of a client or of a service stop the gateway, or hold up an exchange for ever", { timeout: 600_000 }, async () => {
  const mood: Mood = { next: undefined, said: [] };
  const [one, two] = [await http1Service(mood), await http2Service(mood)];
  const gateway = await running(await built({ "gateway.yaml": gatewayFile }), one, { UPSTREAM_2: two });
  // Deadlines are part of what ends an exchange.
  const hurry = setInterval(() => void gateway.advance(400), 100);
  let stderr = "";
  gateway.process.stderr!.on("data", (text: string) => (stderr = (stderr + text).slice(-20_000)));
  onTestFinished(({ task }) => {
    clearInterval(hurry);
    if (task.result?.state === "fail") console.error(`SEED=${seed}\n${stderr}\nservices said:\n${mood.said.join("\n")}`);
  });
  let answers = 0;
  for (let from = 0; from < runs; from += batch) {
    mood.next = () => new Random(seed + 2 ** 24 + answers++);
    await Promise.all(Array.from({ length: batch }, (_, index) => run(gateway.port, new Random(seed + from + index))));
    await expectAlive(gateway, () => stderr, mood);
  }
});
