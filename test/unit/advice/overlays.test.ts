import { describe, expect, it } from "vitest";
import { compileProject } from "../../harness/compile-project.ts";

/** What frameworks write by themselves, and hardly any author means. */
interface Idiom {
  readonly framework: string;
  readonly code: string;
  /** Everything beside `openapi` and `info`. */
  readonly document: object;
  readonly openapi?: string;
  readonly schemes?: string;
}

const answers = { "200": { description: "ok" } };
const post = (requestBody: object): object => ({ "/a": { post: { operationId: "createA", requestBody, responses: answers } } });
const get = (parameters: object[]): object => ({ "/a": { get: { operationId: "listA", parameters, responses: answers } } });
const json = (schema: object): object => ({ content: { "application/json": { schema } } });

const idioms: readonly Idiom[] = [
  {
    framework: "TypeBox and Fastify: T.Integer({ default: 1 })",
    code: "parameters/required-with-default",
    document: { paths: get([{ name: "page", in: "query", required: true, schema: { type: "integer", default: 1 } }]) },
  },
  {
    framework: "swaggo: a required query parameter with default",
    code: "parameters/required-with-default",
    openapi: "2.0",
    document: { paths: get([{ name: "page", in: "query", required: true, type: "integer", default: 0 }]) },
  },
  {
    framework: "NSwag: a default behind a reference",
    code: "parameters/required-with-default",
    document: {
      paths: get([{ name: "size", in: "query", required: true, schema: { $ref: "#/components/schemas/Size" } }]),
      components: { schemas: { Size: { type: "integer", default: 10 } } },
    },
  },
  {
    framework: "springdoc: a required property with defaultValue",
    code: "bodies/required-with-default",
    document: {
      paths: post({ required: true, ...json({ $ref: "#/components/schemas/New" }) }),
      components: { schemas: { New: { required: ["state"], properties: { state: { type: "string", default: "open" } } } } },
    },
  },
  {
    framework: "springdoc: the same inside of allOf and items",
    code: "bodies/required-with-default",
    document: {
      paths: post({
        required: true,
        ...json({ type: "array", items: { allOf: [{ required: ["n"], properties: { n: { type: "integer", default: 1 } } }] } }),
      }),
    },
  },
  {
    framework: "Swashbuckle: bodies without `required`",
    code: "bodies/optional-with-required",
    document: { paths: post(json({ allOf: [{ type: "object", required: ["a"], properties: { a: { type: "string" } } }] })) },
  },
  {
    framework: "Swagger 2.0: a body parameter without `required`",
    code: "bodies/optional-with-required",
    openapi: "2.0",
    document: {
      consumes: ["application/json"],
      paths: get([]) && {
        "/a": {
          post: {
            operationId: "createA",
            parameters: [{ name: "body", in: "body", schema: { type: "object", required: ["a"] } }],
            responses: answers,
          },
        },
      },
    },
  },
  {
    framework: "Django REST Framework without COMPONENT_SPLIT_REQUEST: files as URIs",
    code: "bodies/file-as-uri",
    document: {
      paths: post({
        content: {
          "multipart/form-data": { schema: { type: "object", properties: { photo: { type: "string", format: "uri" } } } },
        },
      }),
    },
  },
  {
    framework: "Swashbuckle, NSwag, swaggo: a JWT as apiKey",
    code: "api-key/bearer-as-api-key",
    schemes: "{ Bearer: { apiKey: { keys: { all: { key: { env: KEY } } } } } }",
    document: {
      security: [{ Bearer: [] }],
      components: { securitySchemes: { Bearer: { type: "apiKey", in: "header", name: "Authorization" } } },
      paths: get([]),
    },
  },
];

