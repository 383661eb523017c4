import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { gatewayYaml, openapiYaml, project } from "./project.ts";

type Files = Readonly<Record<string, string>>;

const check = (files: Files) => gatewright(["check"], { cwd: temporaryFolder({ ...project, ...files }) });
const gateway = (from: string, to: string): Files => {
  expect(gatewayYaml).toContain(from);
  return { "gateway.yaml": gatewayYaml.replace(from, to) };
};
const policies = (text: string): Files => ({ "policies.yaml": text });
const port = '"${env:PORT}"';

/** One mistake, one diagnostic, and what to write instead. */
describe("a mistake of somebody who is new here", () => {
  test.each<[string, Files, string, string]>([
    ["a port in words", gateway(port, "eighty"), "`eighty` is not a port.", "Write it like `8080`"],
    ["a port beyond the last", gateway(port, '"70000"'), "`70000` is not a port.", "`8080`"],
    ["a variable of a shell", gateway(port, "$PORT"), "`$PORT` is not a port.", "Did you mean `${env:PORT}`?"],
    [
      "a listener that is only its port",
      gateway(`{ host: 127.0.0.1, port: ${port} }`, "8080"),
      "has to be a mapping",
      "Write `{ port: 8080 }`.",
    ],
    [
      "a number as duration",
      policies("all:\n  timeout: { response: 3 }\n"),
      "has to be a duration",
      "Write a duration such as `3s`.",
    ],
    ["a duration in words", policies("all:\n  timeout: { response: 3 seconds }\n"), "is not a duration", "Did you mean `3s`?"],
    ["a policy that is only its option", policies("all:\n  requestSize: 1MiB\n"), "has to be", "Write `{ max: 1MiB }`."],
    ["a size in powers of ten", policies("all:\n  requestSize: { max: 1MB }\n"), "is not a size", "Did you mean `1MiB`?"],
    ["a rate as number", policies("all:\n  rateLimit: { limit: 5 }\n"), "has to be a rate", "Write a rate such as `5/s`."],
    ["a rate by minute", policies("all:\n  rateLimit: { limit: 5/min }\n"), "is not a rate", "Did you mean `5/m`?"],
    ["a key of a limit by half", policies("all:\n  rateLimit: { limit: 5/m, by: ip }\n"), "has to be", "Write `peer.ip`."],
    [
      "text instead of a list",
      policies("all:\n  cors: { origins: https://a.example }\n"),
      "has to be a list",
      "Write `[https://a.example]`.",
    ],
    [
      "yes",
      policies("all:\n  cors: { origins: [https://a.example], credentials: yes }\n"),
      "has to be `true` or `false`",
      "Write `true`.",
    ],
    ["a policy switched on", policies("all:\n  requestId: true\n"), "has to be", "Write `{}`."],
    ["public without a reason", policies("all:\n  public: true\n"), "has to be", 'such as `"price list, meant for everybody"`'],
    ["a scheme without alternatives", policies("all:\n  security: partnerKey\n"), "has to be", "Write `[{ partnerKey: [] }]`."],
    [
      "an expression without its key",
      policies("all:\n  authorize: \"'a' in identity.roles\"\n"),
      "has to be",
      "Write `{ require: \"'a' in identity.roles\" }`.",
    ],
    ["no space after the only colon", policies("all:\n  requestId:{}\n"), "has to be a mapping", "Write `{ requestId: {} }`."],
    [
      "no space after a colon in braces",
      policies("all:\n  timeout: { response:3s }\n"),
      "is not a key",
      "Write a space behind the colon: `response: 3s`.",
    ],
    ["a no-break space", policies("all: { requestId: {} }\n\u00a0tags: {}\n"), "is not a key", "no-break space (U+00A0)"],
    [
      "a name with spaces",
      gateway("gateway: shop", "gateway: My Shop"),
      "`My Shop` is not a value for `gateway`.",
      "lower-case letters",
    ],
    [
      "an endpoint without its scheme",
      gateway('"${env:ORDERS_URL}"', '"orders:8080"'),
      "`orders:8080` is not",
      "Did you mean `http://orders:8080`?",
    ],
    [
      "a host with its scheme",
      gateway("    service: orders\n    versions", "    service: orders\n    hosts: [https://api.example.com/]\n    versions"),
      "is not a host name",
      "Did you mean `api.example.com`?",
    ],
    [
      "a path without its slash",
      gateway("    service: orders\n    versions", "    service: orders\n    basePath: shop\n    versions"),
      "is not a path",
      "Did you mean `/shop`?",
    ],
    ["a policy that there is not", policies("all:\n  jwt: {}\n"), "`jwt` is not a key of `all`.", "`validate`"],
    [
      "no services at all",
      gateway('services:\n  orders: { endpoints: ["${env:ORDERS_URL}"] }\n', ""),
      "There is no service `orders`.",
      "Declare one in gateway.yaml",
    ],
    ["no service", gateway("    service: orders\n", ""), "to which service", "Known: `orders`."],
    [
      "a page instead of a spec",
      { "openapi.yaml": "<!DOCTYPE html>\n<html></html>\n" },
      "is a page in HTML or XML",
      "`/openapi.json`",
    ],
    [
      "the spec as policy file",
      gateway("policies: policies.yaml", "policies: openapi.yaml"),
      "is an OpenAPI document, not a policy file",
      "as `spec`",
    ],
    [
      "the policy file as spec",
      { ...gateway("spec: openapi.yaml", "spec: policies.yaml"), ...policies("all: {}\n") },
      "is a policy file, not an OpenAPI document",
      "as `policies`",
    ],
    ["an empty spec", { "openapi.yaml": "" }, "`openapi.yaml` is empty.", "Write the document"],
    [
      "part of an identity misspelt",
      policies("all:\n  authorize: { require: \"'a' in identity.rols\" }\n"),
      "`identity.rols` is not a variable",
      "Did you mean `identity.roles`?",
    ],
    [
      "a variable without its group",
      policies("all:\n  authorize: { require: \"headers['x'] == 'a'\" }\n"),
      "`headers` is not a variable",
      "Did you mean `request.headers`?",
    ],
    [
      "a list asked like text",
      policies("all:\n  authorize: { require: \"identity.roles.contains('a')\" }\n"),
      "does not take",
      "Write `'a' in identity.roles`",
    ],
    [
      "a method of JavaScript",
      policies("all:\n  authorize: { require: \"identity.roles.includes('a')\" }\n"),
      "no method `includes`",
      "Write `item in list`",
    ],
  ])("%s", async (_, files, message, help) => {
    const { code, stderr } = await check(files);
    const text = stderr.replaceAll(/\n +(?=\S)/g, " ");
    expect(text).toContain(message);
    expect(text).toContain(help);
    expect(text).toContain("\n1 error\n");
    expect(stderr, "a frame shows the line").toMatch(/^ +\d+ \|/m);
    expect(code).toBe(1);
  });

  test("five of them give five diagnostics, in the order of the file", async () => {
    const text = gatewayYaml
      .replace("gateway: shop", "gateway: Shop")
      .replace(port, "eighty")
      .replace("    service: orders", "    servce: orders")
      .replace("spec: openapi.yaml", "spec: openapi.yml")
      .replace('endpoints: ["${env:ORDERS_URL}"]', 'endpoints: ["orders:1"], timeout: { response: 5 }');
    const { stderr } = await check({ "gateway.yaml": text });
    expect([...stderr.matchAll(/^ {2}gateway\.yaml:(\d+):/gm)].map((match) => match[1])).toEqual([
      "1",
      "4",
      "7",
      "9",
      "11",
      "11",
    ]);
    expect(stderr).toContain("\n6 errors\n");
  });
});

