import { afterEach, describe, expect, it, vi } from "vitest";
import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { lineOf } from "../../../runtime/log/line-of.ts";
import { isSecretName, redactQuery, redactUrl, refusedPath } from "../../../runtime/log/redaction.ts";
import { createEcsLine } from "../../../runtime/policies/access-log/ecs-line.ts";
import { type AccessLogConfig, type AccessLogField, createAccessLog } from "../../../runtime/policies/access-log/index.ts";
import { createTimestamps } from "../../../runtime/policies/access-log/timestamps.ts";
import { type FakeRequest, fakeAnswer, fakeExchange } from "../../harness/fake-exchange.ts";

const fields: readonly AccessLogField[] = [
  ...(["time", "requestId", "method", "host", "path", "operation", "api", "version", "status", "source", "outcome"] as const),
  ...([
    "durationMs",
    "upstreamMs",
    "service",
    "endpoint",
    "error",
    "bytesIn",
    "bytesOut",
    "ip",
    "subject",
    "scheme",
    "reports",
  ] as const),
];

function logged(
  config: Partial<AccessLogConfig>,
  request: FakeRequest,
  change: (x: Exchange) => void = () => {},
): Record<string, unknown> {
  vi.spyOn(clock, "wall").mockReturnValue(Date.UTC(2026, 11, 1, 8, 0, 0, 7));
  vi.spyOn(clock, "monotonic").mockReturnValue(112.3456);
  const lines: string[] = [];
  const log = createAccessLog(
    { fields, query: false, headers: [], redact: [], ...config },
    { write: (line) => void lines.push(line) },
  );
  const x = fakeExchange({ startedAt: 100, ...request });
  x.answer = fakeAnswer();
  x.outcome = "complete";
  change(x);
  log.done(x);
  log.done(x);
  expect(lines[1]).toBe(lines[0]);
  return JSON.parse(lines[0]!) as Record<string, unknown>;
}

afterEach(() => void vi.restoreAllMocks());

describe("line", () => {
  it("holds everything known about the exchange", () => {
    const identity = { subject: "acme", scheme: "partnerKey", roles: [], scopes: [] };
    const line = logged({}, { requestId: "r-1", path: '/o"\\', identity }, (x) => {
      x.upstream = {
        service: "orders",
        endpoint: "http://a:1",
        startedAt: 101,
        headAt: 103.5,
        endedAt: 104,
        error: "",
        attempts: [],
      };
      x.bytesReceived = 3;
      x.bytesSent = 5;
      x.reports.push({ policy: "rateLimit", status: 429, type: "urn:gatewright:problem:rate-limited" });
    });
    expect(line).toEqual({
      time: "2026-12-01T08:00:00.007Z",
      requestId: "r-1",
      method: "GET",
      host: "shop.example.com",
      path: '/o"\\',
      operation: "orders.v1.listOrders",
      api: "orders",
      version: "v1",
      status: 200,
      source: "service",
      outcome: "complete",
      durationMs: 12.346,
      upstreamMs: 2.5,
      service: "orders",
      endpoint: "http://a:1",
      bytesIn: 3,
      bytesOut: 5,
      ip: "192.0.2.1",
      subject: "acme",
      scheme: "partnerKey",
      reports: [{ policy: "rateLimit", status: 429, type: "urn:gatewright:problem:rate-limited" }],
    });
  });

  it("tells of each attempt where there were several", () => {
    const [first, second] = ["http://a:1", "http://b:1"].map((url) => ({ url }));
    const line = logged({ fields: ["endpoint", "attempts"] }, {}, (x) => {
      const attempts = [
        { endpoint: first!, startedAt: 101, headAt: 102, endedAt: 102.5, status: 503, error: "", hasArrived: true },
        { endpoint: second!, startedAt: 110, headAt: 0, endedAt: 111, status: 0, error: "ECONNRESET", hasArrived: true },
        { endpoint: first!, startedAt: 120, headAt: 121, endedAt: 122, status: 200, error: "", hasArrived: true },
      ];
      x.upstream = { service: "orders", endpoint: "http://a:1", startedAt: 101, headAt: 121, endedAt: 122, error: "", attempts };
    });
    expect(line).toEqual({
      endpoint: "http://a:1",
      attempts: [
        { endpoint: "http://a:1", status: 503, ms: 1.5 },
        { endpoint: "http://b:1", error: "ECONNRESET", ms: 1 },
        { endpoint: "http://a:1", status: 200, ms: 2 },
      ],
    });
  });

  it("names trace and span where the request has them, in both formats", () => {
    const trace = {
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      spanId: "00f067aa0ba902b7",
      isSampled: false,
      attemptLines: () => "",
      call: () => ({ fields: {}, ended: () => {} }),
    };
    const { traceId, spanId } = trace;
    const wanted = { fields: ["traceId", "spanId"] as const };
    expect(logged(wanted, {}, (x) => void (x.trace = trace))).toEqual({ traceId, spanId });
    expect(logged(wanted, {})).toEqual({});
    const x = fakeExchange();
    x.trace = trace;
    const ecs = createEcsLine({ ...wanted, query: false, headers: [], redact: [], gateway: "shop" });
    expect(JSON.parse(lineOf(ecs.members(x)))).toMatchObject({ "trace.id": traceId, "span.id": spanId });
  });

  it("leaves out what the exchange does not have", () => {
    const line = logged({}, { operation: { api: "", version: "" } }, (x) => {
      x.answer = undefined;
      x.outcome = "clientGone";
      x.upstream = {
        service: "orders",
        endpoint: "",
        startedAt: 101,
        headAt: 0,
        endedAt: 0,
        error: "ECONNREFUSED",
        attempts: [],
      };
    });
    expect(Object.keys(line)).toEqual([
      "time",
      "method",
      "host",
      "path",
      "operation",
      "outcome",
      "durationMs",
      "service",
      "error",
      "bytesIn",
      "bytesOut",
      "ip",
    ]);
  });

  it("holds the chosen fields alone", () => {
    expect(logged({ fields: ["status"] }, {})).toEqual({ status: 200 });
    expect(logged({ fields: ["requestId"] }, {})).toEqual({});
  });

  it("has no query unless asked, and then none of its secrets", () => {
    const request = { query: "page=2&access_token=abc&x=1" };
    expect(logged({ fields: ["path"] }, request)).toEqual({ path: "/orders" });
    expect(logged({ fields: ["path"], query: true, redact: ["X"] }, request)).toEqual({
      path: "/orders",
      query: "page=2&access_token=[redacted]&x=[redacted]",
    });
  });

  it("shows that a credential was there, not which", () => {
    const headers = ["user-agent", 'a"b', "authorization", "Bearer abc", "x-api-key", "k", "x-tenant", "t"];
    const line = logged(
      { fields: ["status"], headers: ["User-Agent", "Authorization", "X-Api-Key", "X-Tenant", "X-None"], redact: ["x-TENANT"] },
      { headers },
    );
    expect(line.headers).toEqual({
      "user-agent": 'a"b',
      authorization: "[redacted]",
      "x-api-key": "[redacted]",
      "x-tenant": "[redacted]",
    });
    expect(logged({ fields: ["status"], headers: ["X-None"] }, {})).toEqual({ status: 200 });
  });
});

