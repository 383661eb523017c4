import * as conventions from "@opentelemetry/semantic-conventions";
import { describe, expect, it } from "vitest";
import type { AttemptRecord, Exchange } from "../../../runtime/exchange/exchange.ts";
import { clock } from "../../../runtime/life/clock.ts";
import type { Span } from "../../../runtime/telemetry/span.ts";
import { fakeOperation } from "../../harness/fake-exchange.ts";
import { stillClock } from "../../harness/still-clock.ts";
import {
  answered,
  attemptWith,
  attributes,
  type Changes,
  expression,
  pass,
  remoteSpan,
  remoteTrace,
  requestWith,
  type Told,
  tracing,
  upstream,
} from "./support/pass.ts";

const time = stillClock();

describe("spans", () => {
  const spansOf = (request: Told, end?: (x: Exchange) => void): readonly Span[] => pass(tracing(), request, end).spans;

  it("have names of which there are few, and methods that nobody knows are other ones (Tracing row 12)", () => {
    const operation = { template: "/orders/{id}" };
    const [server, client] = spansOf({ method: "GET", path: "/orders/17", operation });
    expect([server!.name, client!.name, attributes(server)["http.route"]]).toEqual(["GET /orders/{id}", "GET", "/orders/{id}"]);
    expect(spansOf({ path: "/secret/17", operation: { template: "" } })[0]!.name).toBe("GET");
    const [unknown] = spansOf({ method: "FOO", operation });
    expect(unknown!.name).toBe("HTTP /orders/{id}");
    expect(attributes(unknown)).toMatchObject({ "http.request.method": "_OTHER", "http.request.method_original": "FOO" });
    expect(spansOf({ method: "FOO", operation: { template: "" } })[0]!.name).toBe("HTTP");
  });

  it.each<[string, (x: Exchange) => void, string, string]>([
    ["404 of the service", ending(404, { status: 404 }), "0", "2 404"],
    ["401 of ours", ending(401, undefined, "security"), "0", "none"],
    ["500 of the service", ending(500, { status: 500 }), "2 500", "2 500"],
    ["503 of ours", ending(503, undefined, "gateway"), "2 503", "none"],
    ["200", ending(200, { status: 200 }), "0", "0"],
    ["no answer in time", ending(504, { status: 0, error: "timeout" }, "gateway"), "2 timeout", "2 timeout"],
    [
      "no connection",
      ending(502, { status: 0, error: "ECONNREFUSED" }, "gateway"),
      "2 connection_refused",
      "2 connection_refused",
    ],
    [
      "a failure that nobody has a word for",
      ending(502, { status: 0, error: "EWEIRD1" }, "gateway"),
      "2 connection_failed",
      "2 connection_failed",
    ],
    ["an answer that breaks off", broken({ status: 200, error: "ECONNRESET" }), "2 reset", "2 reset"],
  ])("%s (Tracing row 13)", (_what, end, server, client) => {
    const spans = spansOf({}, end);
    const told = (span: Span | undefined): string =>
      span === undefined ? "none" : `${span.status} ${String(attributes(span)["error.type"] ?? "")}`.trim();
    expect([told(spans[0]), told(spans[1])]).toEqual([server, client]);
  });

  function ending(status: number, attempt: Partial<AttemptRecord> | undefined, source = "service") {
    return (x: Exchange): void => {
      answered(status, source)(x);
      x.outcome = attempt?.error === undefined ? "complete" : "upstreamBroken";
      x.upstream =
        attempt === undefined ? undefined : { ...upstream, error: attempt.error ?? "", attempts: [attemptWith(attempt)] };
    };
  }

  function broken(attempt: Partial<AttemptRecord>) {
    return (x: Exchange): void => {
      ending(200, attempt)(x);
      x.outcome = "upstreamBroken";
    };
  }

  it("a client that leaves ends its span at once, with what there is (Tracing row 14)", () => {
    const [server, client] = spansOf({}, (x) => {
      x.upstream = { ...upstream, attempts: [attemptWith({ status: 200, error: "abandoned" })] };
      answered(200)(x);
      x.outcome = "clientGone";
      time.pass(30);
    });
    expect([server!.status, attributes(server)["error.type"], server!.end - server!.start]).toEqual([2, "client_gone", 30]);
    expect([client!.status, attributes(client)["gatewright.abandoned"], attributes(client)["error.type"]]).toEqual([
      0,
      true,
      undefined,
    ]);
  });

  it("have 1024 characters at most of each part that clients choose, behind the secrets in it", () => {
    const { policy, spans } = tracing({ redact: ["sig"] });
    const long = "a".repeat(7_000);
    const x = requestWith({ path: `/${long}`, host: long, query: `sig=${long}&q=${long}`, lines: [["User-Agent", long]] });
    policy.request(x);
    const attempt = attemptWith({});
    x.trace!.attemptLines(attempt, `GET ${x.path}?${x.query} HTTP/1.1\r\nHost: `, "orders");
    x.upstream = { ...upstream, attempts: [attempt] };
    answered(200)(x);
    policy.done(x);
    const server = attributes(spans[0]);
    for (const key of ["url.path", "server.address", "url.query", "user_agent.original"])
      expect([key, String(server[key]).length]).toEqual([key, 1_024]);
    expect(server["url.query"]).toMatch(/^sig=REDACTED&q=a/);
    const { length } = `http://orders:8080?`;
    expect(String(attributes(spans[1])["url.full"])).toHaveLength(length + 2 * 1_024);
  });

  it("leave out the values of secret parameters, by names with their case (Tracing row 15)", () => {
    const { policy, spans } = tracing({ redact: ["sig", "X-Amz-Signature"] });
    const x = requestWith({ query: "sig=abc&q=1&Sig=kept&s%69g=abc&X-Amz-Signature=a=b&sig" });
    policy.request(x);
    const attempt = attemptWith({});
    x.trace!.attemptLines(attempt, `GET /base/orders?${x.query} HTTP/1.1\r\nHost: `, "orders");
    x.upstream = { ...upstream, attempts: [attempt] };
    answered(200)(x);
    policy.done(x);
    const redacted = "sig=REDACTED&q=1&Sig=kept&s%69g=REDACTED&X-Amz-Signature=REDACTED&sig";
    expect(attributes(spans[0])["url.query"]).toBe(redacted);
    expect(attributes(spans[1])["url.full"]).toBe(`http://orders:8080/base/orders?${redacted}`);
  });

  it("each attempt is a sibling with an id of its own, and says how many were before (Tracing row 16)", () => {
    const { policy, spans } = tracing();
    const x = requestWith();
    policy.request(x);
    const attempts = [attemptWith({ status: 503 }), attemptWith({}), attemptWith({ status: 0, error: "ECONNREFUSED" })];
    // To the last one there was no connection: nothing was told.
    const told = attempts.slice(0, 2).map((attempt) => x.trace!.attemptLines(attempt, "GET / HTTP/1.1\r\nHost: ", "orders"));
    x.upstream = { ...upstream, attempts };
    answered(200)(x);
    policy.done(x);
    const [server, ...clients] = spans;
    expect(clients.map(({ parentSpanId }) => parentSpanId)).toEqual([server!.spanId, server!.spanId, server!.spanId]);
    expect(clients.map((span) => attributes(span)["http.request.resend_count"])).toEqual([undefined, 1, 2]);
    expect(told.map((lines, index) => lines.includes(clients[index]!.spanId))).toEqual([true, true]);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(4);
  });

  it("a tunnel ends its spans with its end (Tracing row 17)", () => {
    const [server, client] = spansOf({}, (x) => {
      answered(101)(x);
      time.pass(60_000);
      x.upstream = {
        ...upstream,
        endedAt: time.monotonic,
        attempts: [attemptWith({ status: 101, endedAt: time.monotonic - 60_000 })],
      };
    });
    expect([server!.end - server!.start, client!.end - server!.start]).toEqual([60_000, 60_000]);
  });

  it("what a request waited for is a span of its own", () => {
    const { policy, spans } = tracing();
    const x = requestWith();
    policy.request(x);
    const startedAt = time.monotonic;
    time.pass(12);
    x.waits = [{ step: "externalAuthorization", startedAt, endedAt: time.monotonic, hasFailed: true }];
    answered(200)(x);
    policy.done(x);
    expect(spans[1]).toMatchObject({ name: "externalAuthorization", kind: 1, status: 2, parentSpanId: spans[0]!.spanId });
    expect(spans[1]!.end - spans[1]!.start).toBe(12);
  });

  it("times are those of the wall clock, and finer than it", () => {
    const { policy, spans } = tracing();
    time.pass(0.375);
    pass({ policy, spans });
    const { start } = spans[0]!;
    expect(Math.abs(start - time.wall)).toBeLessThan(1);
    expect(spans[1]!.start).toBe(start);
  });

  it("have no attribute that the semantic conventions do not know, but for our own", () => {
    const known = new Set(Object.values<unknown>({ ...conventions }));
    const { policy, spans } = tracing();
    const x = requestWith({
      method: "FOO",
      query: "a=b",
      lines: [["User-Agent", "curl"]],
      requestId: "1",
      operation: { template: "/a" },
    });
    policy.request(x);
    x.waits = [{ step: "security", startedAt: 0, endedAt: 1, hasFailed: true }];
    ending(502, { status: 502, error: "timeout" })(x);
    x.upstream!.attempts.push(attemptWith({ error: "abandoned" }));
    policy.done(x);
    const names = new Set(spans.flatMap((span) => Object.keys(attributes(span))));
    expect([...names].filter((name) => !known.has(name) && !name.startsWith("gatewright."))).toEqual([]);
    expect(names.size).toBeGreaterThan(15);
  });
});

