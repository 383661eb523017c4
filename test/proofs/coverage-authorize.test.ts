import { describe, expect, it } from "vitest";
import { remarksOn } from "../../compiler/ir/remarks.ts";
import { compileProject } from "../harness/compile-project.ts";

const project = (policies: string, gatewayParts: string): Map<string, string> =>
  new Map([
    [
      "gateway.yaml",
      `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { orders: { service: orders, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } } }
services: { orders: { endpoints: [http://127.0.0.1:9001] } }
identity:
  schemes:
    partnerKey:
      apiKey:
        keys:
          acme: { key: { env: ACME_KEY }, roles: [buyer, clerk, admin] }
          zenith: { key: { env: ZENITH_KEY }, roles: [clerk] }
${gatewayParts}
`,
    ],
    [
      "openapi.yaml",
      `openapi: 3.1.0
info: { title: Orders, version: "1" }
security: [{ partnerKey: [] }]
components: { securitySchemes: { partnerKey: { type: apiKey, in: header, name: X-API-Key } } }
paths:
  /orders:
    get: { operationId: listOrders, responses: { "200": { description: ok } } }
`,
    ],
    ["policies.yaml", policies],
  ]);

/** What `coverage` tells of `listOrders`, or the codes of what stops the build. */
async function told(authorize: string, gatewayParts = "", wide?: string): Promise<readonly string[]> {
  const all = wide === undefined ? "" : `all: { authorize: ${wide} }\n`;
  const { ir, diagnostics } = await compileProject(
    project(`${all}operations: { listOrders: { authorize: ${authorize} } }`, gatewayParts),
  );
  if (ir === undefined) return diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
  return remarksOn(ir.operations.find(({ operationId }) => operationId === "listOrders")!, ir);
}

describe("an authorize that lets everybody through does not build, or coverage names it", () => {
  it.each([
    ["an empty policy", "{}", ["authorize/demands-nothing"]],
    ["a detail alone", "{ detail: no }", ["authorize/demands-nothing"]],
    [
      "an exception from nothing",
      `{ allow: [{ name: admins, if: "'admin' in identity.roles" }] }`,
      ["authorize/demands-nothing"],
    ],
    ["an empty list of rules", "{ rules: [] }", ["load/wrong-size"]],
    ["no roles", "{ roles: {} }", ["load/wrong-size"]],
    ["an empty list of roles", "{ roles: { anyOf: [] } }", ["load/wrong-size"]],
    ["a condition that asks for nothing", "{ require: \"request.path != ''\" }", ["has no effect"]],
    ["one that the method makes true", "{ require: \"request.method == 'GET' || request.method == 'HEAD'\" }", ["has no effect"]],
    ["a rule that the method makes true", "{ rules: [{ require: \"request.method in ['GET', 'HEAD']\" }] }", ["has no effect"]],
    [
      "rules of which each is true where it applies",
      `{ rules: [{ when: "'admin' in identity.roles", require: "'admin' in identity.roles" }, { when: "!('admin' in identity.roles)", require: "!('admin' in identity.roles)" }] }`,
      ["has no effect"],
    ],
    [
      "an exception for everybody",
      `{ allow: [{ name: all, if: "request.method != 'POST'" }], roles: { allOf: [admin] } }`,
      ["demands nothing else of all", "has no effect"],
    ],
    [
      "two exceptions that are for everybody together",
      `{ allow: [{ name: a, if: "'admin' in identity.roles" }, { name: b, if: "!('admin' in identity.roles)" }], roles: { allOf: [admin] } }`,
      ["demands nothing else of a", "demands nothing else of b", "has no effect"],
    ],
    ["mode: report", "{ require: \"'admin' in identity.roles\", mode: report }", ["only reports"]],
    [
      "a condition under which it runs",
      "{ require: \"'admin' in identity.roles\", when: \"request.host == 'a'\" }",
      ["only runs where"],
    ],
    [
      "an exception for some",
      `{ allow: [{ name: admins, if: "'admin' in identity.roles" }], roles: { allOf: [buyer] } }`,
      ["demands nothing else of admins"],
    ],
  ])("%s", async (_, authorize, expected) => {
    const found = await told(authorize);
    expect(found.map((text) => expected.find((part) => text.includes(part)) ?? text).sort()).toEqual([...expected].sort());
  });

  it("off, where a wider scope demands something", async () => {
    expect(await told("off", "", "{ roles: { allOf: [admin] } }")).toEqual(["`authorize` is switched off"]);
  });

  it("a list that has a name and is not there, or is empty", async () => {
    expect(await told("{ rules: orders }")).toEqual(["authorize/unknown-rules"]);
    expect(await told("{ rules: orders }", "authorization: { orders: [] }")).toEqual(["load/wrong-size"]);
  });
});

describe("coverage says nothing of an authorize that decides", () => {
  it.each([
    ["a role", "{ require: \"'admin' in identity.roles\" }"],
    ["roles", "{ roles: { anyOf: [buyer, clerk] } }"],
    ["scopes and a condition", "{ roles: { allOf: [buyer] }, require: \"identity.subject != 'zenith'\" }"],
    ["a condition on the client", "{ require: \"request.host == 'shop.example.com'\" }"],
    ["rules", `{ rules: [{ when: "request.method == 'GET'", require: "'clerk' in identity.roles" }] }`],
    [
      "a rule that only says whom it is about, as others are refused",
      `{ rules: [{ when: "'admin' in identity.roles", require: "request.method in ['GET', 'HEAD']" }] }`,
    ],
    ["several", "[{ roles: { allOf: [buyer] } }, { require: \"identity.subject == 'acme'\" }]"],
  ])("%s", async (_, authorize) => expect(await told(authorize)).toEqual([]));

  it("that has rules with a name", async () => {
    const rules = "authorization: { orders: [{ require: \"'buyer' in identity.roles\" }] }";
    expect(await told("{ rules: orders }", rules)).toEqual([]);
  });
});
