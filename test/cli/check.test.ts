import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { project } from "./project.ts";

const broken = { ...project, "policies.yaml": "operations:\n  listOrdrs: { requestId: {} }\n" };

describe("check", () => {
  test("says that nothing is wrong, and exits with 0", async () => {
    const { code, stdout, stderr } = await gatewright(["check"], { cwd: temporaryFolder(project) });
    expect(stderr).toBe("");
    expect(stdout).toBe("gateway.yaml: 1 operation, nothing wrong\n");
    expect(code).toBe(0);
  });

  test("prints code, place, code frame and remedy on standard error, and exits with 1", async () => {
    const { code, stdout, stderr } = await gatewright(["check"], { cwd: temporaryFolder(broken) });
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("error[link/unknown-operation]");
    expect(stderr).toContain("policies.yaml:2:3");
    expect(stderr).toContain("listOrdrs: { requestId: {} }");
    expect(stderr).toContain("listOrders");
  });

  test.each(["json", "sarif"])("--format %s is JSON on standard output that names code and file", async (format) => {
    const { code, stdout } = await gatewright(["check", "--format", format], { cwd: temporaryFolder(broken) });
    expect(code).toBe(1);
    const text = JSON.stringify(JSON.parse(stdout));
    expect(text).toContain("link/unknown-operation");
    expect(text).toContain("policies.yaml");
  });

  test("--format github is an annotation for each diagnostic", async () => {
    const { code, stdout } = await gatewright(["check", "--format", "github"], { cwd: temporaryFolder(broken) });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error file=policies\.yaml,line=2,/m);
  });

  test("takes a file, or a folder with a gateway.yaml", async () => {
    const folder = temporaryFolder(project);
    expect((await gatewright(["check", folder])).code).toBe(0);
    expect((await gatewright(["check", join(folder, "gateway.yaml")])).code).toBe(0);
  });
});

describe("wrong usage exits with 2 and says how to write it", () => {
  test.each([
    ["an unknown command", ["chekc"], "check"],
    ["an unknown format", ["check", "--format", "xml"], "text, json, sarif, github"],
    ["an unknown option", ["check", "--frmat", "json"], "--frmat"],
    ["a file that does not exist", ["check", "nowhere.yaml"], "nowhere.yaml"],
    ["a folder without a gateway", ["check"], "gatewright init"],
  ])("%s", async (_, args, remedy) => {
    const { code, stdout, stderr } = await gatewright(args, { cwd: temporaryFolder() });
    expect(stderr).toContain(remedy);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test("no command at all", async () => {
    expect((await gatewright([])).code).toBe(2);
  });
});

test("--help and --version exit with 0", async () => {
  const help = await gatewright(["--help"]);
  expect(help.stdout).toContain("coverage");
  expect(help.code).toBe(0);
  const version = await gatewright(["--version"]);
  expect(version.stdout).toMatch(/^gatewright\/\d+\.\d+\.\d+/);
  expect(version.code).toBe(0);
});

describe("build", () => {
  test("writes the bundle and what belongs to it", async () => {
    const folder = temporaryFolder(project);
    const { code, stdout } = await gatewright(["build", "--out", "out"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain("1 operation → out/gateway.mjs");
    for (const file of ["gateway.mjs", "gateway.mjs.map", "manifest.json", "gateway.ir.json", "Dockerfile"]) {
      expect(existsSync(join(folder, "out", file)), file).toBe(true);
    }
    expect(existsSync(join(folder, "out/modules")), "modules are kept on demand only").toBe(false);
  });

  test("--emit-modules keeps the generated modules", async () => {
    const folder = temporaryFolder(project);
    await gatewright(["build", "--out", "out", "--emit-modules"], { cwd: folder });
    expect(existsSync(join(folder, "out/modules/main.js"))).toBe(true);
  });

  test("writes nothing where there are errors", async () => {
    const folder = temporaryFolder(broken);
    const { code } = await gatewright(["build", "--out", "out"], { cwd: folder });
    expect(code).toBe(1);
    expect(existsSync(join(folder, "out"))).toBe(false);
  });

  test("does not mix with files that no build made", async () => {
    const folder = temporaryFolder({ ...project, "out/diary.txt": "mine" });
    const { code, stderr } = await gatewright(["build", "--out", "out"], { cwd: folder });
    expect(stderr).toContain("diary.txt");
    expect(code).toBe(2);
    expect(existsSync(join(folder, "out/gateway.mjs"))).toBe(false);
  });
});

test("--quiet leaves the summary: warnings counted by code, and what was built", async () => {
  const unused = project["gateway.yaml"].replace(
    "    partnerKey:",
    "    other: { apiKey: { in: header, name: X-Other, keys: { acme: { key: { env: OTHER_KEY } } } } }\n    partnerKey:",
  );
  const folder = temporaryFolder({ ...project, "gateway.yaml": unused });
  const { code, stdout, stderr } = await gatewright(["build", "--out", "out", "--quiet"], { cwd: folder });
  expect(code).toBe(0);
  expect(stderr).toBe("1 warning\n  1 × check/unused-scheme\n");
  expect(stdout).toMatch(/^(OPTIONS .*\n)?1 operation → out\/gateway\.mjs\n$/);
  const whole = await gatewright(["build", "--out", "out"], { cwd: folder });
  expect(whole.stdout).toMatch(/^feature +size\n/);
  expect(whole.stderr).toContain("warning[check/unused-scheme]");
});

test("build says how many operations refuse what their schema does not declare", async () => {
  const closed = { type: "object", properties: { item: { type: "string" } }, additionalProperties: false };
  const body = (schema: object): object => ({ requestBody: { content: { "application/json": { schema } } } });
  const operation = (operationId: string, schema: object): object => ({
    post: { operationId, ...body(schema), responses: { "201": { description: "created" } } },
  });
  const openapi = {
    openapi: "3.1.0",
    info: { title: "Shop", version: "1" },
    components: { schemas: { Closed: closed, Heir: { allOf: [{ $ref: "#/components/schemas/Closed" }] } } },
    paths: {
      "/a": operation("a", { $ref: "#/components/schemas/Closed" }),
      "/b": operation("b", { $ref: "#/components/schemas/Heir" }),
      "/c": operation("c", { type: "object", properties: { inside: closed } }),
    },
  };
  const cwd = temporaryFolder({
    "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { shop: { endpoints: [http://127.0.0.1:9001] } }
policies: { public: sample }
apis: { shop: { service: shop, versions: { v1: { spec: openapi.json, policies: policies.yaml } } } }
`,
    "openapi.json": JSON.stringify(openapi),
    "policies.yaml": "operations: { a: { validate: { response: report } } }\n",
  });
  const { stdout } = await gatewright(["build"], { cwd });
  expect(stdout).toContain(
    "2 operations refuse properties of the body that the spec does not declare (additionalProperties: false)",
  );
});