async function compile({ document, openapi = "3.0.3", schemes }: Idiom, overlay?: string, changed = schemes) {
  const version = openapi === "2.0" ? { swagger: "2.0" } : { openapi };
  const files = new Map([
    [
      "gateway.yaml",
      `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { shop: { endpoints: [http://127.0.0.1:9001] } }
apis: { shop: { service: shop, versions: { v1: { spec: openapi.json${overlay === undefined ? "" : ", overlays: [mend.yaml]"} } } } }
${changed === undefined ? "policies: { public: sample }" : `identity: { schemes: ${changed} }`}
`,
    ],
    ["openapi.json", JSON.stringify({ ...version, info: { title: "Shop", version: "1" }, ...document })],
  ]);
  if (overlay !== undefined)
    files.set("mend.yaml", `overlay: 1.0.0\ninfo: { title: Mended, version: "1" }\nactions:\n${overlay}`);
  return compileProject(files);
}

describe("what frameworks write by themselves", () => {
  it.each(idioms)("$framework: $code, and the overlay in its help mends it", async (idiom) => {
    const { diagnostics } = await compile(idiom);
    expect(diagnostics.map(({ code }) => code)).toEqual([idiom.code]);
    const actions = [...diagnostics[0]!.help.matchAll(/`(\{ target: [^`]*\})`/g)].map(([, action]) => `  - ${action}\n`);
    expect(actions).not.toEqual([]);
    const isScheme = idiom.schemes !== undefined;
    const mended = await compile(idiom, actions.join(""), isScheme ? "{ Bearer: { passThrough: {} } }" : undefined);
    expect(mended.diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  });

  it.each<[string, object]>([
    ["a body that is optional by its own word", post({ required: false, ...json({ type: "object", required: ["a"] }) })],
    ["a body without required properties", post(json({ type: "object", properties: { a: { type: "string" } } }))],
    ["a default of what need not be sent", get([{ name: "page", in: "query", schema: { type: "integer", default: 1 } }])],
    [
      "a read-only property with a default, which answers have",
      post({
        required: true,
        ...json({ type: "object", required: ["id"], properties: { id: { type: "integer", default: 0, readOnly: true } } }),
      }),
    ],
    [
      "a tag that has one value only",
      post({
        required: true,
        ...json({ type: "object", required: ["type"], properties: { type: { enum: ["card"], default: "card" } } }),
      }),
    ],
    [
      "a URI in a form that says so",
      post({
        content: {
          "multipart/form-data": {
            schema: { type: "object", properties: { home: { type: "string", format: "uri" } } },
            encoding: { home: { contentType: "text/plain" } },
          },
        },
      }),
    ],
  ])("nothing is said about %s", async (_, paths) => {
    const { codes } = await compile({ framework: "", code: "", document: { paths } });
    expect(codes).toEqual([]);
  });

  it("answers of any media type are named in one warning (springdoc without `produces`)", async () => {
    const any = { "200": { description: "ok", content: { "*/*": { schema: { type: "array", items: { type: "integer" } } } } } };
    const paths = Object.fromEntries(
      ["a", "b", "c", "d", "e", "f"].map((name) => [
        `/${name}`,
        { get: { operationId: name, "x-gateway": { validate: { response: "report" } }, responses: any } },
      ]),
    );
    const { diagnostics } = await compile({ framework: "", code: "", document: { paths } });
    expect(diagnostics.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "bodies/unenforced-answers: The schema of `*/*` is enforced only for answers in JSON or text: a.200. The same holds for b.200, c.200, d.200 and 2 more.",
    ]);
  });

  it.each([
    ["formData", "multipart/form-data"],
    ["body", "requestBody"],
  ])("flask-smorest and others: `in: %s` in OpenAPI 3 says what took its place", async (place, expected) => {
    const { diagnostics } = await compile({
      framework: "",
      code: "",
      document: { paths: get([{ name: "x", in: place, schema: {} }]) },
    });
    expect(diagnostics[0]?.code).toBe("load/parameter-location");
    expect(diagnostics[0]?.help).toContain(expected);
  });
});
