import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { gatewright } from "../harness/program.ts";
import { repository } from "../harness/sample.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { project } from "./project.ts";

const read = (folder: string, file: string): string => readFileSync(join(folder, file), "utf8");

/** What an editor would say of a file with this schema. */
function errorsOf(schema: string, yaml: string): readonly string[] {
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(JSON.parse(schema) as object);
  validate(parse(yaml));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Files and the schemas that the printed comments give them. */
function associations(stdout: string): [string, string][] {
  return [...stdout.matchAll(/^(\S+)\n {2}# yaml-language-server: \$schema=(\S+)$/gm)].map(([, file, schema]) => [
    file!,
    schema!,
  ]);
}

describe("schema", () => {
  test.each([
    [[], "gateway.schema.json"],
    [["--file", "gateway"], "gateway.schema.json"],
    [["--file", "policies"], "policy-file.schema.json"],
  ])("%j prints %s, which holds for every gateway", async (args, file) => {
    const { code, stdout } = await gatewright(["schema", ...args], { cwd: temporaryFolder() });
    expect(stdout).toBe(read(repository, `schema/editor/${file}`));
    expect(code).toBe(0);
  });

  test.each([
    ["a file that has no schema", ["--file", "openapi"], "gateway, policies"],
    ["a gateway, whose names it does not print", ["gateway.yaml"], "--project"],
    ["a folder, with nothing to write", ["--out", "schemas"], "--project"],
    ["a file, where all are written", ["--project", "--file", "policies"], "--file"],
    ["settings, with nothing to point at", ["--vscode"], "--project"],
    ["a file as folder", ["--project", "--out", "gateway.yaml"], "is a file"],
  ])("refuses %s", async (_, args, remedy) => {
    const { code, stdout, stderr } = await gatewright(["schema", ...args], { cwd: temporaryFolder(project) });
    expect(stderr).toContain(remedy);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});

describe("schema --project", () => {
  test("the project's own files pass with the schemas that the comments name, and a misspelt operation does not", async () => {
    const folder = temporaryFolder(project);
    const { code, stdout, stderr } = await gatewright(["schema", "--project"], { cwd: folder });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const found = associations(stdout);
    expect(found.map(([file]) => file)).toEqual(["gateway.yaml", "policies.yaml"]);
    for (const [file, schema] of found) expect(errorsOf(read(folder, schema), read(folder, file)), file).toEqual([]);
    const [, schema] = found[1]!;
    expect(errorsOf(read(folder, schema), "operations: { listOrders: { requestId: {} } }")).toEqual([]);
    expect(errorsOf(read(folder, schema), "operations: { listOrdrs: { requestId: {} } }").join("\n")).toContain(
      "property name must be valid",
    );
  });

  test("every file of the shop passes; comments are relative to the files", async () => {
    const shop = join(repository, "examples/shop");
    const out = temporaryFolder();
    const { stdout } = await gatewright(["schema", "--project", "--out", out], { cwd: shop });
    const found = associations(stdout);
    expect(found.map(([file]) => file)).toContain("orders/v2/policies.yaml");
    for (const [file, schema] of found)
      expect(errorsOf(read(join(shop, file, ".."), schema), read(shop, file)), file).toEqual([]);
  });

  test("writes the same bytes again, beside gateway.yaml, where no commit takes them", async () => {
    const folder = temporaryFolder({ ...project, "below/x": "" });
    await gatewright(["schema", "--project", ".."], { cwd: join(folder, "below") });
    const schemas = join(folder, ".gatewright/schema");
    const bytes = (): string[] =>
      readdirSync(schemas)
        .sort()
        .map((name) => `${name}\n${read(schemas, name)}`);
    const first = bytes();
    expect(first.map((text) => text.split("\n")[0])).toEqual(["gateway.schema.json", "policies-orders-v1.schema.json"]);
    expect(read(folder, ".gatewright/.gitignore")).toBe("*\n");
    expect(first.join("")).not.toContain(folder);
    await gatewright(["schema", "--project"], { cwd: folder });
    expect(bytes()).toEqual(first);
  });

  test("knows what could be read where the configuration has errors, and says so", async () => {
    const folder = temporaryFolder({ ...project, "gateway.yaml": `${project["gateway.yaml"]}guardrials: []\n` });
    const { code, stderr } = await gatewright(["schema", "--project"], { cwd: folder });
    expect(stderr).toContain("has 1 error (`gatewright check`)");
    expect(code).toBe(0);
    expect(read(folder, ".gatewright/schema/policies-orders-v1.schema.json")).toContain("listOrders");
  });

  test("writes nothing where gateway.yaml does not parse, and says why", async () => {
    const folder = temporaryFolder({ ...project, "gateway.yaml": "gateway: [shop\n" });
    const { code, stderr } = await gatewright(["schema", "--project"], { cwd: folder });
    expect(stderr).toContain("gateway.yaml:");
    expect(code).toBe(1);
    expect(existsSync(join(folder, ".gatewright"))).toBe(false);
  });

  test("follows the spec, and removes the schema of a version that is gone, but no file of anybody else", async () => {
    const folder = temporaryFolder({ ...project, "schemas/policies-mine.schema.json": "{}\n" });
    const run = (): Promise<unknown> => gatewright(["schema", "--project", "--out", "schemas"], { cwd: folder });
    await run();
    writeFileSync(join(folder, "openapi.yaml"), project["openapi.yaml"].replace("listOrders", "findOrders"));
    writeFileSync(join(folder, "gateway.yaml"), project["gateway.yaml"].replace("v1:", "v2:"));
    await run();
    expect(readdirSync(join(folder, "schemas")).sort()).toEqual([
      "gateway.schema.json",
      "policies-mine.schema.json",
      "policies-orders-v2.schema.json",
    ]);
    expect(read(folder, "schemas/policies-orders-v2.schema.json")).toContain("findOrders");
  });

  test("--vscode prints settings, also for files in JSON", async () => {
    const { "gateway.yaml": yaml, ...others } = project;
    const folder = temporaryFolder({
      ...others,
      "shop/gateway.json": JSON.stringify(parse(yaml)),
      "shop/openapi.yaml": others["openapi.yaml"],
      "shop/policies.yaml": "{}\n",
    });
    const { stdout } = await gatewright(["schema", "--project", "--vscode", "shop"], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({
      "yaml.schemas": { "./shop/.gatewright/schema/policies-orders-v1.schema.json": "shop/policies.yaml" },
      "json.schemas": [{ fileMatch: ["shop/gateway.json"], url: "./shop/.gatewright/schema/gateway.schema.json" }],
    });
  });
});
