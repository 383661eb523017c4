import { connect } from "node:http2";
import { Metadata, type ServerUnaryCall, status } from "@grpc/grpc-js";
import { expect, it, onTestFinished } from "vitest";
import { createCallerDeadline } from "../../runtime/http/caller-deadline.ts";
import { createGrpcCalls } from "../../runtime/upstream/attempts/grpc-calls.ts";
import type { Outcome } from "../../runtime/upstream/attempts/outcome.ts";
import { http2Pool } from "../../runtime/upstream/http2/http2-pool.ts";
import { createRemainingTime } from "../../runtime/upstream/remaining-time.ts";
import { forwarding, plainForward } from "../runtime/support/gateway.ts";
import { client, grpcService, http2Gateway } from "./support/grpc.ts";
import { http2Service } from "./support/http2.ts";
import { atOnce, type RetryingChange, retrying } from "./support/retrying.ts";

const repeated = { ...plainForward, retry: { isIdempotent: true } } as const;
const once = { retry: { attempts: 1 } };
const onUnavailable = { ...atOnce, on: ["unsent", "timeoutHead", "UNAVAILABLE"] } as const;

const speaking = (url: string, change: RetryingChange = {}) =>
  retrying([url], { protocol: http2Pool, grpc: createGrpcCalls(), ...change });

/** Fields that say how the service is to answer. */
const wanted = ({ metadata }: Pick<ServerUnaryCall<string, string>, "metadata">): number =>
  Number(metadata.get("x-code")[0] ?? 0);

const names = Object.fromEntries(Object.entries(status).filter(([, code]) => typeof code === "number")) as Record<string, number>;

it.each<readonly [string, Outcome]>([
  ["OK", "ok"],
  ["CANCELLED", "abandoned"],
  ["UNKNOWN", "serverError"],
  ["INVALID_ARGUMENT", "ok"],
  ["DEADLINE_EXCEEDED", "timeoutHead"],
  ["NOT_FOUND", "ok"],
  ["ALREADY_EXISTS", "ok"],
  // linkerd/website#2126: counted as a broken endpoint.
  ["PERMISSION_DENIED", "ok"],
  ["RESOURCE_EXHAUSTED", "overloaded"],
  ["FAILED_PRECONDITION", "ok"],
  ["ABORTED", "ok"],
  ["OUT_OF_RANGE", "ok"],
  ["UNIMPLEMENTED", "ok"],
  ["INTERNAL", "serverError"],
  ["UNAVAILABLE", "serverError"],
  ["DATA_LOSS", "serverError"],
  ["UNAUTHENTICATED", "ok"],
])(
  "a call that ends with %s ends as %s, in trailers behind a message as in an answer of trailers alone (traffic, attempts 2)",
  async (name, outcome) => {
    const url = await grpcService({
      unary: (call, reply) => (wanted(call) === 0 ? reply(null, "well") : reply({ code: wanted(call), details: "as asked" })),
      streaming: (call) => {
        call.write("part");
        if (wanted(call) === 0) call.end();
        else call.emit("error", { code: wanted(call), details: "as asked" });
      },
    });
    const ends: Outcome[] = [];
    const service = speaking(url, { ...once, watchers: [{ ended: (_, ended) => void ends.push(ended) }] });
    const calls = client(await http2Gateway(forwarding(service)));
    const code = names[name]!;
    expect((await calls.get({ "x-code": String(code) })).code).toBe(code);
    const streamed = await calls.watch({ "x-code": String(code) });
    expect([streamed.code, streamed.text]).toEqual([code, "part"]);
    expect(ends).toEqual([outcome, outcome]);
  },
);

it("a call is repeated where its service can be asked again, and later attempts say how many there were (gRFC A6)", async () => {
  const seen: string[] = [];
  const url = await grpcService({
    unary: ({ metadata }, reply) => {
      seen.push(String(metadata.get("grpc-previous-rpc-attempts")[0] ?? "none"));
      if (seen.length % 3 !== 0) reply({ code: status.UNAVAILABLE, details: "soon" });
      else reply(null, "well");
    },
  });
  const calls = client(await http2Gateway(forwarding(speaking(url, { retry: onUnavailable }), {}, repeated)));
  expect(await calls.get()).toEqual({ code: 0, text: "well", details: "" });
  expect((await calls.get({ "grpc-previous-rpc-attempts": "4" })).text).toBe("well");
  expect(seen).toEqual(["none", "1", "2", "4", "5", "6"]);
});

it.each([
  ["a call that may do harm twice", status.UNAVAILABLE, plainForward, 1],
  ["a status that is not listed", status.INTERNAL, repeated, 1],
  ["a status that concerns the caller", status.PERMISSION_DENIED, repeated, 1],
  ["the one that is listed", status.UNAVAILABLE, repeated, 3],
  // Of the outcome that it stands for, which is listed.
  ["a deadline that the service did not keep", status.DEADLINE_EXCEEDED, repeated, 3],
] as const)(
  "%s: the service is asked so often as that allows, and the last status is the client's",
  async (_, code, forward, requests) => {
    let count = 0;
    const url = await grpcService({
      unary: (_, reply) => {
        count++;
        reply({ code, details: `no ${count}` });
      },
    });
    const calls = client(await http2Gateway(forwarding(speaking(url, { retry: onUnavailable }), {}, forward)));
    expect(await calls.get()).toMatchObject({ code, details: `no ${requests}` });
    expect(count).toBe(requests);
  },
);

