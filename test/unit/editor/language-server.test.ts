import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectSchemas } from "../../../compiler/commands/schema/project-schemas.ts";
import { writeSchemas } from "../../../compiler/commands/schema/write-schemas.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { load } from "../../../compiler/phases/1-load/index.ts";
import { formats } from "../../../compiler/text/formats.ts";
import { LanguageServer } from "../../harness/language-server.ts";
import { repository } from "../../harness/sample.ts";
import { project } from "../load/project.ts";

/** What yaml-language-server, which editors run, says and offers: the schemas are written for it. */
let server: LanguageServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  for (const [file, text] of Object.entries(project)) writeFileSync(join(folder, file), text);
  const sources = await load(`${folder}/gateway.yaml`, new DiagnosticSink());
  writeSchemas(join(folder, "schemas"), projectSchemas(sources, folder));
  server = await LanguageServer.start(folder);
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const kinds = { gateway: "gateway.schema.json", policies: "policy-file.schema.json" } as const;
const withSchema = (path: string, text: string): string => `# yaml-language-server: $schema=${path}\n${text}\n`;
const generic = (kind: keyof typeof kinds, text: string): string =>
  withSchema(join(repository, "schema/editor", kinds[kind]), text);
let files = 0;
const newFile = (): string => join(folder, `${++files}.yaml`);

const said = async (text: string): Promise<readonly string[]> =>
  (await server.diagnostics(newFile(), text)).map(({ message }) => message);
const offered = async (text: string): Promise<readonly string[]> =>
  (await server.completions(newFile(), text)).map(
    ({ label, insertText, textEdit }) => `${label} → ${textEdit?.newText ?? insertText}`,
  );

describe("a wrong key inside of a policy is said to be one, and not that the policy could be off", () => {
  test.each([
    ["all: { requestSize: { maxx: 1MiB } }", "Property maxx is not allowed."],
    ["all: { rateLimit: [{ limit: 1/s }, { limt: 1/s }] }", "Property limt is not allowed."],
    ["all: { validate: { reqest: report } }", "Property reqest is not allowed."],
    ["operations: { x: { rateLimit: { limit: 20/m, by: { heder: X } } } }", "Property heder is not allowed."],
    ["all: { requestSizes: { max: 1MiB } }", "Property requestSizes is not allowed."],
  ])("%s", async (text, message) => {
    const all = await said(generic("policies", text));
    expect(all).toContain(message);
    expect(all.join()).not.toContain("off");
  });
});

test("a policy that is neither on nor off is", async () => {
  expect(await said(generic("policies", "all: { requestSize: of }"))).toEqual(['Value is not accepted. Valid values: "off".']);
});

describe("values with units are checked, and what is said names right ones", () => {
  test.each([
    ["policies", "all: { requestSize: { max: 1MB } }", "1MiB"],
    ["policies", "all: { timeout: { response: 5 seconds } }", "5s"],
    ["policies", "all: { rateLimit: { limit: 20 per minute } }", "20/m"],
    ["gateway", "listeners: { public: { port: 1, timeouts: { idle: 65sec } } }", "5s"],
    ["gateway", "services: { a: { endpoints: [orders:8080] } }", "http://orders:8080"],
  ] as const)("%s: %s", async (kind, text, right) => {
    expect((await said(generic(kind, text))).filter((message) => message.startsWith("Write ")).join()).toContain(right);
  });

  test("right ones of every format are left alone", () => {
    for (const { pattern, example } of Object.values(formats))
      for (const [, right] of pattern === undefined ? [] : example.matchAll(/`([^`]+)`/g))
        expect(right).toMatch(new RegExp(pattern!, "u"));
  });
});

describe("nothing is offered twice, and no value that nobody asked for is written", () => {
  test.each([
    "all:\n  requestSize:\n    |",
    "all:\n  rateLimit:\n    |",
    "all:\n  cors:\n    |",
    "all:\n  rateLimit:\n    by: |",
    "all:\n  validate:\n    request: |",
    "all:\n  |",
  ])("%j", async (text) => {
    const items = await offered(generic("policies", text));
    const inserted = items.map((item) => item.slice(item.indexOf("→")));
    expect(items.length).toBeGreaterThan(1);
    expect(new Set(inserted).size).toBe(inserted.length);
    expect(items.filter((item) => /: .*off/.test(item))).toEqual([]);
  });

  test("off is offered where it may stand", async () => {
    expect((await offered(generic("policies", "all:\n  requestSize: |"))).join()).toContain("off");
  });
});

describe("the schemas of a project", () => {
  const policies = (text: string): string => withSchema("schemas/policies-orders-v1.schema.json", text);

  test("names are offered, and others refused", async () => {
    expect((await offered(policies("operations:\n  |"))).join()).toContain("listOrders");
    expect(await said(policies("operations: { listOrdrs: { requestId: {} } }"))).toHaveLength(1);
    expect(await said(policies("operations: { listOrders: { requestId: {} } }"))).toEqual([]);
  });

  test("globs of paths are taken", async () => {
    expect(await said(policies('paths: { "/orders/**": { requestId: {} }, "/*": { requestId: {} } }'))).toEqual([]);
    expect(await said(policies("paths: { /order: { requestId: {} } }"))).toHaveLength(1);
  });
});

test("the example gateway is without fault to an editor", async () => {
  for (const file of ["gateway.yaml", "orders/v2/policies.yaml", "catalog/v2/policies.yaml"]) {
    const path = join(repository, "examples/shop", file);
    expect((await server.diagnostics(path, readFileSync(path, "utf8"))).map(({ message }) => message)).toEqual([]);
  }
});
