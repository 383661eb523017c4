import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { openapiYaml } from "./project.ts";

const read = (folder: string, file: string): string => readFileSync(join(folder, file), "utf8");
const diagnose = async (folder: string): Promise<string> =>
  (await gatewright(["check", "--format", "json"], { cwd: folder })).stdout;

describe("init", () => {
  test("writes a gateway that builds for a spec behind an API key", async () => {
    const folder = temporaryFolder({
      "orders/openapi.yaml": openapiYaml.replace("security:", "servers: [{ url: https://orders.example.com/v1 }]\nsecurity:"),
    });
    const { code, stdout } = await gatewright(["init"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain("orders/openapi.yaml");
    expect(stdout).toContain("It builds");
    expect(read(folder, "gateway.yaml")).toContain("https://orders.example.com]");
    expect((await gatewright(["build", "--out", "out"], { cwd: folder })).code).toBe(0);
    const routes = await gatewright(["routes", "out"], { cwd: folder });
    expect(routes.stdout).toMatch(/GET +\/orders +orders\/v1\/orders/);
  });

  test("writes a small spec where there is none, and it builds", async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await gatewright(["init"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain("No OpenAPI document found");
    expect(existsSync(join(folder, "openapi.yaml"))).toBe(true);
    expect((await gatewright(["check"], { cwd: folder })).code).toBe(0);
  });

  test("documents of one title become versions of one API, others APIs of their own", async () => {
    const folder = temporaryFolder({
      "orders/v1/openapi.yaml": openapiYaml,
      "orders/v2/openapi.json": JSON.stringify({
        openapi: "3.0.3",
        info: { title: "Orders", version: "2.0.0" },
        security: [{ partnerKey: [] }],
        paths: { "/orders": { get: { operationId: "listOrders", responses: { 200: { description: "fine" } } } } },
        components: { securitySchemes: { partnerKey: { type: "apiKey", in: "header", name: "X-API-Key" } } },
      }),
      "catalog.yaml": openapiYaml.replace("Orders", "Catalog API"),
    });
    await gatewright(["init"], { cwd: folder });
    const { stdout } = await gatewright(["routes", "--format", "json"], { cwd: folder });
    const paths = (JSON.parse(stdout) as { path: string }[]).map(({ path }) => path).sort();
    expect(paths).toEqual(["/catalog/orders", "/orders/v1/orders", "/orders/v2/orders"]);
    expect(existsSync(join(folder, "orders/v1/policies.yaml"))).toBe(true);
  });

  test("operations without security are listed, never made public", async () => {
    const folder = temporaryFolder({ "openapi.yaml": openapiYaml.replace("security: [{ partnerKey: [] }]\n", "") });
    const { code, stdout } = await gatewright(["init"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain("1 operation without `security`");
    expect(stdout).toContain("It does not build yet");
    expect(await diagnose(folder)).toContain("check/open-operation");
    const policies = read(folder, "policies.yaml");
    expect(policies).toMatch(/^#\s+listOrders:$/m);
    expect(policies).not.toMatch(/^[^#]*public/m);
  });

  test("a scheme that no provider implements is named, and stops the build", async () => {
    const folder = temporaryFolder({
      "openapi.yaml": openapiYaml
        .replaceAll("partnerKey", "bearerAuth")
        .replace("type: apiKey, in: header, name: X-API-Key", "type: http, scheme: bearer"),
    });
    const { stdout } = await gatewright(["init"], { cwd: folder });
    expect(stdout).toContain("`bearerAuth` (http bearer) has no provider yet; 1 operation");
    expect(await diagnose(folder)).toContain("check/scheme-without-provider");
  });

  test("overwrites nothing without --force", async () => {
    const folder = temporaryFolder({ "openapi.yaml": openapiYaml, "gateway.yaml": "mine\n", "policies.yaml": "all: {}\n" });
    const refused = await gatewright(["init"], { cwd: folder });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("--force");
    expect(read(folder, "gateway.yaml")).toBe("mine\n");
    expect(read(folder, "policies.yaml")).toBe("all: {}\n");
    expect((await gatewright(["init", "--force"], { cwd: folder })).code).toBe(0);
    expect(read(folder, "gateway.yaml")).toContain("gateway: ");
    expect((await gatewright(["check"], { cwd: folder })).code).toBe(0);
  });

  test("keeps a policy file that is there", async () => {
    const folder = temporaryFolder({ "openapi.yaml": openapiYaml, "policies.yaml": "all: { requestId: {} }\n" });
    const { stdout } = await gatewright(["init"], { cwd: folder });
    expect(stdout).toContain("Left policies.yaml");
    expect(read(folder, "policies.yaml")).toBe("all: { requestId: {} }\n");
  });

  test("text of a spec cannot become configuration", async () => {
    const folder = temporaryFolder({
      "openapi.yaml": openapiYaml
        .replace("security: [{ partnerKey: [] }]\n", "")
        .replace("operationId: listOrders", 'operationId: "a\\nall:\\n  respond: { status: 200 }"'),
    });
    await gatewright(["init"], { cwd: folder });
    expect(read(folder, "policies.yaml")).not.toMatch(/^\s*respond/m);
  });

  test("does not look into node_modules and hidden folders", async () => {
    const folder = temporaryFolder({ "node_modules/x/openapi.yaml": openapiYaml, ".git/openapi.yaml": openapiYaml });
    expect((await gatewright(["init"], { cwd: folder })).stdout).toContain("No OpenAPI document found");
  });
});
