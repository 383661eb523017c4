import { describe, expect, test } from "vitest";
import { all, type Case, found } from "./guardrail-project.ts";

describe("a required scheme is proven by every request", () => {
  test.each<[promise: string, one: Case]>([
    [
      "it stands beside alternatives that lack it",
      { guardrails: `{ ${all} [partnerKey] }`, postSecurity: "[{ partnerKey: [] }, { otherKey: [] }]" },
    ],
    ["another scheme is required", { guardrails: `{ ${all} [partnerKey] }`, postSecurity: "[{ otherKey: [] }]" }],
    [
      "a narrower scope makes the operation public",
      { guardrails: `{ ${all} [partnerKey] }`, postSecurity: "[]", policies: "operations: { createOrder: { public: trial } }" },
    ],
    [
      "credentials are optional",
      {
        guardrails: `{ ${all} [partnerKey] }`,
        postSecurity: "[{}, { partnerKey: [] }]",
        policies: "operations: { createOrder: { public: trial } }",
      },
    ],
    [
      "`security` is asked for, and the operation is public",
      { guardrails: `{ ${all} [security] }`, postSecurity: "[]", policies: "operations: { createOrder: { public: trial } }" },
    ],
    [
      "`public` is forbidden, and the operation is",
      {
        guardrails: "{ select: { all: true }, require: [metrics], forbid: [public] }",
        gatewayPolicies: "{ metrics: {} }",
        postSecurity: "[]",
        policies: "operations: { createOrder: { public: trial } }",
      },
    ],
    [
      "a scheme is forbidden, and an alternative takes it",
      {
        guardrails: `{ select: { tags: [write] }, require: [security], forbid: [otherKey] }`,
        postSecurity: "[{ partnerKey: [] }, { otherKey: [] }]",
      },
    ],
  ])("not met: %s", async (_, one) => {
    const messages = await found(one);
    expect(messages.map((message) => message.split(":")[0])).toContain(
      one.guardrails.includes("forbid") ? "check/guardrail-forbids" : "check/guardrail-broken",
    );
  });

  test("one place that breaks two guardrails is reported for both, and for every operation", async () => {
    const policies = "operations: { createOrder: { public: trial } }";
    const messages = await found({ guardrails: `{ ${all} [partnerKey, rateLimit, security] }`, postSecurity: "[]", policies });
    const lacks = messages.flatMap((message) => /createOrder\) must have `(\w+)`/.exec(message)?.[1] ?? []);
    expect(lacks.sort()).toEqual(["partnerKey", "rateLimit", "security"]);
  });

  test("`public` and `security` in one scope contradict each other", async () => {
    const messages = await found({
      guardrails: `{ ${all} [partnerKey] }`,
      postSecurity: "[]",
      policies: "operations: { createOrder: { public: trial, security: [{ partnerKey: [] }] } }",
    });
    expect(messages.join("\n")).toMatch(/check\/public-contradicts-security/);
  });
});
