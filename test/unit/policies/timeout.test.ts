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

  it.each([
    [[], "1ms"],
    [[], "24h"],
    [["timeout/out-of-range at /response"], "0s"],
    [["timeout/out-of-range at /response"], "25h"],
  ])("finds %j in %s", (expected, response) => {
    expect(findings(timeout, { response })).toEqual(expected);
  });
});
