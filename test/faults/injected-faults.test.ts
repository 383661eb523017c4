import type { EventEmitter } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Slot } from "../../runtime/exchange/exchange.ts";
import type { Operation } from "../../runtime/gateway/operation.ts";
import { harmAnswer } from "../../runtime/http/harm-answer.ts";
import { resetClient } from "../../runtime/http/reset-client.ts";
import { send } from "../../runtime/http/send.ts";
import { createHttp2 } from "../../runtime/http2/index.ts";
import { clock } from "../../runtime/life/clock.ts";
import { createEntrance } from "../../runtime/listener/entrance.ts";
import { createFaultInjection, type FaultRule } from "../../runtime/policies/fault-injection/index.ts";
import { type Serving, serve } from "../../runtime/process/serve.ts";
import { createManagedService } from "../../runtime/upstream/attempts/managed-service.ts";
import { createEndpointLoads } from "../../runtime/upstream/balance/endpoint-load.ts";
import { createPowerOfTwo } from "../../runtime/upstream/balance/two-choices.ts";
import { forward } from "../../runtime/upstream/forward.ts";
import type { Service } from "../../runtime/upstream/service.ts";
import { socketBuffers } from "../harness/socket-buffers.ts";
import { settled, TurnedClock } from "../harness/turned-clock.ts";
import { DoneLog, gateway, operation, plainForward, service } from "../runtime/support/gateway.ts";
import { get, RawClient } from "../runtime/support/raw-client.ts";
import { answering, type RawUpstream, rawUpstream } from "../runtime/support/raw-upstream.ts";

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const rule = (change: Partial<FaultRule>): FaultRule => ({
  summary: "a rule",
  when: null,
  share: 1,
  delay: null,
  abort: null,
  bytesPerSecond: null,
  resetAfter: null,
  ...change,
});

async function upstreamOf(serve: Parameters<typeof rawUpstream>[0]): Promise<RawUpstream> {
  const upstream = await rawUpstream(serve);
  closing.push(() => upstream.close());
  return upstream;
}

interface Started extends Serving {
  readonly done: DoneLog;
  readonly service: Service;
}

/** A gateway whose every request is harmed, except those to `/fine`. */
async function harmed(
  change: Partial<FaultRule>,
  upstream: RawUpstream,
  serviceOf: (url: string) => Service = (url) => service([url]),
  drainTimeout = 0,
): Promise<Started> {
  const policy = createFaultInjection({
    at: "policies.yaml:7",
    gateway: "shop",
    rules: [rule(change)],
    maxDelayed: 100,
    seed: 1,
    slot: 0 as Slot,
    harmAnswer,
    resetClient,
  });
  const done = new DoneLog();
  const target = serviceOf(upstream.url);
  // As the compiler emits it.
  const any: Operation = operation({
    request: async (x) => {
      if (x.path !== "/fine" && (await policy.request(x))) return send(x);
      forward(x, target, plainForward);
    },
    response: (x) => policy.response(x),
    done: (x) => {
      policy.done(x);
      done.hook(x);
    },
  });
  const entrance = createEntrance({ handshakeMs: 60_000, http2: createHttp2({ maxConcurrentStreams: 10 }) });
  const built = gateway(any, {
    living: [policy],
    listeners: { public: { host: "127.0.0.1", port: 0, trustedProxies: [], entrance }, admin: undefined },
  });
  const serving = await serve(built, { drainTimeout });
  closing.push(() => serving.close());
  return Object.assign(serving, { done, service: target });
}

/** What a client saw of one answer. `end`: how it ended. */
interface Seen {
  readonly body: string;
  readonly end: string;
}

interface Client {
  /** Bytes of the body so far. */
  readonly received: number;
  readonly over: Promise<Seen>;
}

/** `once` of Node rejects where an error comes before. */
const closeOf = (emitter: EventEmitter): Promise<void> => new Promise((resolve) => void emitter.once("close", resolve));