it("a request that was answered before the policy ran has its span all the same, as the share and the caller say", () => {
  const of = (share: number, ...lines: readonly (readonly [string, string])[]): readonly Span[] => {
    const { policy, spans } = tracing({ trust: "always", sampling: { share } });
    const x = requestWith({ operation: fakeOperation({ template: "" }), lines });
    answered(400)(x);
    policy.response(x);
    policy.done(x);
    return spans;
  };
  expect(of(1).map(({ name, status, parentSpanId }) => [name, status, parentSpanId])).toEqual([["GET", 0, ""]]);
  expect(of(0)).toEqual([]);
  const told = ["traceparent", `00-${remoteTrace}-${remoteSpan}-01`] as const;
  expect(of(0, told).map(({ traceId, parentSpanId }) => [traceId, parentSpanId])).toEqual([[remoteTrace, remoteSpan]]);
});

describe("a request that cannot be read", () => {
  const peer = { ip: "198.51.100.7", connectionIp: "192.0.2.1", port: 4711, secure: true };
  const refusedBy = (changes: Changes, status = 400): readonly Span[] => {
    const { policy, spans } = tracing(changes);
    policy.refused(peer, status, "urn:gatewright:problem:bad-request", "bad-chunk", undefined);
    return spans;
  };

  it("has a span by the share and the rate alone, and where errors are kept one if it is an error of the server", () => {
    expect(refusedBy({}).map(({ name, kind, status }) => [name, kind, status])).toEqual([["HTTP", 2, 0]]);
    const never = { share: 0, always: expression(() => true) };
    expect(refusedBy({ sampling: never })).toEqual([]);
    expect(refusedBy({ sampling: { share: 0 }, keep: {} }, 400)).toEqual([]);
    expect(refusedBy({ sampling: { share: 0 }, keep: {} }, 503).map((span) => attributes(span)["error.type"])).toEqual(["503"]);
    expect(refusedBy({ sampling: { share: 0 }, keep: { errors: false, slowerThan: 1 } }, 503)).toEqual([]);
    const { policy, spans } = tracing({ sampling: { most: 2 } });
    for (let count = 0; count < 5; count++)
      policy.refused(peer, 400, "urn:gatewright:problem:bad-request", "bad-chunk", undefined);
    expect(spans).toHaveLength(2);
  });
});

