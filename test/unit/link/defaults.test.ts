import { expect, test } from "vitest";
import { latestCompatibility } from "../../../compiler/ir/compatibility.ts";
import { fillDefaults } from "../../../compiler/phases/2-link/defaults.ts";
import { type JsonSchema, schemas } from "../../../schema/schemas.gen.ts";

test("a default that changed is the one of before for a gateway that is to behave as of then", () => {
  const schema = {
    type: "object",
    properties: {
      a: { default: "new", "x-default-before": { "2027-03-01": "older", "2027-01-01": "oldest" } },
      b: { default: 1 },
    },
  };
  expect(fillDefaults(schema, {}, "2026-12-31")).toEqual({ a: "oldest", b: 1 });
  expect(fillDefaults(schema, {}, "2027-01-01")).toEqual({ a: "older", b: 1 });
  expect(fillDefaults(schema, {}, "2027-03-01")).toEqual({ a: "new", b: 1 });
  expect(fillDefaults(schema, { a: "written" }, "2026-12-31")).toEqual({ a: "written", b: 1 });
});

test("the latest date is that of the last default that changed", () => {
  const dates = [...JSON.stringify(schemas).matchAll(/"x-default-before":\{([^}]*)\}/g)].flatMap(([, changes]) => [
    ...changes!.matchAll(/"(\d{4}-\d{2}-\d{2})":/g),
  ]);
  expect(
    dates
      .map(([, date]) => date)
      .sort()
      .at(-1),
  ).toBe(latestCompatibility);
});

test("of several forms of an object, defaults are those of the one that was written", () => {
  const form = (key: string, fallback: number): JsonSchema => ({
    type: "object",
    required: [key],
    additionalProperties: false,
    properties: { [key]: { type: "string" }, [`${key}Max`]: { type: "integer", default: fallback } },
  });
  const schema = { type: "array", items: { anyOf: [{ type: "string" }, form("file", 1), form("url", 2)] } };
  const written = ["plain", { file: "a" }, { url: "b" }, { url: "c", urlMax: 3 }];
  expect(fillDefaults(schema, written, "2026-12-31")).toEqual([
    "plain",
    { file: "a", fileMax: 1 },
    { url: "b", urlMax: 2 },
    { url: "c", urlMax: 3 },
  ]);
});

test("what a default makes has the defaults that are inside of it", () => {
  const schema = {
    type: "object",
    properties: { ttl: { type: "object", default: {}, properties: { min: { default: "1s" }, max: { default: "5m" } } } },
  };
  expect(fillDefaults(schema, {}, "2026-12-31")).toEqual({ ttl: { min: "1s", max: "5m" } });
  expect(fillDefaults(schema, { ttl: { max: "1m" } }, "2026-12-31")).toEqual({ ttl: { min: "1s", max: "1m" } });
});
