import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import type { AdminSchema } from "../../runtime/admin/check-value.ts";
import { createWorkerSums } from "../../runtime/metrics/worker-sums.ts";
import { using } from "../runtime/support/gateway.ts";
import { administered, asking, bearer, withKey } from "./support.ts";

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: AdminSchema;
  }[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: AdminSchema } } };
  readonly security: readonly object[];
}

type Paths = Readonly<Record<string, Readonly<Record<string, Described>>>>;

const metrics = { collect: () => [], sums: createWorkerSums };

async function document(reads: "open" | "credentials" = "open"): Promise<{ readonly paths: Paths; readonly info: object }> {
  let text = "";
  await using(administered({ ...withKey, reads }, { metrics }), async ({ adminPort }) => {
    text = (await asking(adminPort!, "GET /openapi.json", [bearer])).body;
  });
  return JSON.parse(text) as { paths: Paths; info: object };
}

const operations = ({ paths }: { readonly paths: Paths }) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method, described })),
  );

test("the document is a valid OpenAPI 3.1 document, and has every route", async () => {
  const found = await document();
  const { valid, errors } = await new Validator().validate(structuredClone(found));
  expect([valid, errors]).toEqual([true, undefined]);
  expect(operations(found).map(({ path, method }) => `${method} ${path}`)).toEqual([
    "get /healthz",
    "get /log-level",
    "put /log-level",
    "get /metrics",
    "get /openapi.json",
    "get /readyz",
    "get /status",
    "get /things/all",
    "delete /things/{thing}",
    "patch /things/{thing}/parts/{part}",
  ]);
});

test("operation ids are unique, and each parameter of a path is described and required", async () => {
  const all = operations(await document());
  expect(new Set(all.map(({ described }) => described.operationId)).size).toBe(all.length);
  for (const { path, described } of all) {
    const inPath = [...path.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name);
    const declared = (described.parameters ?? []).filter((one) => one.in === "path");
    expect(declared.map(({ name }) => name).toSorted(), path).toEqual(inPath.toSorted());
    expect(
      declared.every(({ required }) => required === true),
      path,
    ).toBe(true);
  }
});

/** What `checkValue` reads: a keyword beside these would be promised and not kept. */
const known: Readonly<Record<keyof AdminSchema, true>> = {
  type: true,
  enum: true,
  const: true,
  minimum: true,
  maximum: true,
  minLength: true,
  maxLength: true,
  pattern: true,
  minItems: true,
  maxItems: true,
  items: true,
  properties: true,
  required: true,
  minProperties: true,
  additionalProperties: true,
  description: true,
};

test("schemas of requests have no keyword that is not read", async () => {
  const unread = (schema: AdminSchema): string[] => [
    ...Object.keys(schema).filter((keyword) => !(keyword in known)),
    ...(schema.items === undefined ? [] : unread(schema.items)),
    ...Object.values(schema.properties ?? {}).flatMap(unread),
  ];
  for (const { described } of operations(await document())) {
    const schemas = (described.parameters ?? []).map(({ schema }) => schema);
    const body = described.requestBody?.content["application/json"].schema;
    expect([...schemas, ...(body === undefined ? [] : [body])].flatMap(unread), described.operationId).toEqual([]);
  }
});

test("it says where a credential is needed", async () => {
  const open = (found: { readonly paths: Paths }): string[] =>
    operations(found).flatMap(({ described }) => (described.security.length === 0 ? [described.operationId] : []));
  expect(open(await document())).toEqual([
    "getHealth",
    "getLogLevel",
    "getMetrics",
    "getDocument",
    "getReadiness",
    "getStatus",
    "listThings",
  ]);
  expect(open(await document("credentials"))).toEqual(["getHealth", "getReadiness"]);
});
