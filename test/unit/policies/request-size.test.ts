import { describe, expect, it } from "vitest";
import { requestSize } from "../../../compiler/policies/request-size/index.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { createRequestSize } from "../../../runtime/policies/request-size/index.ts";
import { fakeExchange, problemOf } from "../../harness/fake-exchange.ts";
import { fakePolicyContext, loweredConfig } from "../../harness/fake-policy-context.ts";

describe("createRequestSize", () => {
  it.each([
    [false, 10, ["Content-Length", "10"]],
    [true, 10, ["content-length", "11"]],
    [false, 10, []],
    [false, 0, ["Content-Length", "0"]],
    [true, 0, ["Content-Length", "1"]],
    [true, 10, ["Content-Length", "99999999999999999999999"]],
    [true, 10, ["Content-Length", "ten"]],
  ])("refuses: %s, with a bound of %i and %j", (refused, max, headers) => {
    const x = fakeExchange({ method: "POST", headers });
    expect(createRequestSize({ max, bounds: true }).request(x)).toBe(refused);
    expect(x.answer?.status).toBe(refused ? 413 : undefined);
  });

  it("says how much is accepted", () => {
    const x = fakeExchange({ headers: ["Content-Length", "65537"] });
    createRequestSize({ max: 65_536, bounds: true }).request(x);
    expect(problemOf(x)).toMatchObject({
      type: "urn:gatewright:problem:content-too-large",
      detail: "At most 65536 bytes are accepted.",
    });
  });

  it("has the transport count a body of unknown length, and never widens another bound", () => {
    const unbounded = fakeExchange({ headers: ["Transfer-Encoding", "chunked"] });
    createRequestSize({ max: 10, bounds: true }).request(unbounded);
    expect(unbounded.maxBodyBytes).toBe(10);
    const bounded = fakeExchange({ maxBodyBytes: 5 });
    createRequestSize({ max: 10, bounds: true }).request(bounded);
    expect(bounded.maxBodyBytes).toBe(5);
  });
});

describe("the definition", () => {
  it("counts in bytes", () => {
    expect(loweredConfig(requestSize, { max: "64KiB" })).toEqual({ max: 65_536, bounds: true });
    expect(requestSize.lower({ max: "64KiB" }, fakePolicyContext())).toMatchObject({
      body: "counted",
      mayAnswer: true,
      summary: "at most 64KiB",
    });
  });

  it("bounds nothing in report mode, and judges a body of unknown length when it is over", () => {
    const lowered = requestSize.lower({ max: "10B" }, { ...fakePolicyContext(), mode: "report" });
    expect(lowered).toMatchObject({ config: { max: 10, bounds: false }, hooks: ["request", "done"] });
    const step = createRequestSize({ max: 10, bounds: false });
    const x = Object.assign(fakeExchange({ headers: ["Transfer-Encoding", "chunked"] }), { bytesReceived: 11 });
    expect(step.request(x)).toBe(false);
    expect(x.maxBodyBytes).toBe(Number.POSITIVE_INFINITY);
    step.done(x);
    const violations = [expect.objectContaining({ in: "body", keyword: "size" })];
    const type = "urn:gatewright:problem:content-too-large";
    expect(x.reports).toEqual([{ policy: "requestSize", status: 413, type, violations }]);
    // An announced length was judged at the start.
    const announced = Object.assign(fakeExchange({ headers: ["Content-Length", "11"] }), { bytesReceived: 11 });
    step.done(announced);
    expect(announced.reports).toEqual([]);
    // What is behind a switch of protocols is no body (RFC 9110 §7.8).
    const switched = Object.assign(fakeExchange({ headers: ["Upgrade", "bytes"] }), { bytesReceived: 11 });
    switched.answer = { status: 101, headers: new HeaderList([]), body: undefined, source: "service" };
    step.done(switched);
    expect(switched.reports).toEqual([]);
  });
});
