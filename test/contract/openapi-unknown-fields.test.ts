import { expect, it } from "vitest";
import { exampleProject } from "../../compiler/diagnostics/example-project.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { load, memoryDisk } from "../../compiler/phases/1-load/index.ts";
import type { OpenapiObject } from "../../compiler/text/openapi/field.ts";
import { openapiObjects } from "../../compiler/text/openapi/objects.ts";

const odd = { madeUp: 1 };
const docs = { url: "https://example.com", ...odd };
const schema = { type: "object", xml: odd, externalDocs: docs, discriminator: { propertyName: "kind", ...odd } };
const servers = [{ url: "https://{a}.example.com", variables: { a: { default: "x", ...odd } }, ...odd }];
const media = { schema, encoding: { a: odd }, examples: { a: odd }, ...odd };
const answer = { description: "ok", headers: { A: { schema, ...odd } }, links: { a: { server: servers[0], ...odd } }, ...odd };

/** A document in which every object has a field that nobody knows. */
const document = {
  openapi: "3.2.0",
  info: { title: "T", version: "1", contact: odd, license: { name: "L", ...odd }, ...odd },
  externalDocs: docs,
  servers,
  tags: [{ name: "a", externalDocs: docs, ...odd }],
  paths: {
    "/a": {
      get: {
        parameters: [
          { name: "p", in: "query", schema, ...odd },
          { $ref: "#/components/parameters/P", ...odd },
        ],
        requestBody: { content: { "application/json": media }, ...odd },
        responses: { 200: answer },
        ...odd,
      },
    },
  },
  components: {
    parameters: { P: { name: "q", in: "query", schema } },
    securitySchemes: {
      a: { type: "oauth2", flows: { password: { tokenUrl: "https://e.example", scopes: {}, ...odd }, ...odd }, ...odd },
    },
    ...odd,
  },
  ...odd,
};

it("a field that OpenAPI does not have is warned of in every object that has known fields", async () => {
  const files = new Map(Object.entries({ ...exampleProject, "openapi.yaml": JSON.stringify(document) }));
  const sink = new DiagnosticSink();
  await load("gateway.yaml", sink, memoryDisk(files));
  const told = sink
    .sorted()
    .flatMap(({ code, message }) => (code === "load/unknown-field" ? [/of the (.*?) in/.exec(message)![1]!] : []));
  // Those of a path item and of a schema have messages of their own, an items object is of Swagger 2.0, and a Responses Object is a map.
  const apart = ["pathItem", "schema", "items", "responses"];
  const wanted = Object.entries(openapiObjects as Readonly<Record<string, OpenapiObject>>).flatMap(([name, { noun }]) =>
    apart.includes(name) ? [] : [noun],
  );
  expect(told.toSorted()).toEqual(wanted.toSorted());
});

it("fields of 3.2 that the table says are warned of are named (OpenAPI 3.2 §4.14, §4.15, §4.25)", async () => {
  const stream = { itemSchema: {}, itemEncoding: {}, prefixEncoding: [], encoding: { a: { encoding: {} } } };
  const shape = { type: "object", discriminator: { propertyName: "k", defaultMapping: "a" } };
  const spec = { ...document, paths: {}, components: { schemas: { A: shape }, mediaTypes: { a: stream } } };
  const files = new Map(Object.entries({ ...exampleProject, "openapi.yaml": JSON.stringify(spec) }));
  const sink = new DiagnosticSink();
  await load("gateway.yaml", sink, memoryDisk(files));
  const told = sink.sorted().find(({ code }) => code === "load/newer-openapi")?.message ?? "";
  const asked = ["itemSchema", "itemEncoding", "prefixEncoding", "encoding", "defaultMapping"];
  expect(asked.filter((field) => !told.includes(`\`${field}\``))).toEqual([]);
});
