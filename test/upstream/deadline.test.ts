import type { RequestListener } from "node:http";
import { expect, it, onTestFinished, vi } from "vitest";
import { createCallerDeadline } from "../../runtime/http/caller-deadline.ts";
import { createRequestTime, type RequestTimeConfig } from "../../runtime/http/request-time.ts";
import { clock } from "../../runtime/life/clock.ts";
import type { Outcome } from "../../runtime/upstream/attempts/outcome.ts";
import { createRemainingTime, type RemainingTimeConfig } from "../../runtime/upstream/remaining-time.ts";
import type { Service } from "../../runtime/upstream/service.ts";
import { DoneLog, forwarding, gateway, plainForward, service, using } from "../runtime/support/gateway.ts";
import { exchange } from "../runtime/support/raw-client.ts";
import { atOnce, type Origin, origin, retrying } from "./support/retrying.ts";

const milliseconds = { name: "X-Time-Left", unit: "ms" } as const;
const silent: RequestListener = () => {};
const caller = (fromAnyone?: true) =>
  createCallerDeadline({ ...(fromAnyone === undefined ? {} : { fromAnyone }), field: { name: "x-time-left", unit: "ms" } });

/** Time that passes when the test says so. */
function stopped(): { pass(ms: number): void } {
  // Whole, so that sums and differences are exact.
  let now = Math.round(clock.monotonic());
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  onTestFinished(() => void vi.restoreAllMocks());
  return { pass: (ms) => void (now += ms) };
}

/** What the service is told, attempt by attempt. */
async function telling(listener: RequestListener): Promise<Origin & { readonly told: (string | string[] | undefined)[] }> {
  const told: (string | string[] | undefined)[] = [];
  const one = await origin((request, response) => {
    told.push(request.headers["x-time-left"] ?? request.headers["grpc-timeout"]);
    listener(request, response);
  });
  return { ...one, told };
}

const told = (field: RemainingTimeConfig["field"] | null = milliseconds) =>
  createRemainingTime(field === null || field === undefined ? {} : { field });

