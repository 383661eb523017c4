import { expect, test } from "vitest";
import { schema31 } from "../../../compiler/phases/1-load/index.ts";
import { parseJson } from "../../../compiler/phases/1-load/parse-json.ts";
import type { JsonObject } from "../../../compiler/source/source-set.ts";
import { parsedFile } from "./support.ts";

/** An `enum` decides about null by itself. */
const nulls = { allowsInEnum: false, found: () => {} };

test.each([
  [{ type: "string", nullable: true }, { type: ["string", "null"] }],
  [{ type: "string", nullable: false }, { type: "string" }],
  [{ nullable: true, allOf: [{ type: "object" }] }, { anyOf: [{ type: "null" }, { allOf: [{ type: "object" }] }] }],
  [{ minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
  [{ maximum: 1, exclusiveMaximum: false }, { maximum: 1 }],
  [{ exclusiveMinimum: true }, {}],
  [{ $ref: "#/x", nullable: true }, { $ref: "#/x" }],
  [
    { properties: { nullable: { type: "boolean", nullable: true } } },
    { properties: { nullable: { type: ["boolean", "null"] } } },
  ],
  [{ items: { type: "string", nullable: true } }, { items: { type: ["string", "null"] } }],
  [{ default: { nullable: true } }, { default: { nullable: true } }],
])("%j", (written, expected) => {
  const { file, sink, positions } = parsedFile(JSON.stringify(written));
  const schema = parseJson(file, sink) as JsonObject;
  const converted = schema31(schema, positions, nulls);
  expect(converted).toEqual(expected);
  expect(positions.of(converted)).toEqual(positions.of(schema));
});

test("a schema without 3.0 habits is not copied", () => {
  const { file, sink, positions } = parsedFile('{ "type": "object", "properties": { "a": { "type": "string" } } }');
  const schema = parseJson(file, sink) as JsonObject;
  expect(schema31(schema, positions, nulls)).toBe(schema);
});
