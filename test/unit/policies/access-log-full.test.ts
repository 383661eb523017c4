import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Exchange, Slot, Wait } from "../../../runtime/exchange/exchange.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { jsonText } from "../../../runtime/log/json-text.ts";
import { RedactedJson } from "../../../runtime/log/redacted-json.ts";
import { createBodyLog } from "../../../runtime/policies/access-log/body-log.ts";
import { createFullLog, type FullLogConfig } from "../../../runtime/policies/access-log/full-log.ts";
import { createNativeLine } from "../../../runtime/policies/access-log/native-line.ts";
import { createRepeatedErrors } from "../../../runtime/policies/access-log/repeated-errors.ts";
import { type FakeRequest, fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";

let now = 0;

beforeEach(() => {
  vi.useFakeTimers();
  now = 1_000;
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  vi.spyOn(clock, "wall").mockImplementation(() => Date.UTC(2026, 11, 1) + now);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const plain: FullLogConfig = {
  line: createNativeLine({ fields: ["status"], query: false, headers: [], redact: [] }),
  names: null,
  hasLevel: true,
  least: 2,
  sample: null,
  slowMs: null,
  repeated: null,
};

function logWith(config: Partial<FullLogConfig>) {
  const lines: Record<string, unknown>[] = [];
  const ends: (() => void)[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = createFullLog({ ...plain, ...config }, { write, atEnd: (last) => void ends.push(last) });
  const end = (): void => {
    for (const last of ends) last();
  };
  return { log, lines, end };
}

function ended(status: number, change: (x: Exchange) => void = () => {}, request: FakeRequest = {}): Exchange {
  const x = fakeExchange({ startedAt: now, ...request });
  x.answer = fakeAnswer({ status });
  x.outcome = "complete";
  change(x);
  return x;
}

const upstream = (times: { startedAt: number; headAt: number }, error = ""): NonNullable<Exchange["upstream"]> => ({
  service: "orders",
  endpoint: "http://a:1",
  endedAt: 0,
  error,
  attempts: [],
  ...times,
});

describe("levels", () => {
  it.each([
    [200, () => {}, "info"],
    [404, () => {}, "warning"],
    [503, () => {}, "error"],
    [200, (x: Exchange): string => (x.outcome = "upstreamBroken"), "error"],
    [200, (x: Exchange): string => (x.outcome = "clientGone"), "warning"],
    [200, (x: Exchange) => x.reports.push({ policy: "validate", status: 400, type: "t" }), "warning"],
  ] as const)("status %d: by how bad the end was (%#)", (status, change, level) => {
    const { log, lines } = logWith({});
    log.done(ended(status, (x) => void change(x)));
    expect(lines).toEqual([{ status, level }]);
  });

  it("below the least nothing is written, of requests that could not be read neither", () => {
    const { log, lines } = logWith({ least: 0 });
    for (const status of [200, 404, 500]) log.done(ended(status));
    log.refused({ ip: "192.0.2.1", connectionIp: "", port: 1, secure: false }, 400, "p", "k", undefined);
    expect(lines).toEqual([{ status: 500, level: "error" }]);
  });
});

describe("sampling", () => {
  it("writes its share of what went well, each line with the rate, and every error", () => {
    const { log, lines } = logWith({ sample: { rate: 0.25, kept: 1 } });
    let turn = 0;
    vi.spyOn(Math, "random").mockImplementation(() => (turn++ % 100) / 100);
    for (let count = 0; count < 400; count++) log.done(ended(200));
    for (let count = 0; count < 40; count++) log.done(ended(count % 2 === 0 ? 404 : 500));
    expect(lines.filter(({ status }) => status === 200)).toHaveLength(100);
    expect(lines.filter(({ status }) => status !== 200)).toHaveLength(40);
    // What a reader adds up: one over the rate for each line.
    const requests = lines.reduce((sum, { sampleRate = 1 }) => sum + 1 / (sampleRate as number), 0);
    expect(requests).toBe(440);
  });

  it("drops errors only where that is said", () => {
    vi.spyOn(Math, "random").mockReturnValue(0.9);
    const { log, lines } = logWith({ sample: { rate: 0.5, kept: -1 } });
    log.done(ended(500));
    expect(lines).toEqual([]);
  });
});

/** Without an end: it is waited for still. */
const wait = (step: string, startedAt: number, endedAt = Number.POSITIVE_INFINITY): Wait => ({
  step,
  startedAt,
  endedAt,
  hasFailed: false,
});

describe("slow requests", () => {
  it("tell what was waited for: steps, the head of the service, the rest", () => {
    const { log, lines } = logWith({ slowMs: 100 });
    const x = ended(200, (one) => {
      one.waits = [
        wait("security", 1_002, 1_030),
        wait("rateLimit", 1_030, 1_040),
        wait("rateLimit", 1_040, 1_045),
        wait("validate", 1_045),
      ];
      one.upstream = upstream({ startedAt: 1_100, headAt: 1_150.5 });
    });
    now = 1_175;
    log.done(x);
    const parts = { security: 28, rateLimit: 15, validate: 55, service: 50.5, body: 24.5 };
    expect(lines).toEqual([{ status: 200, level: "warning", parts }]);
  });

  it("of one that was refused: the step that took so long", () => {
    const { log, lines } = logWith({ slowMs: 100 });
    const x = ended(503, (one) => (one.waits = [wait("security", 1_000)]));
    now = 1_300;
    log.done(x);
    expect(lines).toEqual([{ status: 503, level: "error", parts: { security: 300 } }]);
  });

  it("of one whose service does not answer: the service", () => {
    const { log, lines } = logWith({ slowMs: 100 });
    const x = ended(504, (one) => (one.upstream = upstream({ startedAt: 1_001, headAt: 0 }, "timeout")));
    now = 1_301;
    log.done(x);
    expect(lines[0]!.parts).toEqual({ service: 300 });
  });

  it("are not those that last by their nature", () => {
    const { log, lines } = logWith({ slowMs: 100 });
    const tunnel = ended(101, (one) => (one.upstream = upstream({ startedAt: 1_001, headAt: 1_010 })));
    const stream = ended(200, (one) => {
      one.answer = fakeAnswer({ headers: ["Content-Type", "text/event-stream; charset=utf-8"] });
      one.upstream = upstream({ startedAt: 1_001, headAt: 1_010 });
    });
    now = 100_000;
    log.done(tunnel);
    log.done(stream);
    expect(lines.map(({ level }) => level)).toEqual(["info", "info"]);
  });
});

describe("repeated errors", () => {
  const broken = (error: string) =>
    ended(502, (x) => {
      x.upstream = upstream({ startedAt: now, headAt: 0 }, error);
    });

  it("are written once, counted, and told of at the end of the period", () => {
    const { log, lines } = logWith({ repeated: createRepeatedErrors({ periodMs: 60_000, most: 10 }) });
    for (let count = 0; count < 5; count++) {
      log.done(broken("ECONNREFUSED"));
      now += 1_000;
    }
    log.done(broken("timeout"));
    expect(lines).toHaveLength(2);
    const [first, other] = lines;
    expect(first).toMatchObject({ status: 502, level: "error", fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
    expect(other!.fingerprint).not.toBe(first!.fingerprint);
    now += 60_000;
    vi.advanceTimersByTime(60_000);
    expect(lines[2]).toEqual({
      time: new Date(Date.UTC(2026, 11, 1) + now).toISOString(),
      level: "error",
      message: "repeated",
      fingerprint: first!.fingerprint,
      operation: "orders.v1.listOrders",
      status: 502,
      source: "service",
      error: "ECONNREFUSED",
      count: 4,
      first: "2026-12-01T00:00:02.000Z",
      last: "2026-12-01T00:00:05.000Z",
    });
    expect(lines).toHaveLength(3);
    // A new period: the next one is written as a whole.
    log.done(broken("ECONNREFUSED"));
    expect(lines[3]).toMatchObject({ status: 502, fingerprint: first!.fingerprint });
  });

  it("that are more kinds than are told apart are written", () => {
    const { log, lines } = logWith({ repeated: createRepeatedErrors({ periodMs: 60_000, most: 2 }) });
    for (const error of ["a", "b", "c", "c", "c", "a"]) log.done(broken(error));
    expect(lines.map(({ status }) => status)).toEqual([502, 502, 502, 502, 502]);
  });

  it("that were counted are told of before the process ends", () => {
    const { log, lines, end } = logWith({ repeated: createRepeatedErrors({ periodMs: 60_000, most: 2 }) });
    for (let count = 0; count < 3; count++) log.done(broken("a"));
    end();
    expect(lines[1]).toMatchObject({ message: "repeated", count: 2 });
  });

  it("are never sampled away", () => {
    const { log, lines } = logWith({
      repeated: createRepeatedErrors({ periodMs: 60_000, most: 2 }),
      sample: { rate: 0, kept: -1 },
    });
    log.done(broken("a"));
    expect(lines).toHaveLength(1);
  });
});

describe("text of clients (telemetry row 45)", () => {
  const hostile = 'a\r\nb\u2028c\u2029d\u0085e\u001b[31m\u009b31m\u007f\u202ef\ud800g"\\';

  it.each([hostile, hostile.repeat(10)])("is one line of JSON, whatever is in it", (text) => {
    const json = jsonText(text);
    expect(json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\ud800-\udfff]/);
    expect(JSON.parse(json)).toBe(text);
  });

  it("is one line in every place of a line that it can get to", () => {
    const written: string[] = [];
    const line = createNativeLine({
      fields: ["requestId", "method", "host", "path", "subject", "error", "upgrade", "ip", "problem"],
      query: true,
      headers: ["X-A"],
      redact: [],
    });
    const log = createFullLog({ ...plain, line }, { write: (text) => void written.push(text) });
    const identity = { subject: hostile, scheme: "jwt", roles: [], scopes: [] };
    const request = { method: hostile, host: hostile, path: `/${hostile}`, query: `q=${hostile}`, headers: ["x-a", hostile] };
    log.done(ended(200, () => {}, { ...request, requestId: hostile, identity }));
    expect(written).toHaveLength(1);
    expect(written[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\ud800-\udfff]/);
    expect(JSON.parse(written[0]!)).toMatchObject({ subject: hostile, query: `q=${hostile}`, headers: { "x-a": hostile } });
  });
});

describe("bodies", () => {
  const json = new RedactedJson({
    shapes: [
      {
        members: [
          ["card", 1],
          ["pets", 2],
        ],
      },
      { members: [["number", true]], others: 1 },
      { items: 1 },
    ],
    names: ["iban", "*note*"],
    pointers: [["lines", "*", "price"], ["top"]],
    values: [],
  });
  const shown = (value: unknown, secret: true | number | undefined = 0): unknown =>
    JSON.parse(json.text(value, secret)) as unknown;

  it("lose what schemas, names and pointers say is secret", () => {
    const value = {
      card: { number: "4111", holder: "A", deeper: { number: 1, other: 2 } },
      pets: [{ number: 1, name: "Rex" }],
      IBAN: "DE",
      myNotes: ["a"],
      password: { a: 1 },
      code: "E42",
      lines: [{ price: 1, sku: "x" }, { price: { net: 1 } }],
      top: { price: 1 },
      other: { top: 1 },
    };
    const hidden = "[redacted]";
    expect(shown(value)).toEqual({
      card: { number: hidden, holder: "A", deeper: { number: hidden, other: 2 } },
      pets: [{ number: hidden, name: "Rex" }],
      IBAN: hidden,
      myNotes: hidden,
      password: hidden,
      code: "E42",
      lines: [{ price: hidden, sku: "x" }, { price: hidden }],
      top: hidden,
      other: { top: 1 },
    });
    expect(shown(value, true)).toBe(hidden);
  });

  it.each([null, true, 1.5, "a\u2028", [], {}, [null, [1]]])("%j stays what it is", (value) => {
    expect(shown(value, undefined)).toEqual(value);
  });

  it("keep integers that no double holds", () => {
    expect(json.text({ id: 9_007_199_254_740_993n }, undefined)).toBe('{"id":9007199254740993}');
  });
});

describe("memory for bodies (telemetry row 44)", () => {
  const secrets = { shapes: [], names: [], pointers: [], values: [] };
  const bodies = { request: true, response: true, maxBytes: 16, least: 2, secrets, requestSecret: null, responseSecret: null };
  const json = ["Content-Type", "application/json"];

  async function logged(
    body: string,
    hold: (bytes: number) => boolean,
  ): Promise<{ readonly line: unknown; readonly held: number }> {
    const lines: string[] = [];
    const config = { ...plain, bodies: { ...bodies, slot: 0 as Slot } };
    const log = createBodyLog(config, { write: (line) => void lines.push(line) });
    let held = 0;
    const x = Object.assign(fakeExchange({ method: "POST", headers: json, body }), {
      hold: (bytes: number): boolean => {
        held += bytes;
        return hold(bytes);
      },
    });
    await x.readBody(1_000_000);
    x.bytesReceived = body.length;
    // Each attempt asks once more.
    for (let attempt = 0; attempt < 3; attempt++) log.upstreamRequest(x);
    x.answer = fakeAnswer({ headers: json });
    // The transport collects no more than is wished for, and tells where there is more.
    expect(log.answerHead(x)).toMatchObject({ as: "seen", maxBytes: 16 });
    log.answerBody(x, "tooLarge");
    x.bytesSent = 1_000_000_000;
    x.outcome = "complete";
    log.done(x);
    return { line: JSON.parse(lines[0]!) as unknown, held };
  }

  it("is counted once for each body that is kept, and nothing is kept of one that is larger", async () => {
    const small = await logged('{"a":1}', () => true);
    expect(small).toEqual({
      line: expect.objectContaining({ requestBody: { a: 1 }, responseBodyNotLogged: "size" }) as object,
      held: 7,
    });
    const large = await logged(`{"a":"${"x".repeat(100)}"}`, () => true);
    expect(large).toEqual({ line: expect.objectContaining({ requestBodyNotLogged: "size" }) as object, held: 0 });
  });

  it("that is not there leaves the body out, and the request goes on", async () => {
    const { line } = await logged('{"a":1}', () => false);
    expect(line).toMatchObject({ requestBodyNotLogged: "memory" });
  });
});
