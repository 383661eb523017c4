import { describe, expect, it } from "vitest";
import { timeout } from "../../../compiler/policies/timeout/index.ts";
import { fakePolicyContext, findings } from "../../harness/fake-policy-context.ts";

describe("timeout", () => {
  it("settles the wait for the service and makes no step", () => {
    expect(timeout.lower({ response: "5s" }, fakePolicyContext())).toEqual({
      kind: "forwarding",
      responseTimeout: 5000,
      summary: "answer within 5s",
    });
  });

  it("settles the longest silence, alone or beside it", () => {
    expect(timeout.lower({ idle: "1h" }, fakePolicyContext())).toEqual({
      kind: "forwarding",
      idleTimeout: 3_600_000,
      summary: "silence at most 1h",
    });
    expect(timeout.lower({ response: "5s", idle: "1m" }, fakePolicyContext())).toEqual({
      kind: "forwarding",
      responseTimeout: 5000,
      idleTimeout: 60_000,
      summary: "answer within 5s, silence at most 1m",
    });
    expect(findings(timeout, { idle: "25h" })).toEqual(["timeout/out-of-range at /idle"]);
  });

  it.each([
    [[], "1ms"],
    [[], "24h"],
    [["timeout/out-of-range at /response"], "0s"],
    [["timeout/out-of-range at /response"], "25h"],
  ])("finds %j in %s", (expected, response) => {
    expect(findings(timeout, { response })).toEqual(expected);
  });
});
