import { describe, expect, it } from "vitest";
import { remarksOn } from "../../compiler/ir/remarks.ts";
import { compileProject } from "../harness/compile-project.ts";

const project = (policies: string, guardrails: string): Map<string, string> =>
  new Map([
    [
      "gateway.yaml",
      `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { orders: { service: orders, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } } }
services: { orders: { endpoints: [http://127.0.0.1:9001] } }
identity: { schemes: { partnerKey: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } } } }
guardrails: [${guardrails}]
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

const url = "https://pdp.internal";
const wanted = "{ select: { all: true }, require: [externalAuthorization] }";

/** What `coverage` tells of `listOrders`, or the codes of what stops the build. */
async function told(options: string, guardrails = "", wide = ""): Promise<readonly string[]> {
  const { ir, diagnostics } = await compileProject(
    project(`${wide}operations: { listOrders: { externalAuthorization: ${options} } }`, guardrails),
  );
  if (ir === undefined) return diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
  return remarksOn(ir.operations[0]!, ir);
}

describe("decisions that let requests pass undecided: coverage names it, and where they are required the build stops", () => {
  it.each([
    [
      "onFailure: allow",
      `forwardAuth: { url: "${url}" }, onFailure: { allow: it checks again }`,
      "out of reach: “it checks again”",
    ],
    ["mode: report", `forwardAuth: { url: "${url}" }, mode: report`, "only reports"],
    ["a condition", `forwardAuth: { url: "${url}" }, when: "request.host == 'a'"`, "only runs where `request.host == 'a'`"],
    [
      "the same question for everybody",
      `opa: { url: "${url}", input: { app: "'shop'" } }`,
      "is asked the same for every request",
    ],
    ["the time alone", `http: { url: "${url}", input: { time: now } }`, "is asked the same for every request"],
  ])("%s", async (_, options, expected) => {
    const remarks = await told(`{ ${options} }`);
    expect(remarks).toHaveLength(1);
    expect(remarks[0]).toContain(expected);
    expect(await told(`{ ${options} }`, wanted)).toEqual(["check/guardrail-broken"]);
  });

  it("off, where a wider scope has one", async () => {
    const wide = `all: { externalAuthorization: { forwardAuth: { url: "${url}" } } }\n`;
    expect(await told("off", "", wide)).toEqual(["`externalAuthorization` is switched off"]);
    expect(await told("off", wanted, wide)).toEqual(["check/guardrail-broken"]);
  });

  it("decisions about others", async () => {
    const cache = "cache: { ttl: 10s, acrossIdentities: only the resource counts }";
    const [remark] = await told(`{ opa: { url: "${url}", input: { path: request.path } }, ${cache} }`);
    expect(remark).toContain("takes a decision about one identity for that about another: “only the resource counts”");
  });

  it.each([
    ["nobody to ask", "{ timeout: 1s }", "external-authorization/not-one-protocol"],
    ["two to ask", `{ forwardAuth: { url: "${url}" }, extAuthz: { url: "${url}" } }`, "external-authorization/not-one-protocol"],
    ["no reason", `{ forwardAuth: { url: "${url}" }, onFailure: allow }`, "load/wrong-type"],
    ["an empty reason", `{ forwardAuth: { url: "${url}" }, onFailure: { allow: "" } }`, "load/wrong-size"],
    ["no input", `{ opa: { url: "${url}", input: {} } }`, "load/wrong-size"],
    [
      "fields that clients write",
      `{ forwardAuth: { url: "${url}", toService: [X-Plan] } }`,
      "external-authorization/client-writes",
    ],
    [
      "claims of clients",
      `{ extAuthz: { url: "${url}", forward: [X-Forwarded-User] } }`,
      "external-authorization/claim-forwarded",
    ],
  ])("%s does not build", async (_, options, code) => expect(await told(options)).toEqual([code]));
});

describe("coverage says nothing of decisions that decide, and guardrails are content with them", () => {
  it.each([
    ["http", `http: { url: "${url}", input: { user: identity.subject } }`],
    ["opa", `opa: { url: "${url}", input: { user: identity.subject, path: request.path } }`],
    ["authzen", `authzen: { url: "${url}", resource: { type: orders, id: "'all'" } }`],
    ["forwardAuth", `forwardAuth: { url: "${url}", toService: [X-User-Name] }`],
    ["extAuthz", `extAuthz: { url: "${url}", maxBody: 1KiB }`],
    ["a cache", `forwardAuth: { url: "${url}" }, cache: { ttl: 10s }`],
    [
      "a cache by expressions",
      `opa: { url: "${url}", input: { user: identity.subject } }, cache: { ttl: 10s, by: [request.path] }`,
    ],
  ])("%s", async (_, options) => expect(await told(`{ ${options} }`, wanted)).toEqual([]));
});
