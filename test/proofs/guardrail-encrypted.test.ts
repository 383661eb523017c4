import { expect, test } from "vitest";
import { type Case, found } from "./guardrail-project.ts";

const api = "{ select: { apis: [orders] }, require: [encrypted] }";
const everything = "{ select: { all: true }, require: [encrypted] }";
const routeTo = "operations: { createOrder: { routeTo: { service: pages } } }";

test.each<[string, Case, string]>([
  ["the endpoint is http", { guardrails: api }, "`orders` is reached without TLS"],
  [
    "the scheme of the endpoint is a setting",
    { guardrails: api, endpoint: "${env:ORDERS_URL}" },
    "is only known when the gateway starts; begin its endpoint with `https://`",
  ],
  [
    "a route of the selection goes elsewhere",
    {
      guardrails: everything,
      endpoint: "https://orders.internal",
      routes: "  pages: { match: { path: /pages }, service: pages, policies: { public: pages } }",
    },
    "`pages` is reached without TLS",
  ],
])("`encrypted` is broken: %s", async (_what, one, expected) => {
  expect((await found(one)).join("\n")).toContain(expected);
});

test.each<[string, Case]>([
  ["the endpoint is https", { guardrails: api, endpoint: "https://orders.internal" }],
  ["only the host of the endpoint is a setting", { guardrails: api, endpoint: "https://${env:ORDERS_HOST}" }],
  ["what is not selected may be in clear", { guardrails: "{ select: { paths: [/status] }, require: [encrypted] }" }],
  ["the gateway answers itself", { guardrails: everything, endpoint: "https://orders.internal" }],
])("`encrypted` holds: %s", async (_what, one) => {
  expect(await found(one)).toEqual([]);
});

test("`encrypted` holds for the services among which a step chooses", async () => {
  const one = { guardrails: api, endpoint: "https://orders.internal", policies: routeTo };
  expect((await found(one)).join("\n")).toContain("`pages` is reached without TLS");
});

test("`encrypted` is nothing that can be forbidden", async () => {
  const guardrails = "{ select: { all: true }, forbid: [encrypted] }";
  expect((await found({ guardrails })).join("\n")).toContain("`encrypted`");
});
