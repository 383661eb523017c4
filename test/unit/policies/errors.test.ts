import { describe, expect, it } from "vitest";
import { refuse } from "../../../runtime/answers/problem.ts";
import { Duration } from "../../../runtime/expressions/duration.ts";
import { jsonOf } from "../../../runtime/expressions/json-of.ts";
import { Timestamp } from "../../../runtime/expressions/timestamp.ts";
import { Uint } from "../../../runtime/expressions/value.ts";
import { createAreaErrors } from "../../../runtime/policies/errors/index.ts";
import { compileProject } from "../../harness/compile-project.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

const gateway = `gateway: sample
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis:
  things:
    errors: ERRORS
    versions: { v1: { spec: openapi.yaml } }
    service: backend
services: { backend: { endpoints: [http://127.0.0.1:9] } }
policies: { public: sample }
`;

/** What the build says of `body` where the spec declares `responses`. */
async function findings(body: string, responses: object, contentType = "application/json"): Promise<readonly string[]> {
  const spec = {
    openapi: "3.1.0",
    info: { title: "Sample", version: "1" },
    paths: { "/things": { get: { operationId: "list", responses: { "200": { description: "ok" }, ...responses } } } },
    components: { schemas },
  };
  const { diagnostics } = await compileProject(
    new Map([
      ["gateway.yaml", gateway.replace("ERRORS", JSON.stringify({ body, contentType }))],
      ["openapi.yaml", JSON.stringify(spec)],
    ]),
  );
  return diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

const json = (schema: unknown): object => ({ description: "error", content: { "application/json": { schema } } });

const schemas = {
  Stripe: {
    type: "object",
    required: ["error"],
    properties: {
      error: {
        allOf: [
          { type: "object", required: ["type"], properties: { type: { enum: ["api_error", "invalid_request_error"] } } },
          { properties: { message: { type: ["string", "null"] } } },
        ],
      },
    },
  },
  Endless: { allOf: [{ $ref: "#/components/schemas/Endless" }], type: "object" },
};
const stripe = { $ref: "#/components/schemas/Stripe" };
const prefix = "errors/not-as-declared: The errors of the gateway are not what the spec declares for";

describe("what the spec declares of errors", () => {
  it.each([
    ["the declared shape", "{'error': {'type': 'api_error', 'message': problem.detail}}", { default: json(stripe) }, []],
    [
      "a constant that is none of an enum",
      "{'error': {'type': 'error'}}",
      { default: json(stripe) },
      [`${prefix} \`default\`: \`/error/type\` must be "api_error" or "invalid_request_error".`],
    ],
    [
      "a constant of some statuses alone",
      "{'error': {'type': problem.status >= 500 ? 'fault' : 'api_error'}}",
      { "4XX": json(stripe), "5XX": json(stripe) },
      [`${prefix} \`5XX\`: \`/error/type\` must be "api_error" or "invalid_request_error".`],
    ],
    [
      "one status among those that `default` is for",
      "{'error': {'type': problem.status in [413] ? 'size' : 'api_error'}}",
      { default: json(stripe) },
      [`${prefix} \`default\`: \`/error/type\` must be "api_error" or "invalid_request_error" for 413.`],
    ],
    [
      "a table by status",
      "{'error': {'type': {400: 'invalid_request_error', 401: 'who'}[problem.status]}}",
      { "400": json(stripe), "401": json(stripe) },
      [`${prefix} \`401\`: \`/error/type\` must be "api_error" or "invalid_request_error".`],
    ],
    [
      "a member that is missing",
      "{'error': {'message': problem.detail}}",
      { "4XX": json(stripe) },
      [`${prefix} \`4XX\`: \`/error/type\` must be there.`],
    ],
    [
      "another type",
      "{'error': {'type': problem.slug, 'message': problem.status}}",
      { "4XX": json(stripe) },
      [`${prefix} \`4XX\`: \`/error/message\` must be a string or null.`],
    ],
    ["text of which nobody knows what it is", "{'error': {'type': problem.slug}}", { "4XX": json(stripe) }, []],
    ["null where it may be", "{'error': {'type': 'api_error', 'message': null}}", { "4XX": json(stripe) }, []],
    [
      "a member that there may not be",
      "{'code': 1}",
      { "4XX": json({ type: "object", additionalProperties: false, properties: { id: {} } }) },
      [`${prefix} \`4XX\`: \`/code\` must not be there.`],
    ],
    [
      "items",
      "{'errors': problem.violations.map(v, {'code': 1, 'text': v.message})}",
      { "4XX": json({ properties: { errors: { type: "array", items: { properties: { code: { type: "string" } } } } } }) },
      [`${prefix} \`4XX\`: \`/errors/0/code\` must be a string.`],
    ],
    [
      "no alternative",
      "{'code': 1}",
      { "4XX": json({ anyOf: [{ required: ["error"] }, { required: ["errors"] }] }) },
      [`${prefix} \`4XX\`: \`/error\` must be there.`],
    ],
    ["an alternative", "{'errors': []}", { "4XX": json({ anyOf: [{ required: ["error"] }, { required: ["errors"] }] }) }, []],
    ["a schema that leads to itself", "{'code': 1}", { "4XX": json({ $ref: "#/components/schemas/Endless" }) }, []],
    ["a status that the gateway does not answer with for an operation", "{}", { "404": json(stripe) }, []],
    ["success", "{}", { "201": json(stripe) }, []],
  ])("%s", async (_, body, responses, expected) => {
    expect(await findings(body, responses)).toEqual(expected);
  });

  it("the exact status counts before the range and that before default (OpenAPI 3.1.1 §4.8.16.1)", async () => {
    const refused = { "400": json({ type: "array" }), "4XX": json(true), default: json({ type: "array" }) };
    expect(await findings("{}", refused)).toEqual([
      `${prefix} \`400\`: the body must be an array.`,
      `${prefix} \`default\`: the body must be an array.`,
    ]);
  });

  it("ranges of media types cover those in them", async () => {
    const any = { "4XX": { description: "e", content: { "application/*": { schema: {} } } } };
    expect(await findings("{}", any)).toEqual([]);
    expect(await findings("'text'", any, "text/plain")).toEqual([
      "errors/other-media-type: The errors of the gateway are `text/plain`, and the spec declares `application/*` for `4XX`.",
    ]);
  });
});

describe("what an expression about a refusal may read", () => {
  it.each([
    ["problem.reason", /unknown-variable/],
    ["identity.subject", /absent-variable/],
    ["body.id", /absent-variable/],
    ["problem.violations[0].value", /unknown-field/],
  ])("%s does not build", async (body, code) => {
    expect((await findings(body, {})).join("\n")).toMatch(code);
  });

  it("text is wanted where the media type is not JSON", async () => {
    expect((await findings("{'a': 1}", {}, "text/plain")).join("\n")).toMatch(/wrong-type/);
  });
});

describe("a value as JSON (CEL, conversions to google.protobuf.Value)", () => {
  it.each([
    [1n, 1],
    [2n ** 60n, "1152921504606846976"],
    [new Uint(7n), 7],
    [Number.NaN, "NaN"],
    [new Uint8Array([104, 105]), "aGk="],
    [new Timestamp(0, 0), "1970-01-01T00:00:00Z"],
    [new Duration(1, 500_000_000), "1.5s"],
    [null, null],
  ])("%o", (value, expected) => {
    expect(jsonOf(value)).toEqual(expected);
  });

  it("maps have the members that they have, whatever they are called", () => {
    const map = new Map<unknown, unknown>([
      ["__proto__", [1n]],
      [2n, true],
    ]);
    expect(JSON.stringify(jsonOf(map))).toBe('{"2":true,"__proto__":[1]}');
  });
});

it("a request without an operation is in the first area that has its host and path", () => {
  const to = (name: string) => ({ body: (() => name) as never, contentType: "text/plain", isText: true });
  const step = createAreaErrors({
    areas: [
      { host: "api.example.com", path: "/v1", errors: to("exact") },
      { host: "*.example.com", path: "", errors: to("suffix") },
      { host: "", path: "/v1", errors: to("path") },
      { host: "", path: "/v2", errors: null },
      { host: "", path: "", errors: to("any") },
    ],
  });
  const answered = (host: string, path: string): unknown => {
    const x = fakeExchange({ host, path });
    refuse(x, { status: 404, slug: "not-found", title: "Not there", source: "gateway" });
    step.response(x);
    return x.answer!.body;
  };
  expect(answered("api.example.com", "/v1/a")).toBe("exact");
  expect(answered("api.example.com", "/v2")).toBe("suffix");
  expect(answered("example.com", "/v1")).toBe("path");
  expect(answered("example.com", "/v10")).toBe("any");
  expect(answered("example.com", "/v2/a")).toContain("urn:gatewright:problem:not-found");
});
