import { describe, expect, test } from "vitest";
import { all, type Case, found } from "./guardrail-project.ts";

const anyMethod = (policies: string): string =>
  `  rest: { match: { path: "/**" }, service: pages, policies: { public: pages, ${policies} } }`;

describe("no false alarm", () => {
  test.each<[promise: string, one: Case]>([
    [
      "an instance that enforces beside one that reports",
      { guardrails: `{ ${all} [rateLimit] }`, policies: "all: { rateLimit: [{ limit: 5/s }, { limit: 100/h, mode: report }] }" },
    ],
    [
      "an instance without a condition beside one with",
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: `all: { rateLimit: [{ limit: 5/s }, { limit: 100/h, when: "peer.ip == '::1'" }] }`,
      },
    ],
    [
      "a condition that is always true",
      { guardrails: `{ ${all} [rateLimit] }`, policies: 'all: { rateLimit: { limit: 5/s, when: "true" } }' },
    ],
    [
      "a condition that is true for every method of the operation",
      {
        guardrails: "{ select: { tags: [write] }, require: [rateLimit] }",
        policies: `tags: { write: { rateLimit: { limit: 5/s, when: "request.method == 'POST'" } } }`,
      },
    ],
    [
      "a condition that is true for every path of the operation",
      {
        guardrails: "{ select: { paths: [/orders] }, require: [rateLimit] }",
        policies: `all: { rateLimit: { limit: 5/s, when: "request.path.startsWith('/v1/')" } }`,
      },
    ],
    [
      "two conditions that leave no gap",
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: `all: { rateLimit: [{ limit: 5/s, when: "request.query['a'] == '1'" }, { limit: 9/s, when: "request.query['a'] != '1'" }] }`,
      },
    ],
    [
      "a condition that every request meets that `authorize` lets through",
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: `all: { authorize: { require: "request.headers['x-a'] == '1'" }, rateLimit: { limit: 5/s, when: "request.headers['x-a'] == '1'" } }`,
      },
    ],
    [
      "a condition whose opposite the gateway answers itself",
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: `all: { respond: { status: 403, when: "request.headers['x-a'] == '1'" }, rateLimit: { limit: 5/s, when: "request.headers['x-a'] != '1'" } }`,
      },
    ],
    [
      "a wider `public` that a narrower `security` overrides",
      {
        guardrails:
          "{ select: { all: true }, require: [partnerKey] }, { select: { tags: [read] }, require: [security], forbid: [public] }",
        policies: "all: { security: [{ partnerKey: [] }] }",
        gatewayPolicies: "{ public: everything else }",
      },
    ],
    [
      "alternatives that all hold the scheme",
      { guardrails: `{ ${all} [partnerKey] }`, postSecurity: "[{ partnerKey: [] }, { partnerKey: [], otherKey: [] }]" },
    ],
    [
      "a scheme that the policy file adds to alternatives that lack it",
      {
        guardrails: `{ ${all} [partnerKey] }`,
        postSecurity: "[{ partnerKey: [] }, { otherKey: [] }]",
        policies: "all: { security: [{ partnerKey: [] }] }",
      },
    ],
    [
      "what reaches no service",
      {
        guardrails: `{ ${all} [partnerKey, rateLimit, authorize] }`,
        policies: `all: { rateLimit: { limit: 5/s }, authorize: { require: "identity.subject == 'acme'" } }`,
      },
    ],
    [
      "a narrower route that takes all that the wider one could get",
      {
        guardrails: '{ select: { paths: ["/internal/**"] }, require: [partnerKey] }',
        routes:
          '  open: { match: { path: "/**" }, service: pages, policies: { public: pages } }\n  inside: { match: { path: "/internal/**" }, service: pages, policies: { security: [{ partnerKey: [] }] } }',
      },
    ],
    [
      "a route of its own for the method in question",
      {
        guardrails: "{ select: { methods: [POST] }, require: [partnerKey] }",
        routes:
          '  open: { match: { path: "/files/**" }, service: pages, policies: { public: pages, wayAround: [{ to: [write], because: "pages are only read" }] } }\n  write: { match: { path: "/files/**", methods: [POST] }, service: pages, policies: { security: [{ partnerKey: [] }] } }',
      },
    ],
    [
      "a neighbour that only begins with the same letters",
      {
        guardrails: '{ select: { paths: ["/internal/**"] }, require: [partnerKey], mayBeEmpty: true }',
        routes: "  open: { match: { path: /internals }, service: pages, policies: { public: pages } }",
      },
    ],
    [
      "another path of the spec beside a template",
      {
        guardrails: '{ select: { paths: ["/orders/{orderId}"] }, require: [rateLimit] }',
        policies: "operations: { getOrder: { rateLimit: { limit: 5/s } } }",
      },
    ],
    [
      "a condition that is true for every request of the selected method",
      {
        guardrails: "{ select: { methods: [POST] , services: [pages] }, require: [ipFilter] }",
        routes: anyMethod(`ipFilter: { allow: [10.0.0.0/8], when: "request.method == 'POST'" }`),
      },
    ],
    [
      "a condition that is true for every request under the selected paths",
      {
        guardrails: '{ select: { paths: ["/internal/**", /admin] }, require: [ipFilter] }',
        routes: anyMethod(
          `ipFilter: { allow: [10.0.0.0/8], when: "request.path.startsWith('/internal') || request.path == '/admin'" }`,
        ),
      },
    ],
    ["an operation to come", { guardrails: "{ select: { tags: [internal] }, require: [partnerKey], mayBeEmpty: true }" }],
    [
      "a path to come beside one of today",
      { guardrails: '{ select: { paths: [/orders, "/internal/**"] }, require: [partnerKey], mayBeEmpty: true }' },
    ],
    [
      "a limit by a credential that every request has proven",
      {
        guardrails: "{ select: { tags: [read] }, require: [rateLimit] }",
        policies: "all: { rateLimit: { limit: 5/s, by: { header: X-API-Key } } }",
      },
    ],
    [
      "a limit by what the gateway knows of the caller",
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: `all: { rateLimit: { limit: 5/s, by: { expression: "request.headers['x-a'] == '1' ? identity.subject : peer.ip" } } }`,
      },
    ],
    [
      "a list that allows some addresses",
      { guardrails: `{ ${all} [ipFilter] }`, policies: 'all: { ipFilter: { allow: [0.0.0.0/1, "2001:db8::/32"] } }' },
    ],
    [
      "a list that refuses some addresses",
      { guardrails: `{ ${all} [ipFilter] }`, policies: "all: { ipFilter: { allow: [0.0.0.0/0], deny: [192.0.2.0/24] } }" },
    ],
    ["a validation that has nothing to check on an operation", { guardrails: `{ ${all} [validate] }` }],
    [
      "an expression over the caller",
      {
        guardrails: `{ ${all} [authorize] }`,
        policies: `all: { authorize: { require: "'buyer' in identity.roles || request.method == 'GET'" } }`,
      },
    ],
    [
      "`cors` for any origin, which is what it grants",
      { guardrails: "{ select: { tags: [read] }, require: [cors] }", policies: 'all: { cors: { origins: ["*"] } }' },
    ],
  ])("%s", async (_, one) => expect(await found(one)).toEqual([]));
});
