import { connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { type ServerWritableStream, status } from "@grpc/grpc-js";
import { expect, it, onTestFinished } from "vitest";
import { createCallerDeadline } from "../../runtime/http/caller-deadline.ts";
import { Attempt } from "../../runtime/upstream/attempts/attempt.ts";
import { createGrpcCalls } from "../../runtime/upstream/attempts/grpc-calls.ts";
import type { Outcome } from "../../runtime/upstream/attempts/outcome.ts";
import { http2Pool } from "../../runtime/upstream/http2/http2-pool.ts";
import { createRemainingTime } from "../../runtime/upstream/remaining-time.ts";
import { createService, type Service } from "../../runtime/upstream/service.ts";
import { DoneLog, forwarding } from "../runtime/support/gateway.ts";
import { client, grpcService, http2Gateway } from "./support/grpc.ts";
import { http2Service } from "./support/http2.ts";
import { retrying } from "./support/retrying.ts";

const response = 400;
const told = { protocol: http2Pool, deadline: createRemainingTime({}), timeout: { connect: 2_000, response } };
const caller = createCallerDeadline({ fromAnyone: true });

const managed = (url: string, ends: Outcome[] = [], timeout = told.timeout): Service =>
  retrying([url], {
    ...told,
    timeout,
    grpc: createGrpcCalls(),
    retry: { attempts: 1 },
    watchers: [{ ended: (_, outcome) => void ends.push(outcome) }],
  });

const plain = (url: string, timeout = told.timeout): Service =>
  createService({
    name: "orders",
    endpoints: [{ url, weight: 1 }],
    connections: { max: 10, pending: 10, idle: 4_000, streams: 100 },
    required: false,
    ...told,
    timeout,
  });

/** Sends a part each 100 ms, so many times; the milliseconds that gRPC knows of the call's time. */
async function ticking(count: number): Promise<{ readonly url: string; readonly left: number[] }> {
  const left: number[] = [];
  const url = await grpcService({
    streaming: (call: ServerWritableStream<string, string>) => {
      left.push(Number(call.getDeadline()) - Date.now());
      let sent = 0;
      const timer = setInterval(() => {
        call.write(".");
        if (++sent < count) return;
        clearInterval(timer);
        call.end();
      }, 100);
      call.on("cancelled", () => clearInterval(timer));
    },
  });
  return { url, left };
}

/** A service that heeds no deadline: it sends a part each 50 ms, and never ends. Whether it was told that nobody listens. */
async function heedless(): Promise<{ readonly url: string; readonly ended: Promise<unknown> }> {
  let end: (value?: unknown) => void = () => {};
  const ended = new Promise((resolve) => (end = resolve));
  const { url } = await http2Service((stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" });
    const timer = setInterval(() => stream.write(Buffer.from([0, 0, 0, 0, 1, 0x2e])), 50);
    stream.on("error", () => {});
    stream.on("close", () => {
      clearInterval(timer);
      end();
    });
  });
  return { url, ended };
}

it.each([["a service", plain] as const, ["one whose attempts are watched", managed] as const])(
  "%s is told the time of the whole call, and the time to the head of its answer ends no stream",
  async (_, serviceAt) => {
    const { url, left } = await ticking(8);
    const calls = client(await http2Gateway(forwarding(serviceAt(url)), { caller }));
    // Twice as long as the gateway waits for the head.
    expect(await calls.watch({}, 5_000)).toEqual({ code: 0, text: "........", details: "OK" });
    expect(left[0]).toBeGreaterThan(response);
    expect(left[0]).toBeLessThanOrEqual(5_000);
  },
);

it("the gateway's own bound for whole answers is the time of a call as well", async () => {
  const { url, left } = await ticking(6);
  const calls = client(await http2Gateway(forwarding(plain(url)), { answer: 3_000 }));
  expect((await calls.watch()).code).toBe(0);
  expect(left[0]).toBeGreaterThan(response);
  expect(left[0]).toBeLessThanOrEqual(3_000);
});

it("but the head of the answer is waited for as long as ever, which is the service's failure", async () => {
  const ends: Outcome[] = [];
  const url = await grpcService({ streaming: () => {} });
  const calls = client(await http2Gateway(forwarding(managed(url, ends)), { caller }));
  // What a service's time-out has been all along: a 504, and its status.
  expect((await calls.watch({}, 20_000)).code).toBe(status.DEADLINE_EXCEEDED);
  expect(ends).toEqual(["timeoutHead"]);
});

/** A call of a client that does not look at the clock itself. `parts`: of its request, one each 100 ms. */
const patient = (port: number, fields: Readonly<Record<string, string>>, parts = 1) =>
  new Promise<{ readonly data: string; readonly trailers: unknown; readonly code: number }>((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    session.on("error", reject);
    const call = { ":method": "POST", ":path": "/shop.Orders/Watch", te: "trailers", "content-type": "application/grpc" };
    const stream = session.request({ ...call, ...fields });
    let [data, trailers]: [string, unknown] = ["", undefined];
    stream.on("error", () => {});
    stream.on("data", (bytes: Buffer) => (data += bytes.toString("latin1").replaceAll(/[^.]/g, "")));
    stream.on("trailers", (found) => (trailers = { ...found }));
    stream.on("close", () => resolve({ data, trailers, code: stream.rstCode }));
    const send = (left: number): void => {
      if (left === 1) stream.end(part);
      else {
        stream.write(part);
        setTimeout(send, 100, left - 1);
      }
    };
    send(parts);
  });

const part = Buffer.from([0, 0, 0, 0, 1, 0x61]);

const timeIsOver = { "grpc-status": "4", "grpc-message": "The time for the request is over" };

it.each([
  ["the caller's", { caller }, { "grpc-timeout": "700m" }, "abandoned", "refused"],
  ["the gateway's own bound for answers", { answer: 700 }, {}, "abandoned", "refused"],
  ["what the service was told, where nobody else has said anything", undefined, {}, "timeoutBody", "upstreamBroken"],
] as const)(
  "a call ends when its time is over, trailers included, also where the service does not heed it: %s",
  async (_, time, fields, ofAttempt, ofRequest) => {
    const { url, ended } = await heedless();
    const ends: Outcome[] = [];
    const log = new DoneLog();
    const port = await http2Gateway(forwarding(managed(url, ends), { done: log.hook }), time);
    const begun = performance.now();
    const { data, trailers, code } = await patient(port, fields);
    const took = performance.now() - begun;
    expect(trailers).toMatchObject(timeIsOver);
    expect(code).toBe(0);
    expect(data.length).toBeGreaterThan(2);
    expect(took).toBeGreaterThan(time === undefined ? response - 50 : 650);
    await ended;
    expect(ends).toEqual([ofAttempt]);
    // Whose failure it is, in the logs and traces of requests as well.
    expect((await log.take()).outcome).toBe(ofRequest);
  },
);

it("a stream that its client sends for longer than the head may take is not cut when its answer begins", async () => {
  const timeout = { connect: 2_000, response: 1_500 };
  const { url } = await http2Service((stream) => {
    stream.resume();
    stream.on("end", async () => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      // Longer than it takes until deadlines are looked at.
      for (let sent = 0; sent < 3; sent++) {
        stream.write(Buffer.from([0, 0, 0, 0, 1, 0x2e]));
        await sleep(50);
      }
      stream.end();
    });
  });
  const calls = [plain(url, timeout), managed(url, [], timeout)].map(async (service) =>
    patient(await http2Gateway(forwarding(service)), {}, 20),
  );
  for (const { data, trailers, code } of await Promise.all(calls)) {
    expect([data, code]).toEqual(["...", 0]);
    expect(trailers).toMatchObject({ "grpc-status": "0" });
  }
});

it("a call that nobody has bounded is over with the time for its head, which nothing of the answer makes longer", () => {
  const attempt = new Attempt(undefined as never, undefined as never, 0);
  attempt.callUntil = 400;
  attempt.awaitUntil(1_000);
  expect([attempt.deadline, attempt.callUntil]).toEqual([1_000, 1_000]);
  attempt.headAt = 700;
  attempt.awaitUntil(900);
  expect(attempt.deadline).toBe(900);
  // Also while the client does not read.
  attempt.awaitUntil(1_200);
  expect([attempt.deadline, attempt.callUntil]).toEqual([1_000, 1_000]);
});

it("a client of gRPC knows it for the end of its time", async () => {
  const { url } = await heedless();
  const calls = client(await http2Gateway(forwarding(plain(url))));
  expect(await calls.watch()).toMatchObject({ code: status.DEADLINE_EXCEEDED, details: "The time for the request is over" });
});

it("what is no call is broken off as before, so that nobody takes it for whole", async () => {
  const { url } = await heedless();
  const port = await http2Gateway(forwarding(plain(url)), { answer: 500 });
  const { trailers, code } = await patient(port, { "content-type": "application/json" });
  expect([trailers, code]).toEqual([undefined, 2]);
});
