import { describe, expect, test } from "vitest";
import { compileProject } from "../harness/compile-project.ts";
import { type Case, found, project } from "./guardrail-project.ts";

describe("a selector finds what it speaks of, however the operation is written", () => {
  const open = (match: string): string => `  open: { match: ${match}, service: pages, policies: { public: pages } }`;
  test.each<[promise: string, witness: RegExp | undefined, one: Case]>([
    [
      "a route without methods for a method",
      /POST \/files/,
      { guardrails: "{ select: { methods: [POST] }, require: [partnerKey] }", routes: open('{ path: "/files/**" }') },
    ],
    [
      "what answers GET for HEAD",
      /HEAD \/files/,
      { guardrails: "{ select: { methods: [HEAD] }, require: [partnerKey] }", routes: open("{ path: /files, methods: [GET] }") },
    ],
    [
      "a path below a glob",
      undefined,
      { guardrails: '{ select: { paths: ["/internal/**"] }, require: [partnerKey] }', routes: open("{ path: /internal/users }") },
    ],
    [
      "the path of a glob itself",
      undefined,
      { guardrails: '{ select: { paths: ["/internal/**"] }, require: [partnerKey] }', routes: open("{ path: /internal }") },
    ],
    [
      "a segment for `*`",
      undefined,
      {
        guardrails: '{ select: { paths: ["/internal/*/keys"] }, require: [partnerKey] }',
        routes: open('{ path: "/internal/{name}/keys" }'),
      },
    ],
    [
      "a wider route for a glob",
      /\/internal/,
      { guardrails: '{ select: { paths: ["/internal/**"] }, require: [partnerKey] }', routes: open('{ path: "/**" }') },
    ],
    [
      "a wider route for one path",
      /GET \/internal\/status`/,
      {
        guardrails: "{ select: { paths: [/internal/status] }, require: [partnerKey] }",
        routes: open('{ path: "/{area}/status" }'),
      },
    ],
    [
      "a wider route beside narrower ones that are right",
      /\/internal/,
      {
        guardrails: '{ select: { paths: ["/internal/**"] }, require: [partnerKey] }',
        routes: `${open('{ path: "/**" }')}\n  inside: { match: { path: "/internal/{name}" }, service: pages, policies: { security: [{ partnerKey: [] }] } }`,
      },
    ],
    ["a path of the spec behind its prefix", undefined, { guardrails: "{ select: { paths: [/orders] }, require: [rateLimit] }" }],
    ["a public path", undefined, { guardrails: "{ select: { paths: [/v1/orders] }, require: [rateLimit] }" }],
    ["a glob over paths of a spec", undefined, { guardrails: '{ select: { paths: ["/orders/**"] }, require: [rateLimit] }' }],
    ["a parameter by another name", undefined, { guardrails: '{ select: { paths: ["/orders/{id}"] }, require: [rateLimit] }' }],
    [
      "a service",
      undefined,
      { guardrails: "{ select: { services: [pages] }, require: [partnerKey] }", routes: open("{ path: /files }") },
    ],
    [
      "a service that `routeTo` chooses",
      undefined,
      {
        guardrails: "{ select: { services: [pages] }, require: [rateLimit] }",
        policies: `operations: { getOrder: { routeTo: { service: pages, when: "request.query['beta'] == '1'" } } }`,
      },
    ],
    [
      "a host, in whatever case",
      undefined,
      { guardrails: "{ select: { hosts: [Admin.Example.com] }, require: [rateLimit] }", hosts: "[ADMIN.example.com]" },
    ],
    [
      "a host below a pattern",
      undefined,
      { guardrails: '{ select: { hosts: ["*.example.com"] }, require: [rateLimit] }', hosts: "[admin.example.com]" },
    ],
    [
      "a route for any host",
      /for host admin\.example\.com/,
      { guardrails: "{ select: { hosts: [admin.example.com] }, require: [partnerKey] }", routes: open("{ path: /files }") },
    ],
    [
      "a slash at the end, where none is the same",
      undefined,
      {
        guardrails: "{ select: { paths: [/files/] }, require: [partnerKey] }",
        routes: open("{ path: /files }"),
        routing: "{ trailingSlash: ignore }",
      },
    ],
  ])("%s", async (_, witness, one) => {
    const { diagnostics } = await compileProject(project(one));
    expect(diagnostics.map(({ code }) => code)).toContain("check/guardrail-broken");
    const shown = diagnostics
      .flatMap(({ related }) => related.map(({ text }) => text))
      .filter((text) => text.startsWith("selects it"));
    if (witness === undefined) expect(shown).toEqual([]);
    else expect(shown.join("\n")).toMatch(witness);
  });
});

describe("a selector that means nothing is an error", () => {
  test.each<[one: string, message: RegExp]>([
    ["{ select: { tags: [internal] }, require: [partnerKey] }", /guardrail-selects-nothing/],
    ["{ select: { tags: [write, wrtie] }, require: [partnerKey] }", /no tag `wrtie`/],
    ["{ select: { services: [ordres] }, require: [partnerKey] }", /no service `ordres`/],
    ["{ select: { apis: [ordres] }, require: [partnerKey], mayBeEmpty: true }", /no API `ordres`/],
    ['{ select: { paths: ["/orders/**/items"] }, require: [partnerKey] }', /by the path `\/orders\/\*\*\/items`/],
    ["{ select: { paths: [/orders, /ordres] }, require: [partnerKey] }", /no path `\/ordres`/],
    ["{ select: { all: true }, require: [metrics], forbid: [publik] }", /`publik` is neither/],
  ])("%s", async (guardrails, message) =>
    expect((await found({ guardrails, gatewayPolicies: "{ metrics: {} }" })).join("\n")).toMatch(message),
  );
});
