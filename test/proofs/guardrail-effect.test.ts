import { describe, expect, test } from "vitest";
import { compileProject } from "../harness/compile-project.ts";
import { all, type Case, found } from "./guardrail-project.ts";

describe("a guardrail is not met by a policy that is there and has no effect on every request", () => {
  test.each<[promise: string, lack: RegExp, one: Case]>([
    [
      "that only reports",
      /only reports/,
      { guardrails: `{ ${all} [rateLimit] }`, policies: "all: { rateLimit: { limit: 5/s, mode: report } }" },
    ],
    [
      "that is switched off in a narrower scope",
      /switched off/,
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: "all: { rateLimit: { limit: 5/s } }\ntags: { write: { rateLimit: off } }",
      },
    ],
    [
      "whose condition a client decides",
      /only runs where `request.headers/,
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: `all: { rateLimit: { limit: 5/s, when: "request.headers['x-slow'] == '1'" } }`,
      },
    ],
    [
      "whose condition is never true",
      /only runs where `false`/,
      { guardrails: `{ ${all} [rateLimit] }`, policies: 'all: { rateLimit: { limit: 5/s, when: "false" } }' },
    ],
    [
      "whose condition is false in another spelling",
      /only runs/,
      { guardrails: `{ ${all} [rateLimit] }`, policies: 'all: { rateLimit: { limit: 5/s, when: "1 == 2" } }' },
    ],
    [
      "whose condition picks out callers",
      /only runs/,
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: `all: { rateLimit: { limit: 5/s, when: "identity.subject != 'acme'" } }`,
      },
    ],
    [
      "whose condition leaves out HEAD, which a GET operation answers",
      /only runs where `request.method/,
      {
        guardrails: "{ select: { methods: [GET] }, require: [rateLimit] }",
        policies: `all: { rateLimit: { limit: 5/s, when: "request.method == 'GET'" } }`,
      },
    ],
    [
      "whose two conditions leave a gap",
      /only runs/,
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: `all: { rateLimit: [{ limit: 5/s, when: "request.query['a'] == '1'" }, { limit: 9/s, when: "request.query['a'] == '2'" }] }`,
      },
    ],
    [
      "whose instances report, or have a condition",
      /only runs/,
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: `all: { rateLimit: [{ limit: 5/s, mode: report }, { limit: 9/s, when: "peer.ip == '::1'" }] }`,
      },
    ],
    [
      "whose condition leaves out one of the selected paths",
      /only runs where/,
      {
        guardrails: '{ select: { paths: ["/internal/**", /admin] }, require: [ipFilter] }',
        routes: `  rest: { match: { path: "/**" }, service: pages, policies: { public: pages, ipFilter: { allow: [10.0.0.0/8], when: "request.path.startsWith('/internal')" } } }`,
      },
    ],
    [
      "that lets bodies of any size through",
      /no request is larger/,
      {
        guardrails: "{ select: { tags: [write] }, require: [requestSize] }",
        policies: "all: { requestSize: { max: 99999999GiB } }",
      },
    ],
    [
      "that validates no requests",
      /`request: off`/,
      { guardrails: `{ ${all} [validate] }`, policies: "all: { validate: { request: off } }" },
    ],
    [
      "that validates answers only",
      /`request: off`/,
      { guardrails: `{ ${all} [validate] }`, policies: "all: { validate: { request: off, response: enforce } }" },
    ],
    [
      "that reports invalid requests",
      /`request: report`/,
      { guardrails: `{ ${all} [validate] }`, policies: "all: { validate: { request: report } }" },
    ],
    [
      "that has no spec to validate against",
      /no spec/,
      {
        guardrails: "{ select: { services: [pages] }, require: [validate] }",
        routes: "  files: { match: { path: /files }, service: pages, policies: { public: pages, validate: {} } }",
      },
    ],
    [
      "that authorizes everybody",
      /true for every request/,
      { guardrails: `{ ${all} [authorize] }`, policies: 'all: { authorize: { require: "true" } }' },
    ],
    [
      "that authorizes everybody in other words",
      /true for every request/,
      {
        guardrails: `{ ${all} [authorize] }`,
        policies: `all: { authorize: { require: "request.method != 'GET' || request.method != 'POST'" } }`,
      },
    ],
    [
      "that authorizes whoever is authenticated",
      /true for every request/,
      { guardrails: `{ ${all} [authorize] }`, policies: `all: { authorize: { require: "identity.subject != ''" } }` },
    ],
    [
      "that authorizes whoever sends a field",
      /true for every request/,
      {
        guardrails: `{ ${all} [authorize] }`,
        policies: `all: { authorize: { require: "request.headers['x-a'] == request.headers['x-a']" } }`,
      },
    ],
    [
      "that allows every IPv4 address",
      /every IPv4 address/,
      { guardrails: `{ ${all} [ipFilter] }`, policies: "all: { ipFilter: { allow: [0.0.0.0/0] } }" },
    ],
    [
      "that allows every address of both families",
      /every IPv4 address/,
      { guardrails: `{ ${all} [ipFilter] }`, policies: 'all: { ipFilter: { allow: [0.0.0.0/0, "::/0"] } }' },
    ],
    [
      "that allows every address in two halves",
      /every IPv4 address/,
      { guardrails: `{ ${all} [ipFilter] }`, policies: "all: { ipFilter: { allow: [128.0.0.0/1, 0.0.0.0/1] } }" },
    ],
    [
      "that limits to more than can come",
      /more than a gateway can answer/,
      { guardrails: `{ ${all} [rateLimit] }`, policies: "all: { rateLimit: { limit: 100000000/s } }" },
    ],
    [
      "that counts by what a client makes up",
      /new `X-Tenant` gets a new counter/,
      { guardrails: `{ ${all} [rateLimit] }`, policies: "all: { rateLimit: { limit: 5/s, by: { header: X-Tenant } } }" },
    ],
    [
      "that counts by an expression over what a client makes up",
      /chooses its counter/,
      {
        guardrails: `{ ${all} [rateLimit] }`,
        policies: `all: { rateLimit: { limit: 5/s, by: { expression: "identity.subject + request.path" } } }`,
      },
    ],
    [
      "that limits what is under way by what a client makes up",
      /chooses with whom it is counted/,
      {
        guardrails: `{ ${all} [concurrency] }`,
        policies: `all: { concurrency: { limit: 5, by: "request.headers['x-tenant']" } }`,
      },
    ],
    [
      "that lets a client say how important it is",
      /chooses its class/,
      { guardrails: `{ ${all} [priority] }`, policies: `all: { priority: { class: "request.headers['x-class']" } }` },
    ],
    [
      "that sets no field",
      /each of its fields is off/,
      {
        guardrails: "{ select: { tags: [write] }, require: [securityHeaders] }",
        policies:
          "all: { securityHeaders: { strictTransportSecurity: off, contentTypeOptions: off, frameOptions: off, contentSecurityPolicy: off, referrerPolicy: off, crossOriginResourcePolicy: off, remove: [] } }",
      },
    ],
    [
      "of which an answer of the gateway's own has none",
      /no scope gives it one/,
      { guardrails: `{ ${all} [securityHeaders] }`, policies: "all: { securityHeaders: {} }" },
    ],
    ["of which there is none", /no scope gives it one/, { guardrails: `{ ${all} [requestSize] }` }],
  ])("%s", async (_, lack, one) => {
    const messages = await found(one);
    expect(messages.filter((message) => message.startsWith("check/guardrail-broken"))).not.toEqual([]);
    for (const message of messages) expect(message).toMatch(lack);
  });
});

