import Ajv2020 from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonValue } from "../../../compiler/source/source-set.ts";
import { countSteps, type Steps } from "./counted-steps.ts";
import { compileSchemas } from "./emitted.ts";

const to = (name: string): JsonValue => ({ $ref: `#/components/schemas/${name}` });
const list = (items: JsonValue): JsonValue => ({ type: "array", items });

/** A value in which `wrap` was done `times` times. */
function nested(wrap: (inner: JsonValue) => JsonValue, times: number, innermost: JsonValue): JsonValue {
  let value = innermost;
  for (let count = 0; count < times; count++) value = wrap(value);
  return value;
}

function expectLinear(steps: Steps, name: string, valueOf: (size: number) => unknown, size: number): void {
  for (const measure of [steps.toJudge, steps.toTell]) {
    const [small, large] = [measure(name, valueOf(size)), measure(name, valueOf(size * 4))];
    expect(large).toBeLessThanOrEqual(small * 5 + 3_000);
  }
}

const filter = (and: JsonValue, or: JsonValue): Record<string, JsonValue> => ({
  Filter: { oneOf: [to("And"), to("Or"), to("Leaf")] },
  And: and,
  Or: or,
  Leaf: { type: "object", required: ["field"], properties: { field: { type: "string" } } },
});

const tagged = (op: JsonValue): JsonValue => ({
  type: "object",
  required: ["op", "args"],
  properties: { args: list(to("Filter")), op },
});

const shapes: readonly {
  readonly title: string;
  readonly schemas: Record<string, JsonValue>;
  readonly root: string;
  readonly wrap: (inner: JsonValue) => JsonValue;
}[] = [
  {
    title: "alternatives that a constant tells apart",
    schemas: filter(tagged({ const: "and" }), tagged({ const: "or" })),
    root: "Filter",
    wrap: (inner) => ({ op: "or", args: [inner] }),
  },
  {
    title: "alternatives that only a pattern tells apart",
    schemas: filter(tagged({ pattern: "^a" }), tagged({ pattern: "^o" })),
    root: "Filter",
    wrap: (inner) => ({ op: "or", args: [inner] }),
  },
  {
    title: "`anyOf` of two that go the same way",
    schemas: {
      A: {
        anyOf: [
          { properties: { a: to("A") }, required: ["b"] },
          { properties: { a: to("A") }, required: ["c"] },
        ],
      },
    },
    root: "A",
    wrap: (inner) => ({ a: inner }),
  },
  {
    title: "`allOf` of two that go the same way",
    schemas: { A: { allOf: [{ properties: { a: to("A") } }, { additionalProperties: to("A") }] } },
    root: "A",
    wrap: (inner) => ({ a: inner }),
  },
  {
    title: "a schema and the one it is made of, each with itself inside",
    schemas: {
      Base: { type: "object", properties: { children: list(to("Base")), name: { type: "string" } } },
      Node: { allOf: [to("Base"), { properties: { children: list(to("Node")) } }] },
    },
    root: "Node",
    wrap: (inner) => ({ children: [inner] }),
  },
  {
    title: "`not`",
    schemas: { A: { properties: { a: to("A") }, not: { required: ["a"], properties: { a: { not: to("A") } } } } },
    root: "A",
    wrap: (inner) => ({ a: inner }),
  },
  {
    title: "`if`, `then` and `else`",
    schemas: {
      A: { if: { properties: { a: to("A") } }, then: { properties: { a: to("A") } }, else: { properties: { a: to("A") } } },
    },
    root: "A",
    wrap: (inner) => ({ a: inner }),
  },
  {
    title: "`dependentSchemas`",
    schemas: { A: { properties: { a: to("A") }, dependentSchemas: { a: { additionalProperties: to("A") } } } },
    root: "A",
    wrap: (inner) => ({ a: inner }),
  },
  {
    title: "`contains` beside `items`",
    schemas: { A: { items: to("A"), contains: to("A"), maxContains: 1 } },
    root: "A",
    wrap: (inner) => [inner],
  },
  {
    title: "`unevaluatedProperties`",
    schemas: {
      A: {
        anyOf: [{ properties: { a: to("A") } }, { required: ["b"] }],
        unevaluatedProperties: false,
      },
    },
    root: "A",
    wrap: (inner) => ({ a: inner }),
  },
  {
    title: "`unevaluatedItems`",
    schemas: { A: { oneOf: [{ prefixItems: [to("A")] }, { type: "string" }], unevaluatedItems: false } },
    root: "A",
    wrap: (inner) => [inner],
  },
  {
    title: "`patternProperties` that overlap",
    schemas: { A: { patternProperties: { "^a": to("A"), a$: to("A") } } },
    root: "A",
    wrap: (inner) => ({ a: inner }),
  },
  {
    title: "`prefixItems` by way of `$dynamicRef`",
    schemas: {
      A: {
        $id: "http://x/a",
        $dynamicAnchor: "node",
        anyOf: [{ prefixItems: [{ $dynamicRef: "#node" }] }, { items: { $dynamicRef: "#node" } }],
      },
    },
    root: "A",
    wrap: (inner) => [inner],
  },
  {
    title: "a tree that may be null",
    schemas: { A: { type: "object", properties: { a: { anyOf: [{ type: "null" }, to("A")] } }, additionalProperties: false } },
    root: "A",
    wrap: (inner) => ({ a: inner }),
  },
  {
    title: "a discriminator that decides for some only",
    schemas: {
      A: { oneOf: [to("B"), to("C")], discriminator: { propertyName: "kind" } },
      B: { type: "object", required: ["kind"], properties: { kind: { const: "b" }, a: to("A") } },
      C: { type: "object", required: ["kind"], properties: { kind: { type: "string" }, a: to("A") } },
    },
    root: "A",
    wrap: (inner) => ({ kind: "x", a: inner }),
  },
];

