import { describe, expect, it } from "vitest";
import { requestId } from "../../../compiler/policies/request-id/index.ts";
import { createRequestId } from "../../../runtime/policies/request-id/index.ts";
import { fakeAnswer, fakeExchange, fakeUpstreamRequest } from "../../harness/fake-exchange.ts";
import { findings, loweredConfig } from "../../harness/fake-policy-context.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const idFor = (trust: boolean, ...headers: string[]): string => {
  const x = fakeExchange({ headers });
  createRequestId({ header: "X-Request-Id", trust }).request(x);
  return x.requestId;
};

describe("createRequestId", () => {
  it("makes a new id for each request", () => {
    const ids = Array.from({ length: 1000 }, () => idFor(false));
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(uuid);
  });

  it("takes the client's id only where clients are trusted", () => {
    expect(idFor(false, "X-Request-Id", "abc")).toMatch(uuid);
    expect(idFor(true, "x-request-ID", "abc-123_!~")).toBe("abc-123_!~");
    expect(idFor(true, "X-Request-Id", "x".repeat(128))).toBe("x".repeat(128));
    expect(idFor(true)).toMatch(uuid);
  });

  it.each([
    ["an empty id", ["X-Request-Id", ""]],
    ["a long id", ["X-Request-Id", "x".repeat(129)]],
    ["a space", ["X-Request-Id", "a b"]],
    ["a tab", ["X-Request-Id", "a\tb"]],
    ["letters outside ASCII", ["X-Request-Id", "é"]],
    ["two ids", ["X-Request-Id", "a", "X-Request-Id", "b"]],
  ])("never takes %s", (_, headers) => {
    expect(idFor(true, ...headers)).toMatch(uuid);
  });

  it("tells service and client the same id, and nobody another", () => {
    const policy = createRequestId({ header: "X-Request-Id", trust: false });
    const x = fakeExchange({ headers: ["x-request-id", "forged", "X-Request-Id", "forged"] });
    policy.request(x);
    const upstream = fakeUpstreamRequest(x);
    policy.upstreamRequest(x, upstream);
    expect(upstream.headers.lines).toEqual(["X-Request-Id", x.requestId]);
    x.answer = fakeAnswer({ headers: ["x-request-id", "the service's"] });
    policy.response(x);
    expect(x.answer.headers.lines).toEqual(["X-Request-Id", x.requestId]);
  });

  it("gives an id to an answer that came before its request hook", () => {
    const x = fakeExchange();
    x.answer = fakeAnswer({ status: 204 });
    createRequestId({ header: "X-Request-Id", trust: false }).response(x);
    expect(x.requestId).toMatch(uuid);
    expect(x.answer.headers.get("x-request-id")).toBe(x.requestId);
  });
});

describe("the definition", () => {
  it.each([
    [[], "X-Request-Id"],
    [[], "Correlation-Id"],
    [["request-id/unsuitable-header at /header"], "authorization"],
    [["request-id/unsuitable-header at /header"], "Content-Length"],
  ])("finds %j in %s", (expected, header) => {
    expect(findings(requestId, { header, trust: false })).toEqual(expected);
  });

  it("keeps the spelling", () => {
    expect(loweredConfig(requestId, { header: "X-Request-ID", trust: true })).toEqual({ header: "X-Request-ID", trust: true });
  });
});
