import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { checkGateway } from "../../compiler/index.ts";
import { memoryDisk } from "../../compiler/phases/1-load/index.ts";
import { policies } from "../../compiler/policies/registry.gen.ts";
import { resources } from "../../compiler/resources/registry.gen.ts";
import { repository } from "../harness/sample.ts";

type Tree = Readonly<Record<string, unknown>>;
type File = "openapi.yaml" | "gateway.yaml" | "policies.yaml";
/** What a page shows of the files of one project. */
type Shown = Readonly<Partial<Record<File, Tree>>>;

const overview = "README.md";
const pages = [
  overview,
  ...readdirSync(join(repository, "compiler/resources/identity")).map((kind) => `resources/identity/${kind}`),
  ...["authorize", "external-authorization", "identity-headers", "key-set", "security"].map((name) => `policies/${name}`),
];

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);
const has = (tree: Tree, ...names: readonly string[]): boolean => Object.keys(tree).some((key) => names.includes(key));

function merged(base: Tree, more: Tree): Tree {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(more)) {
    const before = result[key];
    result[key] = isTree(before) && isTree(value) ? merged(before, value) : value;
  }
  return result;
}

const schemesOf = (gateway: Tree | undefined): Tree =>
  isTree(gateway?.identity) && isTree(gateway.identity.schemes) ? gateway.identity.schemes : {};

/** The file that a block is a part of. Some show no more than the options that the text beside them is about. */
function placed(block: Tree, first: Tree): Shown {
  if (has(block, "components")) return { "openapi.yaml": block };
  if (has(block, "listeners", "identity", "stores", "services", "authorization", "routes", "policies"))
    return { "gateway.yaml": block };
  if (has(block, "operations", "tags", "all")) return { "policies.yaml": block };
  if (has(block, ...Object.keys(policies))) return { "policies.yaml": { all: block } };
  const values = Object.values(block);
  if (values.every((value) => isTree(value) && has(value, ...Object.keys(resources.identity))))
    return { "gateway.yaml": { identity: { schemes: block } } };
  if (has(block, ...Object.keys(resources.identity))) return { "gateway.yaml": { identity: { schemes: { client: block } } } };
  const [[name, scheme]] = Object.entries(schemesOf(first)) as [[string, Tree]];
  const [provider] = Object.keys(scheme) as [string];
  return { "gateway.yaml": merged(first, { identity: { schemes: { [name]: { [provider]: block } } } }) };
}

function proseOf(page: string): string {
  if (page !== overview) return readFileSync(join(repository, "compiler", page, "README.md"), "utf8");
  return /\n### Who is calling[^]*?\n(?=### )/.exec(readFileSync(join(repository, page), "utf8"))![0];
}