const ends: readonly JsonValue[] = [{ fiel: "x" }, "x", { field: "x" }, {}, 1, [1]];

for (const { title, schemas, root, wrap } of shapes) {
  test(`the steps are proportional to the size of the value: ${title}`, async () => {
    const steps = await countSteps(schemas);
    for (const innermost of ends) expectLinear(steps, root, (size) => nested(wrap, size, innermost), 40);
    // A wide value, at the end of which something is wrong.
    expectLinear(
      steps,
      root,
      (size) =>
        nested(
          wrap,
          10,
          Array.from({ length: size }, () => wrap({ fiel: 1 })),
        ),
      100,
    );
  });
}

test("schemas that do not part and meet again have neither a memory nor a bound to carry", async () => {
  const part = { type: "object", properties: { name: { type: "string" }, at: { oneOf: [to("Place"), to("Address")] } } };
  const { modules, codes } = await compileSchemas({
    Order: { allOf: [part, { required: ["name"], properties: { parent: to("Tree") } }] },
    Place: { type: "object", required: ["x"], properties: { x: { type: "number" } } },
    Address: { type: "object", required: ["city"], properties: { city: { type: "string" } } },
    Tree: { type: "object", properties: { children: { type: "array", items: to("Tree") } } },
    Told: { oneOf: [to("Left"), to("Right")] },
    Left: { type: "object", required: ["is"], properties: { inner: to("Told"), is: { const: "left" } } },
    Right: { type: "object", required: ["is"], properties: { inner: to("Told"), is: { enum: ["right", "r"] } } },
  });
  expect(codes).toEqual([]);
  expect(modules.filter(({ text }) => /\brun\b/.test(text))).toEqual([]);
});

test("the schemas at which ways meet again are warned of, once for a circle", async () => {
  const { sink } = await compileSchemas(filter(tagged({ pattern: "^a" }), tagged({ pattern: "^o" })));
  expect(sink.sorted().map(({ code, message }) => [code, message])).toEqual([
    ["schemas/repeated-schema", "components.schemas.Filter: a value can be checked against this in more ways the deeper it is."],
  ]);
});

test("what is wrong is told of the alternative whose kind the value is of", async () => {
  const { compiled } = await countSteps(filter(tagged({ const: "and" }), tagged({ const: "or" })));
  expect(compiled.violations("Filter", { op: "and", args: [{ op: "or", args: 1 }] })).toEqual([
    { in: "body", pointer: "/args/0/args", keyword: "type", message: "must be an array" },
  ]);
});

test("a chain of schemas of which each asks the next one twice is bounded as well", async () => {
  const schemas: Record<string, JsonValue> = { S0: { type: "string" } };
  for (let index = 1; index <= 24; index++)
    schemas[`S${index}`] = {
      anyOf: [{ properties: { a: to(`S${index - 1}`) }, required: ["b"] }, { properties: { a: to(`S${index - 1}`) } }],
    };
  const steps = await countSteps(schemas);
  const value = nested((inner) => ({ a: inner }), 24, 1);
  expect(steps.toJudge("S24", value)).toBeLessThan(200_000);
  expect(steps.toTell("S24", value)).toBeLessThan(300_000);
  expect(steps.compiled.valid("S24", value)).toBe(false);
  expect(
    steps.compiled.valid(
      "S24",
      nested((inner) => ({ a: inner }), 24, "x"),
    ),
  ).toBe(true);
});