it("a message that the client has is not asked for again", async () => {
  let count = 0;
  const url = await grpcService({
    streaming: (call) => {
      count++;
      call.write("part");
      call.emit("error", { code: status.UNAVAILABLE, details: "gone" });
    },
  });
  const calls = client(await http2Gateway(forwarding(speaking(url, { retry: onUnavailable }), {}, repeated)));
  expect(await calls.watch()).toEqual({ code: status.UNAVAILABLE, text: "part", details: "gone" });
  expect(count).toBe(1);
});

it.each([
  // In place of the pause, which would be longer than the request may take.
  ["1", 2, "ok", "overloaded"],
  ["-1", 1, "serverError", undefined],
  ["soon", 1, "serverError", undefined],
  ["", 1, "serverError", undefined],
  ["99999999999999", 1, "serverError", undefined],
  // Longer than there is time.
  ["86400000", 1, "overloaded", undefined],
] as const)(
  "a service that says grpc-retry-pushback-ms: %j is asked %i times (gRFC A6)",
  async (pushback, requests, last, first) => {
    let count = 0;
    const url = await grpcService({
      unary: (_, reply) => {
        const metadata = new Metadata();
        metadata.set("grpc-retry-pushback-ms", pushback);
        if (++count === 1) reply({ code: status.UNAVAILABLE, details: "later", metadata });
        else reply(null, "well");
      },
    });
    const ends: Outcome[] = [];
    const backoff = { base: 1_000_000, max: 1_000_000 };
    const service = speaking(url, {
      retry: { ...onUnavailable, backoff },
      watchers: [{ ended: (_, outcome) => void ends.push(outcome) }],
    });
    const calls = client(await http2Gateway(forwarding(service, {}, repeated)));
    expect((await calls.get()).code).toBe(requests === 2 ? 0 : status.UNAVAILABLE);
    expect([count, ends]).toEqual([requests, first === undefined ? [last] : [first, last]]);
  },
);

it("a deadline that a client made up is no failure of the service that keeps it: nobody opens a breaker so", async () => {
  const ends: Outcome[] = [];
  const url = await grpcService({ unary: (_, reply) => reply({ code: status.DEADLINE_EXCEEDED, details: "over" }) });
  const watchers = [{ ended: (_: unknown, outcome: Outcome): void => void ends.push(outcome) }];
  const untold = client(await http2Gateway(forwarding(speaking(url, { watchers }), {}, repeated)));
  // To a service that is not told its deadline, that of the client goes on as it came.
  expect((await untold.get({}, 60_000)).code).toBe(status.DEADLINE_EXCEEDED);
  const deadline = createRemainingTime({});
  const caller = createCallerDeadline({ fromAnyone: true });
  const told = client(await http2Gateway(forwarding(speaking(url, { ...once, watchers, deadline })), { caller }));
  // Less than the gateway gives, and more.
  expect((await told.get({}, 20_000)).code).toBe(status.DEADLINE_EXCEEDED);
  expect((await told.get({}, 600_000)).code).toBe(status.DEADLINE_EXCEEDED);
  expect(ends).toEqual(["abandoned", "abandoned", "timeoutHead"]);
});

it("a service is told what is left in grpc-timeout, and gRPC knows it for the deadline of the call", async () => {
  const left: number[] = [];
  const url = await grpcService({
    unary: (call, reply) => {
      left.push(Number(call.getDeadline()) - Date.now());
      reply(null, "well");
    },
  });
  const service = speaking(url, { timeout: { connect: 2_000, response: 9_000 }, deadline: createRemainingTime({}) });
  const calls = client(await http2Gateway(forwarding(service)));
  // Nobody honours what clients say here.
  expect((await calls.get({}, 3_600_000)).code).toBe(0);
  expect(left[0]).toBeGreaterThan(4_000);
  expect(left[0]).toBeLessThanOrEqual(9_000);
});

/** The fields of the one block that an answer of trailers alone has. */
const trailersAlone = (port: number, fields: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>> =>
  new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    session.on("error", reject);
    const stream = session.request({ ":method": "POST", ":path": "/shop.Orders/Get", te: "trailers", ...fields });
    stream.on("error", reject);
    let data = 0;
    stream.on("response", (head) =>
      stream.on("end", () => resolve({ ...head, data })).on("data", (bytes: Buffer) => (data += bytes.length)),
    );
    stream.end(Buffer.from([0, 0, 0, 0, 1, 0x61]));
  });

it("what the gateway refuses is told to gRPC calls in their own way, and to others in that of HTTP", async () => {
  const { url } = await http2Service(() => {});
  const caller = createCallerDeadline({ fromAnyone: true, field: { name: "x-time-left", unit: "ms" } });
  const port = await http2Gateway(forwarding(speaking(url)), { caller });
  const call = { "content-type": "application/grpc" };
  for (const timeout of ["50m", "0n"])
    expect(await trailersAlone(port, { ...call, "grpc-timeout": timeout })).toMatchObject({
      ":status": 200,
      "content-type": "application/grpc",
      "grpc-status": "4",
      "grpc-message": "The time for the request is over",
      data: 0,
    });
  const other = await trailersAlone(port, { "content-type": "application/grpc-web", "x-time-left": "50" });
  expect(other).toMatchObject({ ":status": 504, "content-type": "application/problem+json" });
  // The client of gRPC makes of it what it should.
  const gone = client(await http2Gateway(forwarding(speaking("http://127.0.0.1:1", once))));
  expect(await gone.get()).toMatchObject({
    code: status.UNAVAILABLE,
    details: "The service could not be reached or gave no valid answer",
  });
});
