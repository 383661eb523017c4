import { expect, test } from "vitest";
import type { Schema } from "../../../compiler/expressions/schema-types.ts";
import { valuesOf } from "../../../compiler/expressions/schema-values.ts";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";

const listed = { enum: ["open", "paid"] };

/** Codes of what a build says of `authorize: { require }`, whose operation lists values wherever it can. */
async function codesOf(require: string): Promise<readonly string[]> {
  const parameter = (place: string, name: string, schema: object) => ({ in: place, name, required: true, schema });
  const spec = {
    openapi: "3.1.0",
    info: { title: "Orders", version: "1" },
    components: { schemas: { State: listed } },
    paths: {
      "/orders/{state}": {
        post: {
          operationId: "search",
          security: [],
          parameters: [
            parameter("path", "state", listed),
            parameter("query", "state", { $ref: "#/components/schemas/State" }),
            parameter("query", "page", { type: "integer", enum: [1, 2] }),
            parameter("query", "kind", { const: "all" }),
            parameter("query", "states", { type: "array", items: listed }),
            parameter("header", "X-State", listed),
          ],
          requestBody: {
            required: true,
            content: {
              "application/json": {
                schema: {
                  type: "object",
                  required: ["states", "state", "byDay", "mixed", "patterned"],
                  properties: {
                    state: listed,
                    states: { type: "array", items: listed },
                    byDay: { type: "object", additionalProperties: listed },
                    mixed: {
                      anyOf: [
                        { type: "array", items: listed },
                        { type: "array", items: { enum: ["shut"] } },
                      ],
                    },
                    patterned: { type: "object", patternProperties: { "^x": {} }, additionalProperties: listed },
                  },
                },
              },
            },
          },
          responses: { 200: { description: "ok" } },
        },
      },
    },
  };
  const gateway = {
    gateway: "shop",
    compatibility: "2026-12-01",
    listeners: { public: { port: 8080 } },
    services: { orders: { endpoints: ["http://127.0.0.1:9000"] } },
    apis: { orders: { service: "orders", versions: { v1: { spec: "spec.json" } } } },
    policies: { public: "a test", validate: {}, authorize: { require } },
  };
  const files = new Map(Object.entries({ "gateway.yaml": gateway, "spec.json": spec }).map(([n, f]) => [n, JSON.stringify(f)]));
  const { diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(files) });
  return diagnostics.map(({ code }) => code);
}

test.each([
  "params.state == 'shut'",
  "request.query.state == 'shut'",
  "request.query['state'] in ['open', 'shut']",
  "request.query.page == 3",
  "request.query.kind != 'some'",
  "request.headers['x-state'] == 'shut'",
  "body.state == 'shut'",
  "'shut' in body.states",
  "body.states.exists(state, state == 'shut')",
  "body.states.filter(state, state != 'shut') == []",
  "body.states[0] == 'shut'",
  "body.states[size(request.path)] != 'shut'",
  "body.states.filter(state, state != 'open')[0] == 'shut'",
  "has(body.byDay.monday) && body.byDay.monday == 'shut'",
  "'monday' in body.byDay && body.byDay['monday'] == 'shut'",
  "(request.path == '/' ? body.state : params.state) == 'shut'",
])("a value that the spec of the operation does not list is warned of: %s", async (require) => {
  expect(await codesOf(require)).toEqual(["expressions/impossible-value"]);
});

test.each([
  "params.state == 'open'",
  "request.query.state == 'open' && request.query.page == 1",
  "request.query.kind == 'all' && request.headers['x-state'] == 'paid'",
  "'open' in body.states || body.states.all(state, state == 'paid')",
  "request.headers['x-state'] == request.query.state",
  "body.states[0] == 'open' && has(body.byDay.monday) && body.byDay.monday == 'paid'",
  "'shut' in body.mixed && body.mixed[0] == 'shut'",
  "has(body.patterned.x1) && body.patterned.x1 == 'shut'",
  "(request.path == '/' ? body.state : request.path) == 'shut'",
])("one that it lists is fine: %s", async (require) => {
  expect(await codesOf(require)).toEqual([]);
});

test("values are looked for in schemas of schemas, and not for ever in those that contain themselves", () => {
  const nested = (depth: number): Schema => (depth === 0 ? { enum: ["a"] } : { allOf: [nested(depth - 1)] });
  expect(valuesOf(nested(8), () => undefined, 0)).toEqual(["a"]);
  let asked = 0;
  const endless: Schema = { oneOf: [{ $ref: "#" }, { $ref: "#" }] };
  const resolve = (): Schema => {
    if (++asked > 10_000) throw new Error("the schema is followed for ever");
    return endless;
  };
  expect(valuesOf(endless, resolve, 0)).toBeUndefined();
});
