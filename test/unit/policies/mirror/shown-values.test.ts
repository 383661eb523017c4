import { expect, test } from "vitest";
import { ShownValues } from "../../../../runtime/policies/mirror/comparing/shown-values.ts";
import { compileProject } from "../../../harness/compile-project.ts";

const values = new ShownValues({
  secrets: {
    shapes: [{ members: [["people", 1]] }, { items: 2 }, { members: [["iban", true]], others: 3 }, { items: true }],
    names: [],
    pointers: [],
    values: [],
  },
  secret: 0,
});

const shown = (path: readonly (string | number)[], first: unknown, second: unknown): object =>
  values.of({ part: "body", json: { kind: "value", path, first, second } });

test("what the schema calls secret is not shown, wherever the difference is", () => {
  expect(shown(["people", 4, "iban"], "DE1", "DE2")).toEqual({
    own: '{"people":[{"iban":"[redacted]"}]}',
    mirror: '{"people":[{"iban":"[redacted]"}]}',
  });
  // Around, below, and in what has no name in the schema.
  expect(shown(["people", 0], { iban: "DE1", age: 1 }, undefined)).toEqual({
    own: '{"people":[{"iban":"[redacted]","age":1}]}',
  });
  expect(shown(["people", 0, "pins", 3], 12, 13)).toMatchObject({ own: '{"people":[{"pins":["[redacted]"]}]}' });
  expect(shown(["age"], 1, 9007199254740993n)).toEqual({ own: '{"age":1}', mirror: '{"age":9007199254740993}' });
  expect(shown(["__proto__", "token"], "a", "b")).toEqual({
    own: '{"__proto__":{"token":"[redacted]"}}',
    mirror: '{"__proto__":{"token":"[redacted]"}}',
  });
});

test("fields have no credentials, and neither have the URLs in them", () => {
  const field = (name: string, first: string, second?: string): object => values.of({ part: "field", name, first, second });
  expect(field("x-api-key", "one", "two")).toEqual({ own: "[redacted]", mirror: "[redacted]" });
  expect(field("location", "https://anna:pw@a.example/in?code=one&page=2#access_token=two", "/in?page=3")).toEqual({
    own: "https://[redacted]@a.example/in?code=[redacted]&page=2#access_token=[redacted]",
    mirror: "/in?page=3",
  });
  expect(field("allow", "GET")).toEqual({ own: "GET", mirror: "" });
});

test("long values are cut, and a whole body is shown as it is", () => {
  expect(shown(["text"], "x".repeat(1_000), "")).toMatchObject({ own: expect.stringMatching(/^.{200}…$/) as string });
  expect(shown([], [1], {})).toEqual({ own: "[1]", mirror: "{}" });
  expect(values.of({ part: "body" })).toEqual({});
});

test("what the spec marks in answers of the operation is in the config", async () => {
  const { ir, diagnostics } = await compileProject(
    new Map([
      [
        "gateway.yaml",
        `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { orders: { endpoints: [http://127.0.0.1:9001] }, next: { endpoints: [http://127.0.0.1:9002] } }
apis: { orders: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: orders } }
routes: { next: { match: { path: /next }, service: next, policies: { public: test } } }
`,
      ],
      ["policies.yaml", "all: { public: test, mirror: { to: next, compare: { values: true } } }\n"],
      [
        "openapi.yaml",
        `openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
  /orders:
    get:
      operationId: listOrders
      responses:
        "200":
          description: ok
          content: { application/json: { schema: { type: object, properties: { iban: { type: string, x-sensitive: true } } } } }
`,
      ],
    ]),
  );
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const config = ir!.operations.flatMap(({ steps }) => steps).find(({ policy }) => policy === "mirror")!.config;
  expect(config).toMatchObject({
    values: { config: { secret: 0, secrets: { shapes: [{ members: [["iban", true]] }] } } },
  });
});