describe("a scheme that nothing implements", () => {
  const two = openapiYaml
    .replace("tags: [read]", "security: [{ token: [] }]")
    .replace(
      "components:",
      '    post:\n      operationId: createOrder\n      security: [{ token: [] }]\n      responses: { "201": { description: made } }\ncomponents:',
    )
    .replace("partnerKey: { type", "token: { type: http, scheme: digest }\n    partnerKey: { type");

  test("is told once, with every place that requires it and without a remedy that there is not", async () => {
    const { stderr } = await check({ "openapi.yaml": two });
    const text = stderr.replaceAll(/\n +(?=\S)/g, " ");
    expect(text).toContain("`token` is required here, and no provider of gatewright implements `http digest`.");
    expect(text).toContain(
      "only for `apiKey`, `http bearer`, `http basic`, `http hmac`, `http hmac-sha256`, `oauth2`, `openIdConnect` or `mutualTLS`. Declare the scheme as one of those, or remove the requirement,",
    );
    expect(stderr).toContain("and here");
    expect(stderr).toMatch(/\n1 error\n$/);
  });

  test("that has a provider of another name is told that name", async () => {
    const { stderr } = await check(gateway("    partnerKey:", "    partnrKey:"));
    expect(stderr.replaceAll(/\n +(?=\S)/g, " ")).toContain(
      "Did you mean `partnerKey` where gateway.yaml has `identity.schemes.partnrKey`?",
    );
  });
});

test("one line that is wrong for several operations is one diagnostic that names them", async () => {
  const spec = openapiYaml.replace(
    "components:",
    '    post:\n      operationId: createOrder\n      responses: { "201": { description: made } }\ncomponents:',
  );
  const { stderr } = await check({ "openapi.yaml": spec, ...policies("all:\n  public: meant\n") });
  expect(stderr).toContain(
    "listOrders is made `public`, and its `security` requires authentication. The same holds for createOrder.",
  );
  expect(stderr).toContain("\n1 error\n");
});

test.skipIf(process.getuid?.() === 0)("a file that may not be read is named without the path of the machine", async () => {
  const cwd = temporaryFolder(project);
  chmodSync(join(cwd, "openapi.yaml"), 0);
  const { stderr } = await gatewright(["check"], { cwd });
  expect(stderr).toContain("`openapi.yaml` cannot be read: this user has no right to read it.");
});

test("explain shows what the compiler says of its example, and no placeholder for all of it", async () => {
  const { code, stdout } = await gatewright(["explain", "load/missing-key"]);
  expect(stdout).toContain("`all.requestSize` needs the key `max`.");
  expect(stdout).toContain("help  Add `max`: ");
  expect(stdout).not.toMatch(/help +<\w+>/);
  expect(code).toBe(0);
});
