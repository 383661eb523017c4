import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";

const secret = "type: object, properties: { note: { type: string }, code: { type: string, format: password } }";
const text = "[{ name: q, in: query, schema: { type: string } }]";

/** One operation for each row: what it takes, and what it answers with. `warned`: a caller can put text beside the secret. */
const rows: readonly (readonly [
  id: string,
  warned: boolean,
  method: string,
  parameters: string,
  answer: string,
  compress?: string,
])[] = [
  ["text in the query", true, "get", text, secret],
  ["text in lists", true, "get", "[{ name: q, in: query, schema: { type: array, items: { type: string } } }]", secret],
  [
    "text in members",
    true,
    "get",
    "[{ name: q, in: query, style: deepObject, schema: { type: object, properties: { a: { type: string } } } }]",
    secret,
  ],
  ["any value", true, "get", "[{ name: q, in: query, schema: {} }]", secret],
  ["a secret in a list", true, "get", text, `type: array, items: { ${secret} }`],
  ["a secret in a member", true, "get", text, `type: object, properties: { inner: { ${secret} } }`],
  ["x-sensitive", true, "get", text, "type: object, properties: { code: { type: string, x-sensitive: true } }"],
  ["a number in the query", false, "get", "[{ name: q, in: query, schema: { type: integer } }]", secret],
  // A page cannot make a browser send those to another origin without being asked first (Fetch, CORS preflight).
  ["text in a field", false, "get", "[{ name: X-Q, in: header, schema: { type: string } }]", secret],
  ["nothing", false, "get", "[]", secret],
  ["no secret", false, "get", text, "type: object, properties: { note: { type: string } }"],
  ["what only changes", false, "delete", text, secret],
  ["switched off", false, "get", text, secret, "off"],
];

test("the build warns where a caller can put text beside a secret, and nowhere else (BREACH)", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  const name = (at: number): string => `operation${at}`;
  const paths = rows.map(
    ([, , method, parameters, answer], at) => `  /${at}:
    ${method}:
      operationId: ${name(at)}
      parameters: ${parameters}
      responses: { "200": { description: it, content: { application/json: { schema: { ${answer} } } } } }
`,
  );
  // Each in a line of its own: what one line causes for several operations is said once.
  const policies = rows.map(([, , , , , compress = "{}"], at) => `  ${name(at)}: { compress: ${compress} }\n`);
  const files = {
    "openapi.yaml": `openapi: 3.1.0\ninfo: { title: Secrets, version: "1" }\npaths:\n${paths.join("")}`,
    "policies.yaml": `all: { public: sample }\noperations:\n${policies.join("")}`,
    "gateway.yaml": `gateway: secrets
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 8080 } }
services: { backend: { endpoints: ["http://127.0.0.1:9"] } }
apis: { secrets: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: backend } }
`,
  };
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  const { diagnostics } = await checkGateway(join(folder, "gateway.yaml"));
  rmSync(folder, { recursive: true });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const said = diagnostics.filter(({ code }) => code === "compress/secret-beside-input").map(({ message }) => message);
  const isWarned = (at: number): boolean => said.some((message) => message.includes(`of ${name(at)} `));
  expect(rows.map(([id], at) => [id, isWarned(at)])).toEqual(rows.map(([id, warned]) => [id, warned]));
});
