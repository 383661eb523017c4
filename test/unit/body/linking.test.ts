import { describe, expect, it } from "vitest";
import { linkRequestBody } from "../../../compiler/contract/bodies/link-request-body.ts";
import { linkResponses } from "../../../compiler/contract/bodies/link-responses.ts";
import { parseRange, rangeText } from "../../../compiler/contract/bodies/media-range.ts";
import type { BodyContext, BodyOwner, BodySchemas } from "../../../compiler/contract/bodies/spec-tree.ts";
import { SchemaTable } from "../../../compiler/contract/schemas/table.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { BodyIr, ContentIr, ResponseIr } from "../../../compiler/ir/body.ts";
import { load, memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import type { JsonObject } from "../../../compiler/source/source-set.ts";

const gateway = `
gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { orders: { versions: { v1: { spec: openapi.json } }, service: orders } }
services: { orders: { endpoints: [http://127.0.0.1:9001] } }
`;

interface Linked {
  readonly body: BodyIr | undefined;
  readonly responses: readonly ResponseIr[];
  readonly codes: readonly string[];
}

async function link(
  operation: object,
  { openapi = "3.1.1", components = {} }: { openapi?: string; components?: object } = {},
): Promise<Linked> {
  const sink = new DiagnosticSink();
  const document = {
    openapi,
    info: { title: "Orders", version: "1" },
    paths: { "/a": { post: { responses: { 200: { description: "OK" } }, ...operation } } },
    components,
  };
  const sources = (await load(
    "gateway.yaml",
    sink,
    memoryDisk(
      new Map([
        ["gateway.yaml", gateway],
        ["openapi.json", JSON.stringify(document)],
      ]),
    ),
  ))!;
  const spec = sources.specs.get("openapi.json")!;
  const table = new SchemaTable(sources.positions, sink);
  const schemas: BodySchemas = {
    add: (of, schema, name, view) => table.add(of, schema, { scope: "orders.v1", name, view }),
    get: (id) => table.schemas.find((schema) => schema.id === id)?.schema,
  };
  const context: BodyContext = { positions: sources.positions, sink, schemas, advised: new WeakSet() };
  const post = ((spec.document.paths as JsonObject)["/a"] as JsonObject).post as JsonObject;
  const owner: BodyOwner = { spec, operation: post, name: "createA" };
  const body = linkRequestBody(owner, "request", context);
  const responses = linkResponses(owner, "response", context);
  return { body, responses, codes: sink.sorted().map(({ code }) => code) };
}

const body = (content: object, change: object = {}): object => ({ requestBody: { content, ...change } });
const json = { schema: { type: "object", properties: { id: { type: "integer" } } } };
const brief = (content: readonly ContentIr[]): string[] =>
  content.map(({ range, format, schema }) => `${rangeText(range)} ${format} ${schema ?? "-"}`);

describe("ranges", () => {
  it.each([
    ["Application/JSON; charset=utf-8", "application/json"],
    ['application/vnd.a+json; V=1; a="x y"', "application/vnd.a+json;a=x y;v=1"],
    ["multipart/form-data; boundary=x", "multipart/form-data"],
    ["application/*+json", "application/*+json"],
    ["*/*", "*/*"],
  ])("%s is %s", (text, expected) => expect(rangeText(parseRange(text)!.range)).toBe(expected));
  it.each(["json", "", "*/json", "a*/b", "application/*json", "a/b, c/d"])("%j is none", (text) =>
    expect(parseRange(text)).toBeUndefined(),
  );
});

describe("request bodies", () => {
  it("have their media types from the most specific to the widest", async () => {
    const { body: linked, codes } = await link(
      body(
        {
          "*/*": {},
          "text/*": {},
          "application/*+json": json,
          "application/json": json,
          "application/json; version=2": json,
          "image/png": {},
        },
        { required: true },
      ),
    );
    expect(linked!.required).toBe(true);
    expect(brief(linked!.content)).toEqual([
      "application/json;version=2 json orders.v1.createA.body.any-json",
      "application/json json orders.v1.createA.body.any-json",
      "image/png binary -",
      "application/*+json json orders.v1.createA.body.any-json",
      "text/* text -",
      "*/* byType -",
    ]);
    expect(codes).toEqual([]);
  });

  it("follow references", async () => {
    const components = {
      requestBodies: { A: { required: true, content: { "application/json": { schema: { $ref: "#/components/schemas/A" } } } } },
      schemas: { A: json.schema },
    };
    const { body: linked } = await link({ requestBody: { $ref: "#/components/requestBodies/A" } }, { components });
    expect(brief(linked!.content)).toEqual(["application/json json orders.v1.A"]);
  });

  it("are undefined where none is declared", async () => expect((await link({})).body).toBeUndefined());

  it.each<[string, object, string[]]>([
    ["no media type", { json: json, "application/json": json }, ["bodies/not-a-media-type"]],
    ["twice the same", { "application/json": json, "Application/JSON;charset=utf-8": json }, ["bodies/repeated-media-type"]],
    ["an unknown charset", { "text/plain;charset=koi8-r": {} }, ["bodies/unknown-charset"]],
    [
      "XML",
      { "application/xml": json, "application/atom+xml": json },
      ["bodies/unenforced-content", "bodies/unenforced-content"],
    ],
    ["XML of which nothing is said", { "application/xml": {} }, []],
    ["multipart of another kind", { "multipart/mixed": json }, ["bodies/unenforced-content"]],
    ["objects in bytes", { "application/octet-stream": json }, ["bodies/unenforced-content"]],
    ["bytes", { "application/octet-stream": { schema: { type: "string", format: "binary" } } }, []],
    ["objects in text", { "text/plain": json }, ["bodies/unenforced-content"]],
    [
      "forms that are no objects",
      { "application/x-www-form-urlencoded": { schema: { type: "array", items: {} } } },
      ["bodies/unenforced-content"],
    ],
    ["ranges with a schema", { "*/*": json }, ["bodies/unenforced-range"]],
    ["no media types", {}, ["bodies/body-without-content"]],
  ])("%s", async (_, content, codes) => expect((await link(body(content))).codes).toEqual(codes));
});

describe("forms", () => {
  const properties = {
    name: { type: "string" },
    count: { type: "integer" },
    tags: { type: "array", items: { type: "string" } },
    address: { type: "object", properties: { city: { type: "string" } } },
    lines: { type: "array", items: { type: "object", properties: { sku: { type: "string" } } } },
    file: { type: "string", format: "binary" },
    files: { type: "array", items: { type: "string", format: "binary" } },
  };
  const schema = { type: "object", properties };
  const ways = (content: ContentIr): object =>
    Object.fromEntries(Object.entries(content.fields!).map(([name, { as }]) => [name, as]));

  it.each(["3.0.3", "3.1.1"])("are written by default as OpenAPI %s has it", async (openapi) => {
    const { body: linked, codes } = await link(
      body({ "multipart/form-data": { schema }, "application/x-www-form-urlencoded": { schema } }),
      { openapi },
    );
    const [form, multipart] = linked!.content;
    expect(ways(multipart!)).toEqual({
      name: "text",
      count: "text",
      tags: "text",
      address: "json",
      lines: "json",
      file: "binary",
      files: "binary",
    });
    expect(ways(form!)).toEqual({
      name: "text",
      count: "text",
      tags: "text",
      address: "json",
      lines: "json",
      file: "text",
      files: "text",
    });
    expect(form!.fields!.count!.shape).toEqual({ scalar: ["integer"] });
    expect(codes).toEqual([]);
  });

  it("are written as encoding says", async () => {
    const encoding = {
      name: { contentType: "application/json" },
      tags: { style: "pipeDelimited", explode: false },
      address: { style: "deepObject", explode: true },
      lines: { style: "form" },
    };
    const { body: linked, codes } = await link(body({ "application/x-www-form-urlencoded": { schema, encoding } }));
    expect(ways(linked!.content[0]!)).toMatchObject({ name: "json", tags: "pipe", address: "deep", lines: "text" });
    expect(codes).toEqual(["bodies/unreadable-field"]);
    const spread = await link(
      body({
        "application/x-www-form-urlencoded": { schema, encoding: { address: { style: "form" }, tags: { explode: false } } },
      }),
    );
    expect(ways(spread.body!.content[0]!)).toMatchObject({ address: "spread", tags: "comma" });
  });

  it("have parts with media types and header fields", async () => {
    const encoding = {
      file: { contentType: "image/png, image/*", headers: { "X-Sum": { required: true, schema: { type: "integer" } } } },
      nobody: {},
    };
    const { body: linked, codes } = await link(body({ "multipart/form-data": { schema, encoding } }));
    const { as, mediaTypes, headers } = linked!.content[0]!.fields!.file!;
    expect([as, mediaTypes.map(rangeText), headers.map(({ name, required }) => [name, required])]).toEqual([
      "binary",
      ["image/png", "image/*"],
      [["x-sum", true]],
    ]);
    expect(codes).toEqual(["bodies/unknown-encoding"]);
  });
});

describe("responses", () => {
  it("come from exact statuses to the default, with their fields", async () => {
    const { responses, codes } = await link({
      responses: {
        default: { description: "x" },
        "4xx": { description: "x" },
        200: {
          description: "x",
          content: { "application/json": json },
          headers: { "X-Left": { schema: { type: "integer" } }, "Content-Type": { schema: { type: "string" } } },
        },
        20: { description: "x" },
      },
    });
    expect(responses.map(({ status }) => status)).toEqual(["200", "4XX", "default"]);
    expect(responses[0]!.headers.map(({ name, schema, shape }) => [name, schema, shape])).toEqual([
      ["x-left", "orders.v1.createA.200.x-left", { scalar: ["integer"] }],
    ]);
    expect(brief(responses[0]!.content)).toEqual(["application/json json orders.v1.createA.200"]);
    expect(codes.filter((code) => code.startsWith("bodies/"))).toEqual(["bodies/not-a-status"]);
  });

  it("are read as the service writes them, and bodies as the client does", async () => {
    const schema = {
      type: "object",
      required: ["id", "secret"],
      properties: { id: { type: "string", readOnly: true }, secret: { type: "string", writeOnly: true } },
    };
    const components = { schemas: { A: schema } };
    const media = { "application/json": { schema: { $ref: "#/components/schemas/A" } } };
    const { body: linked, responses } = await link(
      { ...body(media), responses: { 200: { description: "x", content: media } } },
      { components },
    );
    expect([linked!.content[0]!.schema, responses[0]!.content[0]!.schema]).toEqual([
      "orders.v1.A.request",
      "orders.v1.A.response",
    ]);
  });

  it("have fields that cannot be judged named", async () => {
    const headers = {
      "X-A": { schema: { type: "array", items: { type: "array", items: { type: "string" } } } },
      "X-B": { content: { "application/xml": json } },
    };
    expect((await link({ responses: { 200: { description: "x", headers } } })).codes).toEqual([
      "bodies/unenforced-header",
      "bodies/unenforced-header",
    ]);
  });
});
