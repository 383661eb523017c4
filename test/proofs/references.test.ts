import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exampleProject } from "../../compiler/diagnostics/example-project.ts";
import { buildGateway, checkGateway } from "../../compiler/index.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const token = "token-that-nobody-may-see";

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{ name: prod, cluster: { server: https://10.0.0.1 } }]
users: [{ name: admin, user: { token: ${token} } }]
`;

const order = "type: object\nproperties: { total: { type: integer } }\n";

const spec = (ref: string): string =>
  exampleProject["openapi.yaml"]!.replace(
    'get: { operationId: listOrders, tags: [read], responses: { "200": { description: ok } } }',
    `get: { operationId: listOrders, tags: [read], responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "${ref}" } } } } } }`,
  );

/** A folder with a gateway in `gateway/`, and files beside it. */
function project(ref: string, files: Readonly<Record<string, string>> = {}, gateway = exampleProject["gateway.yaml"]!): string {
  return temporaryFolder({
    "gateway/gateway.yaml": gateway,
    "gateway/openapi.yaml": spec(ref),
    "gateway/policies.yaml": "{}\n",
    ...files,
  });
}

async function codesIn(folder: string): Promise<readonly string[]> {
  const { diagnostics } = await checkGateway(join(folder, "gateway/gateway.yaml"));
  expect(JSON.stringify(diagnostics)).not.toContain(token);
  return diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
}

const outside = ["load/outside-folders"];

describe("a reference reads nothing outside of the gateway's folder", () => {
  test.each<[promise: string, ref: string, files: Record<string, string>]>([
    ["a file beside it", "../kubeconfig", { kubeconfig }],
    ["a file beside it, with a fragment", "../kubeconfig#/users/0/user", { kubeconfig }],
    ["a file in a folder beside it", "../secrets/kubeconfig", { "secrets/kubeconfig": kubeconfig }],
    ["a file by a way around", "./a/../../kubeconfig", { kubeconfig }],
    ["a file by an escaped way", "%2e%2e/kubeconfig", { kubeconfig }],
    ["a folder whose name begins alike", "../gateway-secrets/kubeconfig", { "gateway-secrets/kubeconfig": kubeconfig }],
    ["a schema, as much as anything", "../order.yaml", { "order.yaml": order }],
    ["a file that is not there, of which it does not say so", "../nothing", {}],
  ])("%s", async (_, ref, files) => expect(await codesIn(project(ref, files))).toEqual(outside));

  test("an absolute path", async () => {
    const folder = project("x", { kubeconfig });
    const absolute = project(join(folder, "kubeconfig"));
    expect(await codesIn(absolute)).toEqual(["load/file-missing"]);
  });

  test("a file of a file that may be read", async () => {
    const folder = project("schemas/order.yaml", {
      kubeconfig,
      "gateway/schemas/order.yaml": "properties: { a: { $ref: ../../kubeconfig } }",
    });
    expect(await codesIn(folder)).toEqual(outside);
  });

  test("symbolic links are followed first: of the file, and of a folder", async () => {
    const folder = project("link.yaml", { "order.yaml": order, "elsewhere/order.yaml": order });
    symlinkSync("../order.yaml", join(folder, "gateway/link.yaml"));
    expect(await codesIn(folder)).toEqual(outside);
    const other = project("linked/order.yaml", { "elsewhere/order.yaml": order });
    symlinkSync("../elsewhere", join(other, "gateway/linked"));
    expect(await codesIn(other)).toEqual(outside);
  });
});

describe("a reference reads what belongs to the gateway", () => {
  const listed = `${exampleProject["gateway.yaml"]}specFolders: [../shared]\n`;

  test("files in its folder, and below", async () => {
    expect(await codesIn(project("schemas/order.yaml", { "gateway/schemas/order.yaml": order }))).toEqual([]);
    expect(await codesIn(project("./a/../order.yaml", { "gateway/order.yaml": order }))).toEqual([]);
  });

  test("files in a listed folder, also by a symbolic link", async () => {
    expect(await codesIn(project("../shared/order.yaml", { "shared/order.yaml": order }, listed))).toEqual([]);
    const linked = project("link.yaml", { "shared/order.yaml": order }, listed);
    symlinkSync("../shared/order.yaml", join(linked, "gateway/link.yaml"));
    expect(await codesIn(linked)).toEqual([]);
    expect(await codesIn(project("../kubeconfig", { kubeconfig, "shared/order.yaml": order }, listed))).toEqual(outside);
  });

  test("files below a spec that gateway.yaml names, wherever it is", async () => {
    const gateway = exampleProject["gateway.yaml"]!.replace("spec: openapi.yaml", "spec: ../orders/openapi.yaml");
    const files = { "orders/openapi.yaml": spec("schemas/order.yaml"), "orders/schemas/order.yaml": order };
    expect(await codesIn(project("unused", files, gateway))).toEqual([]);
    const out = { "orders/openapi.yaml": spec("../kubeconfig"), kubeconfig };
    expect(await codesIn(project("unused", out, gateway))).toEqual(outside);
  });

  test("all of a gateway's folder that is itself a symbolic link", async () => {
    const folder = project("schemas/order.yaml", { "gateway/schemas/order.yaml": order });
    mkdirSync(join(folder, "links"));
    symlinkSync("../gateway", join(folder, "links/gateway"));
    const { diagnostics } = await checkGateway(join(folder, "links/gateway/gateway.yaml"));
    expect(diagnostics).toEqual([]);
  });
});

describe("what is no part of OpenAPI is not taken for one", () => {
  test.each<[ref: string, code: string]>([
    ["kubeconfig", "load/not-a-fragment"],
    ["kubeconfig#/users/0/user", "load/not-a-fragment"],
    ["kubeconfig#/users/0/user/token", "load/ref-target-kind"],
    ["account.json", "load/not-a-fragment"],
  ])("%s in the gateway's own folder: %s", async (ref, code) => {
    const account = JSON.stringify({ type: "service_account", private_key: token });
    const codes = await codesIn(project(ref, { "gateway/kubeconfig": kubeconfig, "gateway/account.json": account }));
    expect(codes).toEqual([code]);
  });

  test("the public document has only what was used as a schema", async () => {
    const mixed = `type: object\npassword: ${token}\nproperties: { total: { type: integer, secret: ${token} } }\nx-owner: orders\n`;
    const folder = project("mixed.yaml", { "gateway/mixed.yaml": mixed });
    const out = join(folder, "out");
    const { result } = await buildGateway(join(folder, "gateway/gateway.yaml"), out);
    expect(result).toBeDefined();
    const document = readFileSync(join(out, "openapi/orders-v1.json"), "utf8");
    expect(document).not.toContain(token);
    expect((JSON.parse(document) as { components: { schemas: unknown } }).components.schemas).toEqual({
      mixed: { type: "object", properties: { total: { type: "integer" } }, "x-owner": "orders" },
    });
  });
});