describe("redaction", () => {
  const none = new Set<string>();

  it.each([
    ["a=1&api_key=x&b", "a=1&api_key=[redacted]&b"],
    ["acc%65ss_token=x", "acc%65ss_token=[redacted]"],
    ["token", "token"],
    ["token=", "token=[redacted]"],
    ["&a==b&&%zz=1", "&a==b&&%zz=1"],
    ["", ""],
    // Separators of HTML 4.01, B.2.2; names as frameworks spell them.
    ["a=1;access_token=s;b=2&c=3;d", "a=1;access_token=[redacted]&c=3;d"],
    ["a;code=s", "a;code=[redacted]"],
    ["api.key=s&api+key=s&api%20key=s", "api.key=[redacted]&api+key=[redacted]&api%20key=[redacted]"],
  ])("%j becomes %j", (query, expected) => expect(redactQuery(query, none)).toBe(expected));

  it.each([
    // The URL standard ends the credentials of a URL at the last `@` in front of the path.
    ["https://u:p@ss@host/x", "https://[redacted]@host/x"],
    ["<https://host/?access_token=s>; rel=next", "<https://host/?access_token=[redacted]"],
    ["?access_token=s", "?access_token=[redacted]"],
    ["#id_token=s", "#id_token=[redacted]"],
    ["curl/8 (a=b?)", "curl/8 (a=b?)"],
  ])("the field value %j becomes %j", (text, expected) => expect(redactUrl(text, none)).toBe(expected));

  it("a target that was refused shows no credentials", () =>
    expect(refusedPath("http://u:p@ss@host/%zz")).toBe("http://[redacted]@host/%zz"));

  it.each([
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "X-API-Key",
    "apikey",
    "client_secret",
    "X-Auth-Token",
    "code",
    "PASSWORD",
    "X-Amz-Signature",
    "id_token",
  ])("takes %s for a secret", (name) => expect(isSecretName(name, none)).toBe(true));
  it.each(["User-Agent", "page", "keyword", "country-code", "Accept"])("does not take %s for one", (name) =>
    expect(isSecretName(name, none)).toBe(false),
  );
});

it("writes times as Date does", () => {
  const timestamps = createTimestamps();
  for (const time of [0, 999, 1000, 1_764_576_000_012, 1_764_576_000_999, 1_764_576_001_000, 951_782_400_100]) {
    expect(timestamps.format(time)).toBe(new Date(time).toISOString());
  }
});
