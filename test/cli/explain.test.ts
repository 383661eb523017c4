import { describe, expect, test } from "vitest";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { openapiYaml, project } from "./project.ts";

const shop = {
  ...project,
  "openapi.yaml": openapiYaml.replace("security:", "servers: [{ url: https://orders.example.com/internal }]\nsecurity:").replace(
    "components:",
    `  /orders/{orderId}:
    get:
      operationId: getOrder
      parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
      responses: { "200": { description: fine } }
  /orders/latest:
    get:
      operationId: latestOrder
      responses: { "200": { description: fine } }
components:`,
  ),
  "policies.yaml": `all:
  cors: { origins: [https://shop.example.com] }
operations:
  getOrder: { rateLimit: { limit: 5/s } }
`,
};

const explain = (subject: string, args: readonly string[] = [], files: Readonly<Record<string, string>> = shop) =>
  gatewright(["explain", subject, ...args], { cwd: temporaryFolder(files) });

describe("explain a request", () => {
  test("route, what lost and why, access, steps with file and line, options with scope, and where it goes", async () => {
    const { code, stdout } = await explain("GET /orders/latest?x=1", ["-H", "Host: api.example.com"]);
    expect(code).toBe(0);
    expect(stdout).toContain("GET /orders/latest?x=1 for host api.example.com\n");
    expect(stdout).toMatch(/^operation {2}orders\.v1\.latestOrder {2}GET \/orders\/latest {2}\(openapi\.yaml:\d+\)$/m);
    expect(stdout).toMatch(
      /not orders\.v1\.getOrder .*: segment 2 of its path is `\{orderId\}`, which is less specific than `latest`$/m,
    );
    expect(stdout).toMatch(/^access {5}authenticated: partnerKey {2}\(openapi\.yaml:\d+\)$/m);
    expect(stdout).toMatch(/^ +\d+\. cors .*\(policies\.yaml:2\)$/m);
    expect(stdout).toContain('origins = ["https://shop.example.com"]  all, policies.yaml:2\n');
    expect(stdout).toMatch(/^ +credentials = false {2}default$/m);
    expect(stdout).toContain("forward    orders: ${env:ORDERS_URL}/internal/orders/latest?x=1\n");
  });

  test("the narrowest scope that wrote an option is named", async () => {
    const { stdout } = await explain("GET /orders/7");
    expect(stdout).toContain('limit = "5/s"  operations, policies.yaml:4\n');
  });

  test.each([
    ["GET /orders/%6Catest", "/orders/latest", "latestOrder"],
    ["GET /orders/%37", "/orders/7", "getOrder"],
    ["GET http://api.example.com:8080/orders", "/orders", "listOrders"],
  ])("%s is routed as the data plane does, as %s", async (subject, path, operation) => {
    const { stdout } = await explain(subject, ["--format", "json"]);
    const explained = JSON.parse(stdout) as { request: { path: string }; operation: { operationId: string } };
    expect([explained.request.path, explained.operation.operationId]).toEqual([path, operation]);
  });

  test("says when it read a path otherwise than written, and only then", async () => {
    expect((await explain("GET /%6Frders")).stdout).toContain("note: The path was read as /orders, its normal form");
    expect((await explain("GET /orders")).stdout).not.toContain("note:");
  });

  test("a method in lower case is read as meant, with a note", async () => {
    const { stdout } = await explain("get /orders");
    expect(stdout).toContain("note: `get` was read as GET");
    expect(stdout).toContain("operation  orders.v1.listOrders");
  });

  test.each([
    ["GET /orders/a%2Fb", "400: the path cannot be read in one way only"],
    ["GET /orders#top", "400: the path cannot be read in one way only"],
    ["GET *", "400: only OPTIONS has the target `*`."],
    ["GET /ordrs", "404: no operation matches.\n  Did you mean /orders?\n"],
    ["GET /somewhere/else/entirely", "`gatewright routes` lists every path."],
    ["DELETE /orders", "405: the path exists, not with this method.\n  not orders.v1.listOrders  GET /orders  (openapi.yaml:"],
    ["TRACE /orders", "405: TRACE is never taken"],
    ["OPTIONS /orders", "204 with Allow"],
    ["OPTIONS *", "204: the gateway answers for itself."],
    ["GET /orders/", "it takes /orders, and routing.trailingSlash is strict"],
  ])("%s: %s", async (subject, text) => {
    const { code, stdout } = await explain(subject);
    expect(stdout).toContain(text);
    expect(code).toBe(0);
  });

  test("two Host fields are refused as by the data plane", async () => {
    expect((await explain("GET /orders", ["-H", "Host: a", "-H", "Host: b"])).stdout).toContain(
      "400: a request has exactly one valid Host",
    );
  });

  test.each([
    ["redirect", "308 to /orders?x=1"],
    ["ignore", "operation  orders.v1.listOrders"],
  ])("a trailing slash with routing.trailingSlash: %s", async (trailingSlash, text) => {
    const files = { ...shop, "gateway.yaml": `${shop["gateway.yaml"]}routing: { trailingSlash: ${trailingSlash} }\n` };
    expect((await explain("GET /orders/?x=1", [], files)).stdout).toContain(text);
  });

  test("a CORS preflight is answered for the operation that it asks about", async () => {
    const headers = ["-H", "Origin: https://shop.example.com", "-H", "Access-Control-Request-Method: GET"];
    const { stdout } = await explain("OPTIONS /orders", headers);
    expect(stdout).toContain("preflight  of orders.v1.listOrders");
    expect(stdout).toMatch(/1\. cors .*\(policies\.yaml:2\)/);
    expect(stdout).toContain("nothing is forwarded");
  });

  test("another version or host is named as what the operation takes", async () => {
    const gateway = shop["gateway.yaml"].replace(
      "    service: orders\n    versions",
      "    service: orders\n    hosts: [api.example.com]\n    versioning: { by: header, name: Api-Version }\n    versions",
    );
    const files = { ...shop, "gateway.yaml": gateway };
    expect((await explain("GET /orders", [], files)).stdout).toMatch(
      /not orders\.v1\.listOrders .*: it takes host api\.example\.com$/m,
    );
    const wrong = await explain("GET /orders", ["-H", "Host: api.example.com", "-H", "Api-Version: v9"], files);
    expect(wrong.stdout).toMatch(
      /400: the request names no version.*\n {2}not orders\.v1\.listOrders .*: it takes api-version: v1$/m,
    );
    const both = await explain("DELETE /orders", [], files);
    expect(both.stdout, "405 is only for what the rest of the request matches").toContain("404");
  });

  test("rewrite shows the path that the service gets", async () => {
    const files = {
      ...shop,
      "policies.yaml": "operations:\n  getOrder: { rewrite: { path: '/v9/{orderId}/full', host: orders.example.com } }\n",
    };
    const { stdout } = await explain("GET /orders/7", [], files);
    expect(stdout).toContain("forward    orders: ${env:ORDERS_URL}/v9/7/full\n");
    expect(stdout).toMatch(/rewritten: path \/v9\/7\/full and Host orders\.example\.com {2}\(policies\.yaml:2\)/);
  });
});