/** Asks through a gateway in front of the service; requests come from a trusted proxy where `isTrusted`. */
async function asked(
  target: Service,
  fields: string,
  time?: RequestTimeConfig,
  isTrusted = true,
): Promise<{ readonly status: number; readonly body: string; readonly error: string | undefined }> {
  const log = new DoneLog();
  const proxies = isTrusted ? ["127.0.0.0/8"] : [];
  const made = gateway(forwarding(target, { done: log.hook }), {}, proxies);
  const listener = { ...made.listeners.public, ...(time === undefined ? {} : { time: createRequestTime(time) }) };
  let answer: Awaited<ReturnType<typeof exchange>> | undefined;
  await using({ ...made, listeners: { ...made.listeners, public: listener } }, async ({ port }) => {
    answer = await exchange(port, `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  });
  const { upstream } = await log.take();
  return { status: answer!.status, body: answer!.body, error: upstream?.error };
}

it("each attempt is told what is left: its own time, or that of the request where that is less", async () => {
  const time = stopped();
  const { url, told: seen } = await telling((_, response) => {
    time.pass(160);
    response.writeHead(503).end();
  });
  const target = retrying([url], {
    timeout: { connect: 2_000, response: 500 },
    retry: { ...atOnce, attempts: 3, perTry: 200 },
    deadline: told(),
  });
  expect((await asked(target, "")).status).toBe(503);
  // 160 of 500 are gone after the first, and 320 after the second.
  expect(seen).toEqual(["200", "200", "180"]);
});

it.each([
  [{ name: "X-Time-Left", unit: "ms" }, "30000"],
  [{ name: "X-Time-Left", unit: "s" }, "30"],
] as const)("a service is told in the unit that it reads: %j", async (field, value) => {
  stopped();
  const { url, told: seen } = await telling((_, response) => void response.end());
  await asked(service([url], { deadline: told(field) }), "");
  expect(seen).toEqual([value]);
});

it("less than a millisecond is told as one: 0 would be no bound to some services", async () => {
  const time = stopped();
  const { url, told: seen } = await telling((_, response) => {
    time.pass(499.5);
    response.writeHead(503).end();
  });
  const timeout = { connect: 2_000, response: 500 };
  await asked(retrying([url], { timeout, retry: { ...atOnce, attempts: 2 }, deadline: told() }), "");
  expect(seen).toEqual(["500", "1"]);
});

it.each(["X-Time-Left: 7", "x_time.left: 7", "X-TIME-LEFT: 7\r\nX-Time-Left: 8"])(
  "what a client writes there does not reach the service: %j",
  async (line) => {
    stopped();
    const names: string[] = [];
    const { url } = await origin((request, response) => {
      names.push(...request.rawHeaders.filter((text) => /^x.time.left$/i.test(text)), String(request.headers["x-time-left"]));
      response.end();
    });
    for (const isTrusted of [false, true])
      await asked(service([url], { deadline: told() }), `${line}\r\nX-Time-Lefty: 9\r\n`, undefined, isTrusted);
    expect(names).toEqual(["X-Time-Left", "30000", "X-Time-Left", "30000"]);
  },
);

it("gRPC calls carry it in grpc-timeout, and no other field that is named for the rest", async () => {
  stopped();
  const seen: unknown[] = [];
  const { url } = await origin((request, response) => {
    seen.push([request.headers["grpc-timeout"], request.headers["x-time-left"]]);
    response.end();
  });
  for (const deadline of [told(), told(null)])
    for (const type of ["application/grpc", "application/grpc+proto", "application/grpc-web", "application/json"])
      await asked(service([url], { deadline }), `Content-Type: ${type}\r\nGrpc-Timeout: 1S\r\nX-Time-Left: 1\r\n`);
  const call = ["30000m", undefined];
  expect(seen).toEqual([
    ...[call, call, [undefined, "30000"], [undefined, "30000"]],
    // Without a field of its own, what stands in it is the client's.
    ...[
      ["30000m", "1"],
      ["30000m", "1"],
      [undefined, "1"],
      [undefined, "1"],
    ],
  ]);
});

it.each([
  ["a caller that is trusted", "X-Time-Left: 5000\r\n", true, "5000"],
  ["a client that is not", "X-Time-Left: 5000\r\n", false, "30000"],
  ["a gRPC call", "Content-Type: application/grpc\r\ngrpc-timeout: 5S\r\n", true, "5000m"],
  [
    "a field that is for other requests, in a gRPC call",
    "Content-Type: application/grpc\r\nX-Time-Left: 5000\r\n",
    true,
    "30000m",
  ],
  ["more time than there is", "X-Time-Left: 40000\r\n", true, "30000"],
  ["two lines", "X-Time-Left: 5000\r\nX-Time-Left: 6000\r\n", true, "30000"],
  ["a list", "X-Time-Left: 5000, 5000\r\n", true, "30000"],
  ["a fraction of a millisecond", "X-Time-Left: 5000.5\r\n", true, "30000"],
  ["less than nothing", "X-Time-Left: -1\r\n", true, "30000"],
  ["an overflow", "X-Time-Left: 99999999999999999999\r\n", true, "30000"],
  ["a number of another notation", "X-Time-Left: 0x10\r\n", true, "30000"],
  ["words", "X-Time-Left: soon\r\n", true, "30000"],
  ["a grpc-timeout of nine digits", "Content-Type: application/grpc\r\ngrpc-timeout: 100000000n\r\n", true, "30000m"],
  ["grpc-timeout twice", "Content-Type: application/grpc\r\ngrpc-timeout: 5S\r\ngrpc-timeout: 5S\r\n", true, "30000m"],
])("the deadline of %s", async (_, fields, isTrusted, value) => {
  stopped();
  const { url, told: seen } = await telling((_, response) => void response.end());
  const { status } = await asked(service([url], { deadline: told() }), fields, { caller: caller() }, isTrusted);
  expect([status, seen]).toEqual([200, [value]]);
});

it("where everybody may say how long they wait, clients of no proxy may", async () => {
  stopped();
  const { url, told: seen } = await telling((_, response) => void response.end());
  await asked(service([url], { deadline: told() }), "X-Time-Left: 5000\r\n", { caller: caller(true) }, false);
  expect(seen).toEqual(["5000"]);
});

it.each(["X-Time-Left: 0", "X-Time-Left: 00", "Content-Type: application/grpc\r\ngrpc-timeout: 0n"])(
  "a caller whose time is over gets 504, and the service nothing: %j",
  async (line) => {
    const { url, seen } = await origin(silent);
    const { status, body } = await asked(service([url]), `${line}\r\n`, { caller: caller() });
    expect([status, JSON.parse(body).type, seen.requests]).toEqual([504, "urn:gatewright:problem:deadline-exceeded", 0]);
  },
);

it.each([
  ["one endpoint", (url: string) => service([url])],
  ["several", (url: string) => service([url, url])],
] as const)("when the time of a caller is over, it gets 504: %s", async (_, made) => {
  const { url } = await origin(silent);
  const { status, body, error } = await asked(made(url), "X-Time-Left: 60\r\n", { caller: caller() });
  expect([status, JSON.parse(body).type, error]).toEqual([504, "urn:gatewright:problem:deadline-exceeded", "deadline"]);
});

it("the deadline of a caller is nobody's failure: short ones open no breaker and eject nobody (traffic, attempts 2)", async () => {
  const ends: Outcome[] = [];
  const { url } = await origin(silent);
  const target = retrying([url], { watchers: [{ ended: (_, outcome) => void ends.push(outcome) }], retry: atOnce });
  expect((await asked(target, "X-Time-Left: 60\r\n", { caller: caller() })).status).toBe(504);
  expect([ends, target.retries]).toEqual([["abandoned"], 0]);
});

it("no attempt is begun that cannot end in time: what there is goes to the caller at once (traffic row 33)", async () => {
  const { url, seen } = await origin(
    (_, response) => void response.writeHead(503, { "Retry-After": "6", "Content-Length": 5 }).end("later"),
  );
  const target = retrying([url], { retry: { ...atOnce, on: ["overloaded"] } });
  const { status, body } = await asked(target, "X-Time-Left: 5900\r\n", { caller: caller() });
  expect([status, body, seen.requests]).toEqual([503, "later", 1]);
});

it("the bound of the listener ends what no other bound ends: 504 before the answer, and none of its end behind its head", async () => {
  const { url } = await origin(silent);
  expect((await asked(service([url]), "", { answer: 60 })).status).toBe(504);
  const time = stopped();
  // Each piece comes in time for the bound of silence.
  const endless: RequestListener = (_, response) => {
    response.writeHead(200, { "Transfer-Encoding": "chunked" });
    const timer = setInterval(() => response.write("."), 10);
    response.on("close", () => clearInterval(timer));
  };
  const streaming = await origin(endless);
  const made = gateway(forwarding(service([streaming.url]), {}, { ...plainForward, idleTimeout: 5_000 }));
  const listener = { ...made.listeners.public, time: createRequestTime({ answer: 100 }) };
  await using({ ...made, listeners: { ...made.listeners, public: listener } }, async ({ port }) => {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect(answer.status).toBe(200);
    time.pass(100);
    await expect(answer.text()).rejects.toThrow();
  });
});