/** Asks for a path, as a client of either version. */
const clients: Readonly<Record<string, (port: number, path?: string) => Client>> = {
  "HTTP/1.1": (port, path = "/") => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    let error = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
    socket.on("error", ({ message }) => (error = message));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n`);
    closing.push(() => socket.destroy());
    const bodyOf = (): string => text.slice(text.includes("\r\n\r\n") ? text.indexOf("\r\n\r\n") + 4 : text.length);
    const over = closeOf(socket).then((): Seen => {
      if (error !== "") return { body: text, end: error };
      const body = bodyOf();
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? "NaN");
      return { body, end: body.length < length ? "closed too early" : "whole" };
    });
    return {
      get received() {
        return bodyOf().length;
      },
      over,
    };
  },
  "HTTP/2": (port, path = "/") => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    closing.push(() => session.destroy());
    session.on("error", () => {});
    const stream = session.request({ ":path": path });
    let body = "";
    stream.setEncoding("latin1").on("data", (chunk: string) => (body += chunk));
    stream.on("error", () => {});
    const over = closeOf(stream).then((): Seen => {
      const { rstCode } = stream;
      const name = Object.entries(constants).find(([key, code]) => code === rstCode && /^NGHTTP2_[A-Z]+_ERROR$/.test(key))?.[0];
      return { body, end: rstCode === constants.NGHTTP2_NO_ERROR ? "whole" : `RST_STREAM ${name}` };
    });
    return {
      get received() {
        return body.length;
      },
      over,
    };
  },
};

const body = "0123456789".repeat(300);
const announced = answering(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

describe.each(Object.entries(clients))("%s", (version, ask) => {
  const brokenOff = version === "HTTP/2" ? "RST_STREAM NGHTTP2_INTERNAL_ERROR" : "closed too early";

  test("`abort: reset` resets before a byte of an answer, and the service is not asked", async () => {
    const upstream = await upstreamOf(announced);
    const { port, done } = await harmed({ abort: "reset" }, upstream);
    const seen = await ask(port).over;
    expect(seen).toEqual({ body: "", end: version === "HTTP/2" ? brokenOff : expect.stringContaining("ECONNRESET") });
    expect(upstream.sockets).toEqual([]);
    expect(await done.take()).toMatchObject({ outcome: "refused", injected: "reset", answer: undefined });
  });

  test("`resetAfter` gives so many bytes of the body, and then no clean end", async () => {
    const { port, done } = await harmed({ resetAfter: 1_234 }, await upstreamOf(announced));
    expect(await ask(port).over).toEqual({ body: body.slice(0, 1_234), end: brokenOff });
    expect(await done.take()).toMatchObject({ outcome: "refused", injected: "reset after 1234 bytes" });
  });

  test("what is not harmed passes whole beside it", async () => {
    const { port } = await harmed({ resetAfter: 1_234 }, await upstreamOf(announced));
    expect(await ask(port, "/fine").over).toEqual({ body, end: "whole" });
  });

  test("`slowBody` sends so many bytes in each second, and the whole of it in the end", async () => {
    const turned = new TurnedClock();
    const { port } = await harmed({ bytesPerSecond: 1_000 }, await upstreamOf(announced));
    const client = ask(port);
    // The first part goes at once, and 50 bytes follow each 50 ms.
    await expect.poll(() => client.received, poll).toBe(50);
    await turned.turn(1_000);
    await expect.poll(() => client.received, poll).toBe(1_050);
    await turned.turn(2_000);
    expect(await client.over).toEqual({ body, end: "whole" });
  });

  test("a service is not read faster than its slow answer is sent: what waits is what one read brought", async () => {
    const turned = new TurnedClock();
    let written = 0;
    // The buffers of two sockets of the system, and a little.
    const most = socketBuffers() + 4 * 1_024 * 1_024;
    const size = most + 32 * 1_024 * 1_024;
    const upstream = await upstreamOf((socket) => {
      const chunk = Buffer.alloc(65_536);
      const fill = (): void => {
        while (written < size && socket.writable) {
          written += chunk.length;
          if (!socket.write(chunk)) return void socket.once("drain", fill);
        }
      };
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        fill();
      });
    });
    const { port } = await harmed({ bytesPerSecond: 1_000 }, upstream);
    const client = ask(port);
    await expect.poll(() => client.received, poll).toBe(50);
    for (let second = 0; second < 5; second++) await turned.turn(1_000);
    await expect.poll(() => client.received, poll).toBe(5_050);
    expect(written).toBeLessThan(most);
  });

  test("a client that leaves during a delay ends it, and the service is not asked", async () => {
    const turned = new TurnedClock();
    const upstream = await upstreamOf(announced);
    const { port, done, requests: before } = await harmed({ delay: { minMs: 60_000, maxMs: 60_000 } }, upstream);
    expect(before).toBe(0);
    ask(port);
    await expect.poll(() => turned.waiting, poll).toBe(1);
    // What asked hangs up.
    closing.splice(closing.length - 1)[0]!();
    expect(await done.take()).toMatchObject({ outcome: "clientGone", injected: "delay 60000ms" });
    expect(turned.waiting).toBe(0);
    await settled();
    expect(upstream.sockets).toEqual([]);
  });

  test("a gateway that drains holds nobody up: what waits is answered at once", async () => {
    const turned = new TurnedClock();
    const delay = { minMs: 60_000, maxMs: 60_000 };
    const serving = await harmed({ delay }, await upstreamOf(announced), undefined, 10_000);
    const client = ask(serving.port);
    await expect.poll(() => turned.waiting, poll).toBe(1);
    void serving.close();
    expect(await client.over).toEqual({ body, end: "whole" });
  });
});

const poll = { timeout: 10_000, interval: 2 };

test("behind a reset stream the others of its connection go on", async () => {
  const { port } = await harmed({ resetAfter: 10 }, await upstreamOf(announced));
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  closing.push(() => session.destroy());
  const [broken, fine] = ["/", "/fine"].map((path) => session.request({ ":path": path }));
  broken!.on("error", () => {}).resume();
  let text = "";
  fine!.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  await Promise.all([closeOf(broken!), closeOf(fine!)]);
  expect(broken!.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  expect(text).toBe(body);
});

test("an answer without a length ends without its last chunk (RFC 9112 §7.1)", async () => {
  const chunked = answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  const { port } = await harmed({ resetAfter: 7 }, await upstreamOf(chunked));
  const client = new RawClient(port).write(get("/"));
  const text = await client.rest();
  expect(text).toContain("5\r\nhello\r\n");
  expect(text).not.toContain("\r\n0\r\n\r\n");
});

test("what is injected is no fault of an endpoint: nobody's health changes", async () => {
  const balanced = (url: string): Service =>
    createManagedService({
      name: "orders",
      endpoints: [{ url, weight: 1 }],
      loadBalancer: createPowerOfTwo(),
      watchers: [createEndpointLoads()],
      timeout: { connect: 2_000, response: 30_000 },
      connections: { max: 10, pending: 10, idle: 4_000, streams: 100 },
      required: false,
    });
  // Too long to have come whole when it is broken off, in the first case.
  for (const text of [body.repeat(2_000), body]) {
    const upstream = await upstreamOf(answering(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`));
    const { port, service: target, done } = await harmed({ resetAfter: 10 }, upstream, balanced);
    for (let round = 0; round < 3; round++) {
      await clients["HTTP/1.1"]!(port).over;
      await done.take();
    }
    const load = target.endpoints[0]!.load!;
    expect(load.inFlight).toBe(0);
    expect(load.latency(clock.monotonic(), 1)).toBeLessThan(penalty);
  }
  // Control: an answer of the service itself that breaks off is one.
  const breaking = await upstreamOf((socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"));
  });
  const { port, service: target, done } = await harmed({ resetAfter: 10 }, breaking, balanced);
  await clients["HTTP/1.1"]!(port, "/fine").over;
  await done.take();
  expect(target.endpoints[0]!.load!.latency(clock.monotonic(), 1)).toBeGreaterThanOrEqual(penalty * 0.9);
});

/** Milliseconds that a failure is taken for. */
const penalty = 1_000;
