import { describe, expect, it } from "vitest";
import { pages } from "../../compiler/diagnostics/pages.gen.ts";
import { compileProject } from "../harness/compile-project.ts";
import { importsOf, parse, sourceFiles } from "./source-files.ts";

/** What a project has that an example does not write. */
const defaults: Readonly<Record<string, string>> = {
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis:
  orders: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: orders }
services: { orders: { endpoints: [http://127.0.0.1:9001] } }
identity: { schemes: { partnerKey: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } } } }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
security: [{ partnerKey: [] }]
components:
  securitySchemes:
    partnerKey: { type: apiKey, in: header, name: X-API-Key }
paths:
  /orders:
    get: { operationId: listOrders, tags: [read], responses: { "200": { description: ok } } }
    post: { operationId: createOrder, tags: [write], responses: { "201": { description: created } } }
  /orders/{orderId}:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
    get: { operationId: getOrder, tags: [read], responses: { "200": { description: ok } } }
`,
  "policies.yaml": "{}\n",
};

const codesOf = async (files: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const { codes } = await compileProject(new Map(Object.entries({ ...defaults, ...files })));
  return [...new Set(codes)];
};

it("the default project of the examples has no fault", async () => {
  expect(await codesOf({})).toEqual([]);
});

describe.each(Object.entries(pages))("%s", (code, page) => {
  it("says what is wrong, why it matters and what to do", () => {
    expect([page.message, page.label, page.why, page.help].filter((text) => text === "")).toEqual([]);
    expect(page.message).toMatch(/[.?!}]$/);
  });

  it("is what its bad example gives, and nothing else", async () => {
    expect(Object.keys(page.bad)).not.toEqual([]);
    expect(await codesOf(page.bad)).toEqual([code]);
  });

  it("does not come from its good example, nor does anything else", async () => {
    expect(Object.keys(page.good)).not.toEqual([]);
    expect(await codesOf(page.good)).toEqual([]);
  });
});

it("every message function is used", () => {
  const files = sourceFiles("compiler");
  const used = new Set(files.flatMap(importsOf).flatMap(({ to, names }) => names.map((name) => `${to} ${name}`)));
  const made = files
    .filter(({ path }) => path.endsWith("/messages.gen.ts"))
    .flatMap((file) => [...parse(file).text.matchAll(/^export const (\w+) =/gm)].map((match) => `${file.path} ${match[1]}`));
  expect(made.length).toBeGreaterThan(0);
  expect(made.filter((name) => !used.has(name))).toEqual([]);
});