test.each(["jti", "iat", "exp"])(
  "a limit that counts by the claim `%s`, of which each token has another, is none",
  async (claim) => {
    const gateway = {
      gateway: "shop",
      compatibility: "2026-12-01",
      listeners: { public: { port: 8080 } },
      services: { orders: { endpoints: ["http://127.0.0.1:9001"] } },
      identity: {
        schemes: {
          login: {
            jwt: {
              issuer: "https://login.example.com/",
              audience: "shop",
              claims: { jti: { type: "string" }, iat: { type: "integer" }, exp: { type: "integer" }, org: { type: "string" } },
            },
          },
        },
      },
      guardrails: [{ select: { methods: ["GET"] }, require: ["rateLimit"] }],
    };
    const by = (name: string): object => {
      const expression = `has(identity.claims.${name}) ? string(identity.claims.${name}) : ''`;
      const policies = { security: [{ login: [] }], rateLimit: { limit: "5/s", by: { expression } } };
      return { ...gateway, routes: { orders: { match: { path: "/orders", methods: ["GET"] }, service: "orders", policies } } };
    };
    const codes = async (name: string): Promise<readonly string[]> => {
      const { diagnostics } = await compileProject(new Map([["gateway.yaml", JSON.stringify(by(name))]]));
      return diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
    };
    expect(await codes(claim)).toEqual(["check/guardrail-broken"]);
    expect(await codes("org")).toEqual([]);
  },
);