describe("explain something else", () => {
  test.each([
    ["/orders", [], "`/orders` has no method; write 'GET /orders'."],
    ["get", ["/orders"], "gatewright explain 'GET /orders'"],
    ["GET orders", [], "must be a path, as in 'GET /orders'"],
    ["GET /a b", [], "has a space in its target"],
    ["listOrders", [], "`gatewright routes` lists the request of each operation"],
    ["unknown-operation", [], "Did you mean `link/unknown-operation` or `way-around/unknown-operation`?"],
    ["link/unknown-operaton", [], "Did you mean `link/unknown-operation`?"],
    ["GET /orders", ["-H", "Host"], "is not of the form 'Name: value'"],
  ])("%s %j", async (subject, args, message) => {
    const { code, stdout, stderr } = await explain(subject, args);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  test("a diagnostic, without any gateway", async () => {
    const { code, stdout } = await explain("link/unknown-operation", [], {});
    expect(stdout).toContain("error[link/unknown-operation]");
    expect(code).toBe(0);
  });

  test("where the configuration has errors they are printed instead", async () => {
    const { code, stdout, stderr } = await explain("GET /orders", [], {
      ...shop,
      "policies.yaml": "operations:\n  listOrdrs: {}\n",
    });
    expect(stderr).toContain("link/unknown-operation");
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });
});

test("a path with more segments than a parameter takes names the operation that would take them", async () => {
  const files = {
    gateway: "files",
    compatibility: "2026-12-01",
    listeners: { public: { port: 8080 } },
    services: { app: { endpoints: ["http://127.0.0.1:9001"] } },
    policies: { public: "files for everybody" },
    apis: { files: { service: "app", versions: { v1: { spec: "openapi.json", policies: "policies.yaml" } } } },
  };
  const get = { operationId: "getFile", responses: { "200": { description: "ok" } } };
  const parameters = [{ name: "path", in: "path", required: true, schema: { type: "string" } }];
  const openapi = { openapi: "3.1.0", info: { title: "Files", version: "1" }, paths: { "/files/{path}": { parameters, get } } };
  const cwd = (policies: string): string =>
    temporaryFolder({
      "gateway.yaml": JSON.stringify(files),
      "openapi.json": JSON.stringify(openapi),
      "policies.yaml": policies,
    });
  const one = await gatewright(["explain", "GET /files/a/b"], { cwd: cwd("{}") });
  expect(one.stdout).toContain("404: no operation matches.");
  expect(one.stdout).toMatch(
    /not files\.v1\.getFile .*: `\{path\}` takes one segment, and several with the policy `segments: many`/,
  );
  const many = await gatewright(["explain", "GET /files/a/b"], { cwd: cwd("paths: { '/files/{path}': { segments: many } }") });
  expect(many.stdout).toContain("operation  files.v1.getFile");
});
