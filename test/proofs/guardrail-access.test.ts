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
      "`public` is forbidden, and nothing is required beside it",
      {
        guardrails: "{ select: { all: true }, forbid: [public] }",
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

describe("credentials that are passed through prove nothing by themselves", () => {
  const writing = "select: { tags: [write] }, require:";
  test.each<[promise: string, one: Case]>([
    ["`security` is asked for", { guardrails: `{ ${writing} [security] }`, postSecurity: "[{ token: [] }]" }],
    ["the scheme itself is asked for", { guardrails: `{ ${writing} [token] }`, postSecurity: "[{ token: [] }]" }],
    [
      "a verified scheme is an alternative",
      { guardrails: `{ ${writing} [security] }`, postSecurity: "[{ partnerKey: [] }, { token: [] }]" },
    ],
    [
      "they are accepted, and another scheme is asked for",
      { guardrails: `{ ${writing} [partnerKey], acceptPassThrough: true }`, postSecurity: "[{ token: [] }]" },
    ],
    [
      "they are accepted, and the operation is public",
      {
        guardrails: `{ ${writing} [security], acceptPassThrough: true }`,
        postSecurity: "[{}, { token: [] }]",
        policies: "operations: { createOrder: { public: trial } }",
      },
    ],
    [
      "callers choose their own counter: any token passes",
      {
        guardrails: `{ ${writing} [rateLimit] }`,
        postSecurity: "[{ sentKey: [] }]",
        policies: "operations: { createOrder: { rateLimit: { limit: 5/m, by: { header: X-Sent } } } }",
      },
    ],
  ])("not met: %s", async (_, one) => {
    expect((await found(one)).map((message) => message.split(":")[0])).toEqual(["check/guardrail-broken"]);
  });

  test.each<[promise: string, one: Case]>([
    [
      "they are accepted for `security`",
      { guardrails: `{ ${writing} [security], acceptPassThrough: true }`, postSecurity: "[{ token: [] }]" },
    ],
    [
      "they are accepted for the scheme",
      { guardrails: `{ ${writing} [token], acceptPassThrough: true }`, postSecurity: "[{ token: [] }]" },
    ],
    [
      "a verified scheme is required with them",
      { guardrails: `{ ${writing} [security] }`, postSecurity: "[{ token: [], partnerKey: [] }]" },
    ],
  ])("met: %s", async (_, one) => expect(await found(one)).toEqual([]));

  test("it is said which credentials they are", async () => {
    const [message] = await found({ guardrails: `{ ${writing} [security] }`, postSecurity: "[{ token: [] }]" });
    expect(message).toContain("its credentials are passed through, and only the service verifies them");
  });

  test.each([
    ["a limit by identity", "rateLimit: { limit: 5/m, by: identity.subject }", "[{ token: [] }]", "check/unprovided"],
    [
      "a limit by identity, where only some have one",
      "rateLimit: { limit: 5/m, by: identity.subject }",
      "[{ partnerKey: [] }, { token: [] }]",
      "check/unprovided",
    ],
    [
      "an expression over the identity",
      `authorize: { require: "identity.subject == 'acme'" }`,
      "[{ token: [] }]",
      "only the service knows",
    ],
  ])("%s does not build", async (_, policy, postSecurity, expected) => {
    const policies = `operations: { createOrder: { ${policy} } }`;
    expect((await found({ guardrails: `{ ${all} [public], mayBeEmpty: true }`, postSecurity, policies })).join("\n")).toContain(
      expected,
    );
  });
});
