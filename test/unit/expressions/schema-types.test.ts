import { expect, test } from "vitest";
import { celTypes, type Schema, typeOfSchema } from "../../../compiler/expressions/index.ts";
import { type CelType, formatType } from "../../../compiler/expressions/types.ts";
import { environment, problemsOf, schemaTypes } from "./support.ts";

const none = (): undefined => undefined;

test.each<[Schema, string]>([
  [{ type: "integer" }, "int"],
  [{ type: "number" }, "double"],
  [{ type: "string", format: "date-time" }, "string"],
  [{ type: ["string", "null"] }, "string or null"],
  [{ type: "string", nullable: true }, "string or null"],
  [{ nullable: true }, "dyn"],
  [{ enum: ["a", "b"] }, "string"],
  [{ enum: ["a", 1, null] }, "string or int or null"],
  [{ const: 1.5 }, "double"],
  [{ type: "array", items: { type: "integer" } }, "list(int)"],
  [{ type: "array" }, "list(dyn)"],
  [{ type: "object" }, "map(string, dyn)"],
  [{ type: "object", additionalProperties: { type: "integer" } }, "map(string, int)"],
  [{ oneOf: [{ type: "integer" }, { type: "string" }] }, "int or string"],
  [{ anyOf: [{ type: "integer" }, {}] }, "dyn"],
  [{ allOf: [{ type: "number" }, { type: "integer" }] }, "int"],
  [true, "dyn"],
  [{}, "dyn"],
])("%j is %s", (schema, wanted) => {
  expect(formatType(typeOfSchema(schema, none))).toBe(wanted);
});

test("allOf joins fields and what is required", () => {
  const type = typeOfSchema(
    {
      allOf: [
        { type: "object", properties: { a: { type: "string" } } },
        { properties: { b: { type: "integer" } }, required: ["b"] },
        { required: ["a"] },
      ],
    },
    none,
  );
  expect(JSON.parse(JSON.stringify(type))).toEqual({
    kind: "object",
    fields: { a: { type: celTypes.string, required: true }, b: { type: celTypes.int, required: true } },
  });
});

test("schemas may refer to themselves", () => {
  expect(
    problemsOf("has(body.customer.parent) && has(body.customer.parent.parent) && body.customer.parent.parent.nam == 'a'").map(
      ({ message }) => message,
    ),
  ).toEqual(["`body.customer.parent.parent` has no field `nam`."]);
  const loop: Schema = { $ref: "#/loop" };
  const types = new (schemaTypes().constructor as new (resolve: () => Schema) => ReturnType<typeof schemaTypes>)(() => loop);
  expect(types.definition((types.typeOf(loop) as { name: string }).name)).toEqual(celTypes.dyn);
});

test("a body that may be missing is null", () => {
  const body = environment().variables.body!.type;
  expect(problemsOf("body.total > 1", celTypes.bool, { body, bodyOptional: true }).map(({ help }) => help)).toEqual([
    "Put `body != null &&` in front of a condition, or write `body != null ? … : …` where a value is wanted.",
  ]);
  expect(problemsOf("body != null && body.total > 1", celTypes.bool, { body, bodyOptional: true })).toEqual([]);
});

test("two schemas that contain themselves are joined as far as expressions go, and no further", () => {
  const schemas: Readonly<Record<string, Schema>> = {
    A: { type: "object", properties: { next: { $ref: "A" }, a: { type: "string" } } },
    B: { type: "object", properties: { next: { $ref: "B" }, b: { type: "integer" } } },
  };
  const type = typeOfSchema({ allOf: [{ $ref: "A" }, { $ref: "B" }] }, ({ $ref }) => schemas[String($ref)]);
  let depth = 0;
  let inner: CelType | undefined = type;
  while (inner?.kind === "object") {
    if (depth < 10) expect(Object.keys(inner.fields).sort()).toEqual(["a", "b", "next"]);
    inner = inner.fields.next?.type;
    depth++;
  }
  expect(inner?.kind).toBe("reference");
  expect(depth).toBeLessThan(50);
});

test("alternatives that say the same are one type, and those that differ in a field are two", () => {
  const alternative = (type: string): Schema => ({ type: "object", properties: { a: { type } } });
  const kindOf = (...oneOf: Schema[]): string => typeOfSchema({ oneOf }, none).kind;
  expect([kindOf(alternative("string"), alternative("string")), kindOf(alternative("string"), alternative("integer"))]).toEqual([
    "object",
    "union",
  ]);
});
