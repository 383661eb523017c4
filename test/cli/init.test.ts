import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { openapiYaml } from "./project.ts";

const read = (folder: string, file: string): string => readFileSync(join(folder, file), "utf8");
const routesOf = async (folder: string): Promise<{ readonly path: string; readonly target: string }[]> =>
  JSON.parse((await gatewright(["routes", "--format", "json"], { cwd: folder })).stdout);
const openSpec = openapiYaml.replace("security: [{ partnerKey: [] }]\n", "");
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
    expect((await gatewright(["build", "--out", "out"], { cwd: folder })).code).toBe(0);
    expect((await routesOf(folder)).map(({ path, target }) => [path, target])).toEqual([["/v1/orders", "orders/v1/orders"]]);
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
    const paths = (await routesOf(folder)).map(({ path }) => path).sort();
    expect(paths).toEqual(["/catalog/orders", "/orders/v1/orders", "/orders/v2/orders"]);
    expect(existsSync(join(folder, "orders/v1/policies.yaml"))).toBe(true);
  });

  test("operations that a spec opens beside protected ones are listed, never made public", async () => {
    const folder = temporaryFolder({
      "openapi.yaml": `${openapiYaml.replace("components:", "  /health: { get: { operationId: health, security: [], responses: { 200: { description: fine } } } }\ncomponents:")}`,
    });
    const { code, stdout } = await gatewright(["init"], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain("1 operation without `security`");
    expect(stdout).toContain("It does not build yet");
    expect(await diagnose(folder)).toContain("check/open-operation");
    const policies = read(folder, "policies.yaml");
    expect(policies).toMatch(/^#\s+health:$/m);
    expect(policies).not.toMatch(/^[^#]*public/m);
    // The block that is proposed is right as it stands.
    writeFileSync(join(folder, "policies.yaml"), policies.replaceAll(/^# ?( *(operations:|health:|public:.*))$/gm, "$1"));
    expect((await gatewright(["check"], { cwd: folder })).code).toBe(0);
  });

  test("a spec without any security has one way in: a key of the gateway's own, which the service never sees", async () => {
    const folder = temporaryFolder({ "openapi.yaml": openSpec });
    const { stdout } = await gatewright(["init"], { cwd: folder });
    expect(stdout).toContain("1 operation without `security` in the spec: whoever calls needs a key of `gatewayKey`");
    expect(stdout).toContain("export GATEWAY_KEY=");
    expect(stdout).toContain("It builds");
    const policies = read(folder, "policies.yaml");
    expect(policies).not.toMatch(/^[^#]*public/m);
    expect((await gatewright(["coverage"], { cwd: folder })).stdout).toContain("gatewayKey");
    // The other way, in its place.
    writeFileSync(join(folder, "policies.yaml"), policies.replace(/^ {2}security:.*\n/m, "").replace("# public:", "public:"));
    const checked = await gatewright(["check"], { cwd: folder });
    expect(checked.stderr).toContain("check/unused-scheme");
    expect(checked.code).toBe(0);
  });

  test("a scheme that no provider implements is named, and stops the build", async () => {
    const folder = temporaryFolder({
      "openapi.yaml": openapiYaml
        .replaceAll("partnerKey", "digest")
        .replace("type: apiKey, in: header, name: X-API-Key", "type: http, scheme: digest"),
    });
    const { stdout } = await gatewright(["init"], { cwd: folder });
    expect(stdout).toContain("`digest` (http digest) has no provider yet; 1 operation");
    expect(await diagnose(folder)).toContain("check/scheme-without-provider");
  });

  test.each([
    ["alone", "[{ client: [] }]", ""],
    ["beside a key", "[{ client: [] }, { partnerKey: [] }]", "    partnerKey: { type: apiKey, in: header, name: X-API-Key }\n"],
  ])("client certificates stand in comments, and are right as they stand: %s", async (_, security, others) => {
    const folder = temporaryFolder({
      "openapi.yaml": openapiYaml
        .replace("[{ partnerKey: [] }]", security)
        .replace(/ *partnerKey: \{ type: .*\n/, `${others}    client: { type: mutualTLS }\n`),
    });
    const { stdout } = await gatewright(["init"], { cwd: folder });
    expect(stdout).toContain("`client` (mutualTLS): client certificates need TLS on the listener");
    expect(stdout).toContain("It does not build yet");
    const written = read(folder, "gateway.yaml");
    const uncommented = written
      .replace("  public: { port: 8080 }\n", "")
      .replace(/^( *)# ((public|identity|client| {2}schemes| {4}client): ?.*)$/gm, "$1$2");
    expect(uncommented).toMatch(/^ {4}client: \{ mtls: \{\} \}/m);
    writeFileSync(join(folder, "gateway.yaml"), uncommented);
    const checked = await gatewright(["check"], { cwd: folder });
    expect([checked.code, checked.stderr]).toEqual([0, ""]);
  });

  test.each([
    "type: http, scheme: bearer",
    "type: http, scheme: basic",
    "type: openIdConnect, openIdConnectUrl: https://login.example.com/.well-known/openid-configuration",
    "type: oauth2, flows: { clientCredentials: { tokenUrl: https://login.example.com/token, scopes: {} } }",
    // What NSwag, Swashbuckle, swaggo and drf-yasg write for a bearer token.
    "type: apiKey, in: header, name: Authorization",
  ])("credentials that the service verifies pass through, and the gateway builds: %s", async (scheme) => {
    const folder = temporaryFolder({
      "openapi.yaml": openapiYaml.replace("type: apiKey, in: header, name: X-API-Key", scheme),
    });
    const { stdout } = await gatewright(["init"], { cwd: folder });
    expect(stdout).toContain("It builds");
    expect(read(folder, "gateway.yaml")).toMatch(/^ {6}passThrough: \{\}$/m);
    expect((await gatewright(["check"], { cwd: folder })).code).toBe(0);
  });

  test.each([
    ["type: http, scheme: bearer", "jwt: { issuer: https://login.example.com/, audience: my-api }"],
    [
      "type: oauth2, flows: { clientCredentials: { tokenUrl: https://login.example.com/token, scopes: {} } }",
      "jwt: { issuer: https://login.example.com/, audience: my-api }",
    ],
    ["type: http, scheme: basic", "basic: { users: { file: users.txt } }"],
  ])(
    "a comment shows how the gateway verifies itself what it passes through, and is right as it stands: %s",
    async (scheme, shown) => {
      const folder = temporaryFolder({
        "openapi.yaml": openapiYaml.replace("type: apiKey, in: header, name: X-API-Key", scheme),
      });
      await gatewright(["init"], { cwd: folder });
      const written = read(folder, "gateway.yaml");
      expect(written).toContain(`      # ${shown}\n`);
      writeFileSync(join(folder, "gateway.yaml"), written.replace("passThrough: {}", shown));
      const checked = await gatewright(["check"], { cwd: folder });
      expect([checked.code, checked.stderr]).toEqual([0, ""]);
    },
  );

  test("where the spec names the issuer of its tokens, gateway.yaml shows how the gateway verifies them itself", async () => {
    const scheme = "type: openIdConnect, openIdConnectUrl: https://login.example.com/shop/.well-known/openid-configuration";
    const folder = temporaryFolder({ "openapi.yaml": openapiYaml.replace("type: apiKey, in: header, name: X-API-Key", scheme) });
    await gatewright(["init"], { cwd: folder });
    const written = read(folder, "gateway.yaml");
    const shown = "# jwt: { issuer: https://login.example.com/shop, audience: my-api }";
    expect(written).toContain(shown);
    writeFileSync(join(folder, "gateway.yaml"), written.replace("passThrough: {}", shown.slice(2)));
    expect((await gatewright(["check"], { cwd: folder })).code).toBe(0);
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

  describe("public URLs are server and path, as OpenAPI 3.1 §4.8.5 says", () => {
    const inFolder = async (files: Readonly<Record<string, string>>): Promise<string[]> => {
      const folder = temporaryFolder(files);
      await gatewright(["init"], { cwd: folder });
      return (await routesOf(folder)).map(({ path, target }) => `${path} → ${target.slice(target.indexOf("/"))}`).sort();
    };
    const spec = (title: string, server: string, path = "/orders"): string =>
      openapiYaml
        .replace("title: Orders", `title: ${title}`)
        .replace("security:", server === "" ? "security:" : `servers: [{ url: ${JSON.stringify(server)} }]\nsecurity:`)
        .replace("/orders:", `${path}:`);

    test("of one document: absolute, relative and with variables", async () => {
      for (const server of ["https://api.example.com/api/v1", "/api/v1/", "http://localhost:9668/api/v1"])
        expect(await inFolder({ "openapi.yaml": spec("Orders", server) })).toEqual(["/api/v1/orders → /api/v1/orders"]);
      const variable = openapiYaml.replace(
        "security:",
        'servers: [{ url: "https://{host}/{base}", variables: { host: { default: a.example }, base: { default: v7 } } }]\nsecurity:',
      );
      expect(await inFolder({ "openapi.yaml": variable })).toEqual(["/v7/orders → /v7/orders"]);
    });

    test("of Swagger 2.0: basePath", async () => {
      const swagger = `swagger: "2.0"
info: { title: Orders, version: "1" }
host: localhost:8080
basePath: /api/v1
security: [{ partnerKey: [] }]
paths:
  /orders: { get: { operationId: listOrders, responses: { "200": { description: fine } } } }
securityDefinitions:
  partnerKey: { type: apiKey, in: header, name: X-API-Key }
`;
      expect(await inFolder({ "swagger.yaml": swagger })).toEqual(["/api/v1/orders → /api/v1/orders"]);
    });

    test("of versions whose servers name them", async () => {
      const files = { "a/openapi.yaml": spec("Orders", "/api/2023"), "b/openapi.yaml": spec("Orders", "/api/2024") };
      expect(await inFolder(files)).toEqual(["/api/2023/orders → /api/2023/orders", "/api/2024/orders → /api/2024/orders"]);
    });

    test("of documents of one title and of several, where no two have the same paths", async () => {
      const files = {
        "v1/openapi.yaml": spec("Orders", "", "/v1/orders"),
        "v2/openapi.yaml": spec("Orders", "", "/v2/orders"),
        "catalog.yaml": spec("Catalog", "", "/products"),
      };
      expect(await inFolder(files)).toEqual(["/products → /products", "/v1/orders → /v1/orders", "/v2/orders → /v2/orders"]);
    });

    test("where two documents claim one path, the change is said", async () => {
      const folder = temporaryFolder({ "a.yaml": spec("A", ""), "b.yaml": spec("B", "", "/orders") });
      const { stdout } = await gatewright(["init"], { cwd: folder });
      expect(stdout).toContain("Public paths of a begin with /a, which no document says: b has some of the same paths.");
      expect((await routesOf(folder)).map(({ path }) => path).sort()).toEqual(["/a/orders", "/b/orders"]);
    });
  });

  test("the endpoint is asked for; the server that the document names is only offered, and no machine of an author", async () => {
    for (const server of [
      "https://orders.example.com/v1",
      "http://localhost:9668",
      "https://127.0.0.1:8080/v1",
      "http://[::1]/",
      "/v1",
    ]) {
      const folder = temporaryFolder({
        "openapi.yaml": openapiYaml.replace("security:", `servers: [{ url: "${server}" }]\nsecurity:`),
      });
      const { stdout } = await gatewright(["init"], { cwd: folder });
      expect(stdout).toContain("export ORDERS_URL=");
      const gateway = read(folder, "gateway.yaml");
      expect(gateway).toMatch(/^ {4}endpoints: \["\$\{env:ORDERS_URL\}"\] # where the service itself listens/m);
      expect(/^ {4}# endpoints: .*/m.exec(gateway)?.[0]).toBe(
        server.startsWith("https://orders") ? "    # endpoints: [https://orders.example.com]" : undefined,
      );
    }
  });

  test("a service that checks its own key gets it", async () => {
    const folder = temporaryFolder({ "openapi.yaml": openapiYaml });
    await gatewright(["init"], { cwd: folder });
    expect(read(folder, "gateway.yaml")).toMatch(/forward: credential # the service checks the key too/);
  });

  test("a first week in report mode and CORS are proposed, and each is right as it stands", async () => {
    const folder = temporaryFolder({ "openapi.yaml": openapiYaml });
    await gatewright(["init"], { cwd: folder });
    const gateway = read(folder, "gateway.yaml");
    for (const proposed of ["validate: { request: report, response: report }", "cors: { origins: [https://shop.example.com] }"]) {
      expect(gateway).toContain(`  # ${proposed}\n`);
      writeFileSync(join(folder, "gateway.yaml"), gateway.replace(`# ${proposed}`, proposed));
      const checked = await gatewright(["check"], { cwd: folder });
      expect([checked.code, checked.stderr]).toEqual([0, ""]);
    }
  });

  test("editors are told the schema of each file, and find it", async () => {
    const folder = temporaryFolder({ "orders/openapi.yaml": openapiYaml });
    await gatewright(["init"], { cwd: folder });
    for (const file of ["gateway.yaml", "orders/policies.yaml"]) {
      const schema = /^# yaml-language-server: \$schema=(.*)\n/.exec(read(folder, file))?.[1];
      expect(JSON.parse(readFileSync(join(folder, file, "..", schema!), "utf8"))).toHaveProperty("properties");
    }
  });

  test("a file with the name of a spec that is none is named with the reason, and nothing is written over its head", async () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 131\n";
    const alone = temporaryFolder({ "openapi.json": pointer });
    const stopped = await gatewright(["init"], { cwd: alone });
    expect(stopped.code).toBe(2);
    expect(stopped.stderr).toContain("`openapi.json` is a pointer of Git LFS: `git lfs pull` fetches the document.");
    expect(existsSync(join(alone, "gateway.yaml"))).toBe(false);
    const beside = temporaryFolder({
      "a/openapi.yaml": openapiYaml,
      "b/swagger.json": "{",
      "c/openapi.yml": "",
      "openapitools.json": "{}",
    });
    const { stdout } = await gatewright(["init"], { cwd: beside });
    expect(stdout.split("\n").filter((line) => line.startsWith("Skipped"))).toEqual([
      "Skipped b/swagger.json: it is not valid JSON.",
      "Skipped c/openapi.yml: it is empty.",
    ]);
  });

  test("another gateway file is not joined by a second one", async () => {
    const folder = temporaryFolder({ "openapi.yaml": openapiYaml, "gateway.json": "{}" });
    const { code, stderr } = await gatewright(["init", "--force"], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain("gateway.json exists");
  });
});