it("keeps no more than 64 of the gateway's own requests, and ends those under way with the request", () => {
  const { policy, spans } = tracing();
  const x = requestWith();
  policy.request(x);
  const calls = Array.from({ length: 70 }, (_, index) => x.trace!.call("BREW", new URL(`https://a.example/${index}?sig=abc`), 0));
  expect(new Set(calls.map(({ fields }) => fields.traceparent)).size).toBe(70);
  calls[0]!.ended(0, "headTimeout");
  calls[1]!.ended(0, "aborted");
  time.pass(40);
  answered(200)(x);
  policy.done(x);
  const [, first, second, third, ...more] = spans;
  expect(more).toHaveLength(61);
  const told = [first, second, third].map((span) => [span!.status, attributes(span)["error.type"], span!.end - span!.start]);
  expect(told).toEqual([
    [2, "timeout", 0],
    [0, undefined, 0],
    [0, undefined, 40],
  ]);
  expect(attributes(first)).toMatchObject({
    "http.request.method": "_OTHER",
    "http.request.method_original": "BREW",
    "url.full": "https://a.example/0?sig=REDACTED",
    "server.address": "a.example",
    "server.port": 443,
  });
});

it("exports a request that nobody waits for when it ends, with what turned out about it, if the request itself is exported", () => {
  const { policy, spans } = tracing();
  const x = requestWith();
  policy.request(x);
  const [copy, quick] = ["copy", "quick"].map((name) => x.trace!.call("GET", new URL(`https://a.example/${name}`), 0, true));
  quick!.ended(200, "");
  answered(200)(x);
  policy.done(x);
  expect(spans.map((span) => attributes(span)["url.full"])).toEqual([undefined, "https://a.example/quick"]);
  time.pass(40);
  const endedAt = clock.monotonic();
  time.pass(40);
  copy!.ended(200, "", { endedAt, attributes: ["gatewright.mirror.comparison", "same"] });
  expect(spans).toHaveLength(3);
  expect(attributes(spans[2])).toMatchObject({ "url.full": "https://a.example/copy", "gatewright.mirror.comparison": "same" });
  expect(spans[2]!.end - spans[2]!.start).toBe(40);
  expect([spans[2]!.traceId, spans[2]!.parentSpanId]).toEqual([spans[0]!.traceId, spans[0]!.spanId]);

  // The control: of one that is not exported, nothing is.
  const never = tracing({ sampling: { share: 0 } });
  const other = requestWith();
  never.policy.request(other);
  const late = other.trace!.call("GET", new URL("https://a.example/"), 0, true);
  answered(200)(other);
  never.policy.done(other);
  late.ended(200, "");
  expect(never.spans).toEqual([]);
});