const names = ["A", "B", "C"];
const schemaOf: fc.Arbitrary<JsonValue> = fc.letrec<{ part: JsonValue; schema: JsonValue }>((tie) => {
  const part = tie("part");
  const parts = fc.array(part, { minLength: 1, maxLength: 3 });
  const properties = fc.dictionary(fc.constantFrom("a", "b", "kind"), part, { minKeys: 1, maxKeys: 2, noNullPrototype: true });
  return {
    part: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(...names).map(to),
      fc.constantFrom(...names).map(to),
      fc.constantFrom<JsonValue>({ type: "string" }, { const: "x" }, { required: ["b"] }, { maxProperties: 1 }),
      tie("schema"),
    ),
    schema: fc.oneof(
      properties.map((map) => ({ properties: map })),
      part.map((items) => ({ items })),
      part.map((additionalProperties) => ({ properties: { kind: { const: "x" } }, additionalProperties })),
      fc.tuple(part, part).map(([items, first]) => ({ prefixItems: [first], items })),
      fc.tuple(part, part).map(([items, contains]) => ({ items, contains, minContains: 0 })),
      fc.tuple(part, part).map(([one, other]) => ({ patternProperties: { "^a": one, "a|b": other } })),
      parts.map((allOf) => ({ allOf })),
      parts.map((anyOf) => ({ anyOf })),
      parts.map((oneOf) => ({ oneOf })),
      part.map((not) => ({ not })),
      fc.tuple(part, part, part).map(([condition, then, otherwise]) => ({ if: condition, then, else: otherwise })),
      properties.map((dependentSchemas) => ({ dependentSchemas })),
      fc.tuple(properties, parts).map(([map, anyOf]) => ({ properties: map, anyOf, unevaluatedProperties: { type: "string" } })),
      fc
        .tuple(parts, fc.constantFrom(...names))
        .map(([oneOf, name]) => ({ oneOf, allOf: [to(name)], unevaluatedItems: to(name) })),
    ),
  };
}).schema;

const wraps: readonly ((inner: JsonValue) => JsonValue)[] = [
  (inner) => ({ a: inner }),
  (inner) => ({ b: inner, a: inner }),
  (inner) => ({ kind: "x", a: inner }),
  (inner) => [inner],
  (inner) => ["x", inner],
];

test("the steps are proportional to the size of the value, whatever the schemas", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(schemaOf, { minLength: 3, maxLength: 3 }),
      fc.array(fc.constantFrom(...wraps.filter((_, index) => index !== 1)), { minLength: 1, maxLength: 3 }),
      fc.constantFrom<JsonValue>("x", 1, {}, { kind: "y" }, []),
      async (all, way, innermost) => {
        const steps = await countSteps(Object.fromEntries(all.map((schema, index) => [names[index]!, schema])));
        for (const name of names)
          expectLinear(
            steps,
            name,
            (size) => {
              let value = innermost;
              for (let index = 0; index < size; index++) value = way[index % way.length]!(value);
              return value;
            },
            36,
          );
      },
    ),
    { numRuns: Number(process.env.COST_RUNS ?? 60), seed: Number(process.env.SEED ?? 20261128) },
  );
});

const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<JsonValue>("x", "y", 1, null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "kind"), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

test("schemas that contain themselves hold for the values that ajv finds valid", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(schemaOf, { minLength: 3, maxLength: 3 }),
      fc.array(value, { minLength: 20, maxLength: 20 }),
      async (all, values) => {
        const schemas = Object.fromEntries(all.map((schema, index) => [names[index]!, schema]));
        const compiled = await compileSchemas(schemas);
        // Circles that do not go into the value have no meaning, and `unevaluated…` in branches is beyond ajv.
        if (compiled.codes.includes("schemas/endless-reference") || JSON.stringify(schemas).includes("unevaluated")) return;
        const ajv = new Ajv2020.default({ strict: false, ownProperties: true, validateSchema: false, logger: false });
        ajv.addSchema({ $id: "http://spec/", components: { schemas } });
        for (const name of names) {
          const reference = ajv.compile({ $ref: `http://spec/#/components/schemas/${name}` });
          for (const each of values) {
            compared++;
            expect([name, each, compiled.valid(name, each)]).toEqual([name, each, reference(each)]);
            expect((compiled.violations(name, each)?.length ?? 0) > 0).toBe(!reference(each));
          }
        }
      },
    ),
    { numRuns: Number(process.env.COST_RUNS ?? 60), seed: Number(process.env.SEED ?? 20261128) },
  );
  expect(compared).toBeGreaterThan(500);
});

test("what is wrong a thousand levels down is told without the end of the stack, and so is that it is too deep to say", async () => {
  const { valid, violations } = await compileSchemas({
    Node: { allOf: [{ type: "object", properties: { inner: { oneOf: [{ type: "null" }, to("Wrap")] } } }, { required: ["x"] }] },
    Wrap: { allOf: [{ allOf: [to("Node")] }] },
  });
  const deep = (inner: JsonValue): JsonValue => nested((value) => ({ x: 1, inner: value }), 999, inner);
  expect(valid("Node", deep(null))).toBe(true);
  expect(violations("Node", deep({}))).toMatchObject([{ keyword: "depth", message: "is not valid, and too deep to say why" }]);
  expect(
    violations(
      "Node",
      nested((value) => ({ x: 1, inner: value }), 20, {}),
    ),
  ).toMatchObject([{ keyword: "required" }]);
});
