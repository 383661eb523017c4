import Ajv2020 from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonValue } from "../../../compiler/source/source-set.ts";
import { compileSchemas } from "./emitted.ts";

/** Few names and values, so that schemas and values meet. */
const names = fc.constantFrom("a", "b", "ab", "c", "x-y", "__proto__x");
const scalar = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, false, 0, 1, -1, 1.5, 2, 10, "", "a", "ab", "abc", "😀", "2020-01-01"),
);
const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(names, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

const small = fc.integer({ min: 0, max: 3 });
const typeName = fc.constantFrom("null", "boolean", "object", "array", "number", "integer", "string");
const optional = { requiredKeys: [] as [] };

const schemaOf: fc.Arbitrary<JsonValue> = fc.letrec<{
  schema: JsonValue;
  whole: JsonValue;
}>((tie) => {
  const schema = tie("schema");
  // ajv takes an empty array for one that has an item of no kind.
  const counted = schema.filter((part) => typeof part === "object");
  const list = fc.array(schema, { minLength: 1, maxLength: 3 });
  const map = fc.dictionary(names, schema, {
    maxKeys: 3,
    noNullPrototype: true,
  });
  const scalars = fc.record(
    {
      type: fc.oneof(typeName, fc.uniqueArray(typeName, { minLength: 1, maxLength: 3 })),
      minimum: small,
      maximum: small,
      minLength: small,
      maxLength: small,
      pattern: fc.constantFrom("^a", "b$", "^.$", "[^a]"),
    },
    optional,
  );
  const valued = fc.oneof(
    fc.record({
      enum: fc.uniqueArray(value, {
        minLength: 1,
        maxLength: 12,
        comparator: (a, b) => JSON.stringify(a) === JSON.stringify(b),
      }),
    }),
    fc.record({ const: value }),
    fc.record(
      {
        multipleOf: fc.constantFrom(0.5, 1, 2, 0.1),
        exclusiveMinimum: small,
        exclusiveMaximum: small,
      },
      optional,
    ),
  );
  const objects = fc.record(
    {
      type: fc.constant("object"),
      properties: map,
      patternProperties: fc.dictionary(fc.constantFrom("^a", "b", "^x-"), schema, { maxKeys: 2 }),
      additionalProperties: schema,
      required: fc.uniqueArray(names, { maxLength: 2 }),
      minProperties: small,
      maxProperties: small,
      propertyNames: schema,
      dependentRequired: fc.dictionary(names, fc.uniqueArray(names, { maxLength: 2 }), { maxKeys: 2 }),
      dependentSchemas: map,
    },
    optional,
  );
  const arrays = fc.record(
    {
      type: fc.constant("array"),
      items: schema,
      prefixItems: list,
      minItems: small,
      maxItems: small,
      uniqueItems: fc.boolean(),
    },
    optional,
  );
  // Not beside `prefixItems`, where ajv takes an empty array for one that has an item of the kind.
  const containing = fc.record({ contains: counted, minContains: small, maxContains: small }, optional);
  const combined = fc.record(
    {
      allOf: list,
      anyOf: list,
      oneOf: list,
      not: schema,
      if: schema,
      then: schema,
      else: schema,
    },
    optional,
  );
  // Only around plain schemas: with alternatives or deeper down, ajv mixes up what the branches evaluate, or fails itself.
  const evaluating = fc.array(
    fc.oneof(
      fc.record({ properties: map }),
      fc.record({ prefixItems: list }),
      fc.record({
        patternProperties: fc.dictionary(fc.constantFrom("^a", "b"), scalars, {
          minKeys: 1,
          maxKeys: 2,
        }),
      }),
    ),
    { minLength: 1, maxLength: 3 },
  );
  const unevaluated = fc.record(
    {
      unevaluatedProperties: fc.oneof(scalars, fc.constant(false)),
      unevaluatedItems: fc.oneof(scalars, fc.constant(false)),
      properties: map,
      allOf: evaluating,
    },
    optional,
  );
  const reference = fc.record({
    $ref: fc.constantFrom("#/components/schemas/s0", "#/components/schemas/s1"),
  });
  // Only under keywords that go into the value, as a schema that is itself has no meaning.
  const recursive = fc.oneof(
    fc.record({
      properties: fc.dictionary(names, reference, { minKeys: 1, maxKeys: 2 }),
    }),
    fc.record({ items: reference }),
  );
  return {
    schema: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.boolean(),
      scalars,
      scalars,
      valued,
      objects,
      arrays,
      containing,
      combined,
      recursive,
    ),
    whole: fc.oneof(schema, schema, schema, unevaluated),
  };
}).whole;

/** Undefined where the code that ajv made fails, which some nestings of `prefixItems` make it do. */
function outcome(reference: (value: unknown) => unknown, each: unknown): boolean | undefined {
  try {
    return reference(each) === true;
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

test("emitted validators agree with ajv interpreting the same schemas", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(schemaOf, { minLength: 2, maxLength: 12 }),
      fc.array(value, { minLength: 10, maxLength: 40 }),
      async (list, values) => {
        const schemas = Object.fromEntries(list.map((schema, index) => [`s${index}`, schema]));
        const compiled = await compileSchemas(schemas);
        const ajv = new Ajv2020.default({
          strict: false,
          ownProperties: true,
          validateFormats: false,
          validateSchema: false,
          logger: false,
        });
        ajv.addSchema({ $id: "http://spec/", components: { schemas } });
        for (const name of Object.keys(schemas)) {
          const reference = ajv.compile({
            $ref: `http://spec/#/components/schemas/${name}`,
          });
          for (const each of values) {
            const expected = outcome(reference, each);
            if (expected === undefined) continue;
            compared++;
            expect([name, each, compiled.valid(name, each)]).toEqual([name, each, expected]);
            // The collecting run finds something exactly where the fast one fails.
            expect((compiled.violations(name, each)?.length ?? 0) > 0).toBe(!expected);
          }
        }
      },
    ),
    { numRuns: 25, seed: 20261121 },
  );
  expect(compared).toBeGreaterThan(1_500);
});
