import { describe, expect, it } from "vitest";
import type { ApiVersionIr, OperationIr } from "../../../compiler/ir/gateway.ts";
import { Positions } from "../../../compiler/ir/positions.ts";
import { publicDocument } from "../../../compiler/public-document/index.ts";
import type { JsonObject, JsonValue, SourceSet, SpecSource } from "../../../compiler/source/source-set.ts";
import { at, operation } from "../emit/sample-ir.ts";

/** Documents by file, the first one the spec; references are followed as the first phase does. */
function sourcesOf(files: Record<string, JsonObject>): { spec: SpecSource; sources: SourceSet } {
  const positions = new Positions();
  const register = (file: string, value: JsonValue): void => {
    if (typeof value !== "object" || value === null) return;
    positions.set(value, { file, start: 0, end: 0, keys: [], spans: [] });
    for (const item of Object.values(value)) register(file, item as JsonValue);
  };
  for (const [file, document] of Object.entries(files)) register(file, document);
  const [file, document] = Object.entries(files)[0]!;
  const spec: SpecSource = {
    file,
    openapi: String(document.openapi ?? "3.1.0"),
    document,
    target: (node) => spec.resolve(node),
    resolve(node) {
      const [target = "", pointer = ""] = String(node.$ref).split("#");
      let found: JsonValue | undefined = files[target === "" ? positions.fileOf(node)! : target.replace("./", "")];
      for (const token of pointer.split("/").slice(1)) {
        found = (found as JsonObject | undefined)?.[decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~")];
      }
      const object = found as JsonObject | undefined;
      return typeof object?.$ref === "string" ? spec.resolve(object) : object;
    },
  };
  const sources = { positions, specs: new Map([[file, spec]]) } as unknown as SourceSet;
  return { spec, sources };
}

const api = (facts: Partial<ApiVersionIr> = {}): ApiVersionIr => ({
  kind: "apiVersion",
  api: "orders",
  version: "v1",
  spec: "openapi.yaml",
  versioning: { by: "path", prefix: "/v1" },
  isDefault: false,
  links: [],
  origin: at("gateway.yaml", 5),
  ...facts,
});

const publish = (files: Record<string, JsonObject>, operations: readonly OperationIr[]): JsonObject => {
  const { spec, sources } = sourcesOf(files);
  return publicDocument(spec, api(), operations, sources);
};

const ok = (schema: JsonObject): JsonObject => ({
  responses: { 200: { description: "ok", content: { "application/json": { schema } } } },
});

describe("publicDocument", () => {
  it("has the public server and only what the gateway routes, without a word about the rest", () => {
    const document = publish(
      {
        "openapi.yaml": {
          openapi: "3.1.0",
          info: { title: "Orders", version: "1" },
          "x-gateway": { requestId: {} },
          servers: [{ url: "http://internal:8080/api" }],
          tags: [{ name: "read" }, { name: "secret" }],
          paths: {
            "/orders": {
              "x-gateway": {},
              servers: [{ url: "http://internal/" }],
              get: { operationId: "listOrders", "x-gateway": {}, ...ok({ $ref: "#/components/schemas/Order" }) },
              delete: { operationId: "purge", ...ok({ $ref: "#/components/schemas/Secret" }) },
            },
            "/internal": { get: ok({ $ref: "#/components/schemas/Secret" }) },
          },
          components: { schemas: { Order: { type: "object" }, Secret: { type: "object" } } },
        },
      },
      [operation("GET", "/v1/orders", "listOrders", { tags: ["read"] })],
    );
    expect(document).toEqual({
      openapi: "3.1.0",
      info: { title: "Orders", version: "1" },
      servers: [{ url: "/v1" }],
      tags: [{ name: "read" }],
      paths: { "/orders": { get: { operationId: "listOrders", ...ok({ $ref: "#/components/schemas/Order" }), security: [] } } },
      components: { schemas: { Order: { type: "object" } } },
    });
  });

  it("gathers what other files hold, once each, under names that do not clash, also in cycles", () => {
    const document = publish(
      {
        "openapi.yaml": {
          openapi: "3.1.0",
          paths: {
            "/orders": {
              get: ok({
                anyOf: [
                  { $ref: "./shared.yaml#/Order" },
                  { $ref: "#/components/schemas/Order" },
                  { $ref: "./shared.yaml#/Order" },
                ],
              }),
            },
            "/other": { $ref: "./paths.yaml#/other" },
          },
          components: { schemas: { Order: { const: "own" }, Alias: { $ref: "./shared.yaml#/Line" } } },
        },
        "shared.yaml": {
          Order: { properties: { lines: { items: { $ref: "#/Line" } } } },
          Line: { properties: { order: { $ref: "#/Order", description: "the order" } } },
        },
        "paths.yaml": { other: { get: { responses: { 404: { $ref: "./responses.yaml" } } } } },
        "responses.yaml": { description: "gone" },
      },
      [operation("GET", "/v1/orders", "a"), operation("GET", "/v1/other", "b")],
    );
    expect(document.components).toEqual({
      responses: { responses: { description: "gone" } },
      schemas: {
        Alias: { properties: { order: { $ref: "#/components/schemas/Order2", description: "the order" } } },
        Order: { const: "own" },
        Order2: { properties: { lines: { items: { $ref: "#/components/schemas/Alias" } } } },
      },
    });
    expect(JSON.stringify(document)).not.toContain(".yaml");
  });

  it("leaves examples alone and rewrites the mapping of a discriminator", () => {
    const schema: JsonObject = {
      oneOf: [{ $ref: "#/components/schemas/Cat" }],
      discriminator: { propertyName: "kind", mapping: { cat: "Cat", dog: "./dog.yaml" } },
      example: { $ref: "./no-such-file.yaml" },
    };
    const document = publish(
      {
        "openapi.yaml": {
          openapi: "3.1.0",
          paths: { "/pets": { get: ok(schema) } },
          components: { schemas: { Cat: { type: "object" } } },
        },
        "dog.yaml": { type: "object", title: "Dog" },
      },
      [operation("GET", "/v1/pets", "a")],
    );
    expect(document.paths).toEqual({
      "/pets": {
        get: {
          ...ok({
            ...schema,
            discriminator: {
              propertyName: "kind",
              mapping: { cat: "#/components/schemas/Cat", dog: "#/components/schemas/dog" },
            },
          }),
          security: [],
        },
      },
    });
    expect(document.components).toEqual({ schemas: { Cat: { type: "object" }, dog: { type: "object", title: "Dog" } } });
  });

  it("has schemas of 3.1 where it was made of 3.0 (JSON Schema 2020-12 §6.1.1, §6.2.5)", () => {
    const written: JsonObject = {
      type: "object",
      properties: {
        name: { type: "string", nullable: true },
        size: { type: "integer", minimum: 0, exclusiveMinimum: true },
        kind: { $ref: "#/components/schemas/Kind" },
      },
    };
    const document = publish(
      {
        "openapi.yaml": {
          openapi: "3.0.0",
          paths: { "/pets": { get: ok(written) } },
          components: { schemas: { Kind: { type: "string", nullable: true, enum: ["cat"] } } },
        },
      },
      [operation("GET", "/v1/pets", "a")],
    );
    expect(document.openapi).toBe("3.1.0");
    expect(document.paths).toMatchObject({
      "/pets": {
        get: ok({
          type: "object",
          properties: {
            name: { type: ["string", "null"] },
            size: { type: "integer", exclusiveMinimum: 0 },
            kind: { $ref: "#/components/schemas/Kind" },
          },
        }),
      },
    });
    expect(document.components).toEqual({ schemas: { Kind: { type: ["string", "null"], enum: ["cat", null] } } });
  });

  it("tells the security that the gateway enforces, not only what the spec asks for", () => {
    const alternative = (...names: string[]) => ({
      schemes: names.map((name) => ({ name, scopes: name === "oauth" ? ["read"] : [] })),
    });
    const origin = at("openapi.yaml", 1);
    const document = publish(
      {
        "openapi.yaml": {
          openapi: "3.1.0",
          security: [{ unused: [] }],
          paths: { "/a": { get: ok({}) }, "/b": { get: { ...ok({}), security: [{ key: [] }] } } },
          components: { securitySchemes: { key: { type: "apiKey" }, oauth: { type: "oauth2" }, unused: { type: "http" } } },
        },
      },
      [
        operation("GET", "/v1/a", "a", { access: { kind: "public", reason: "probe", optional: [alternative("key")], origin } }),
        operation("GET", "/v1/b", "b", {
          access: {
            kind: "authenticated",
            requirements: [
              { alternatives: [alternative("key")], origin },
              { alternatives: [alternative("oauth"), alternative("key")], origin },
            ],
            origin,
          },
        }),
      ],
    );
    const paths = document.paths as { [path: string]: { get: { security: unknown } } };
    expect(paths["/a"]!.get.security).toEqual([{ key: [] }, {}]);
    expect(paths["/b"]!.get.security).toEqual([{ key: [], oauth: ["read"] }, { key: [] }]);
    expect(document.security).toBeUndefined();
    expect(document.components).toEqual({ securitySchemes: { key: { type: "apiKey" }, oauth: { type: "oauth2" } } });
  });
});