/** The projects that a page shows: blocks that name different files, one behind the other, are of one. */
function projectsOf(page: string): readonly Shown[] {
  const texts = [...proseOf(page).matchAll(/```yaml\n([^]*?)```/g)];
  const blocks = texts.map(([, text]) => ({ named: /^# (\S+\.yaml)$/m.exec(text!)?.[1], tree: parse(text!) as Tree }));
  const first = blocks.find(({ tree }) => Object.keys(schemesOf(tree)).length > 0)?.tree ?? {};
  const projects: Shown[] = [];
  let open = "";
  for (const { named, tree } of blocks) {
    const shown = placed(tree, first);
    const before = projects.at(-1);
    if (named !== undefined && open !== "" && before !== undefined && !has(before, ...Object.keys(shown)))
      projects[projects.length - 1] = { ...before, ...shown };
    else projects.push(shown);
    open = named ?? "";
  }
  let known: Tree = {};
  return projects.map((project) => {
    const own = schemesOf(project["gateway.yaml"]);
    if (Object.keys(own).length > 0) known = own;
    return withSchemes(project, known);
  });
}

/** `known`: those that the page has shown last. */
function withSchemes(project: Shown, known: Tree): Shown {
  const schemes = Object.keys(known).length > 0 ? known : usualSchemes(project);
  return { ...project, "gateway.yaml": merged(project["gateway.yaml"] ?? {}, { identity: { schemes } }) };
}

const metadata = {
  type: "object",
  properties: { orders: { type: "array", items: { type: "string" } }, perMinute: { type: "integer", minimum: 1 } },
  required: ["orders"],
};

/** Keys whose consumers are not known to the compiler, so that a role of an example may be anybody's. */
function usualSchemes(project: Shown): Tree {
  const names = JSON.stringify(project).includes("internalKey") ? ["partnerKey", "internalKey"] : ["partnerKey"];
  return Object.fromEntries(names.map((name) => [name, { apiKey: { file: `${name}.json`, metadata } }]));
}

/** What a document that has such a scheme declares. */
function declaration(name: string, scheme: Tree): Tree {
  if (has(scheme, "mtls")) return { type: "mutualTLS" };
  if (has(scheme, "basic")) return { type: "http", scheme: "basic" };
  if (has(scheme, "apiKey")) return { type: "apiKey", in: "header", name: `X-${name}` };
  if (isTree(scheme.hmac)) return { type: "http", scheme: "hmac" };
  return { type: "http", scheme: "bearer" };
}

function filesOf(project: Shown, declared: Tree): Readonly<Record<File, string>> {
  const gateway = project["gateway.yaml"] ?? {};
  const schemes = schemesOf(gateway);
  const text = JSON.stringify(project);
  const needsStore = /"store":"default"|"once":/.test(text) && gateway.stores === undefined;
  const ok = { responses: { 200: { description: "ok" } }, tags: ["orders", "write"] };
  const order = { type: "object", properties: { owner: { type: "string" } }, required: ["owner"] };
  const total = { type: "object", properties: { total: { type: "integer" } }, required: ["total"] };
  return {
    "gateway.yaml": JSON.stringify({
      gateway: "shop",
      compatibility: "2026-12-01",
      listeners: { public: { port: 8080 } },
      services: { orders: { endpoints: ["http://127.0.0.1:9001"] } },
      apis: { orders: { versions: { v1: { spec: "openapi.yaml", policies: "policies.yaml" } }, service: "orders" } },
      ...(needsStore ? { stores: { default: { redis: { url: "redis://127.0.0.1:6379" } } } } : {}),
      ...gateway,
    }),
    "policies.yaml": JSON.stringify(project["policies.yaml"] ?? { all: { requestId: {} } }),
    "openapi.yaml": JSON.stringify({
      openapi: "3.1.0",
      info: { title: "Orders", version: "1" },
      security: [Object.fromEntries(Object.keys(schemes).map((name) => [name, []]))],
      components: {
        securitySchemes: Object.fromEntries(
          Object.entries(schemes).map(([name, scheme]) => [name, declared[name] ?? declaration(name, scheme as Tree)]),
        ),
      },
      paths: {
        "/orders": {
          get: { operationId: "listOrders", ...ok },
          post: {
            operationId: "createOrder",
            requestBody: { required: true, content: { "application/json": { schema: total } } },
            ...ok,
          },
        },
        "/orders/{orderId}": {
          parameters: [{ name: "orderId", in: "path", required: true, schema: { type: "string" } }],
          get: {
            operationId: "getOrder",
            ...ok,
            responses: { 200: { description: "ok", content: { "application/json": { schema: order } } } },
          },
        },
      },
    }),
  };
}

test.each(pages)("every example of a page about who is calling compiles without a word: %s", async (page) => {
  const projects = projectsOf(page);
  expect(projects.length).toBeGreaterThan(0);
  const declared: Tree = Object.assign(
    {},
    ...projects.map(({ "openapi.yaml": spec }) => (isTree(spec?.components) ? spec.components.securitySchemes : {})),
  );
  const wrong: string[] = [];
  for (const project of projects) {
    const disk = memoryDisk(new Map(Object.entries(filesOf(project, declared))));
    for (const { code, message, help } of (await checkGateway("gateway.yaml", { disk })).diagnostics)
      wrong.push(`${JSON.stringify(project)}: ${code} ${message} ${help}`);
  }
  expect(wrong).toEqual([]);
});
