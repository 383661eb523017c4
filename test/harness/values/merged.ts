import type { Constant, DiscriminatorIr, JsonSchema, SchemaObject, SchemaType } from "../../../compiler/ir/schema.ts";

/** Everything that a schema asks of one value, with references followed and `allOf` put together. */
export interface Merged {
  readonly types: readonly SchemaType[];
  readonly values?: readonly Constant[];
  readonly isConst: boolean;
  readonly patterns: readonly string[];
  readonly formats: readonly string[];
  readonly minimum: number;
  readonly maximum: number;
  readonly exclusiveMinimum: number;
  readonly exclusiveMaximum: number;
  readonly multiples: readonly number[];
  readonly minLength: number;
  readonly maxLength: number;
  /** Longest text that all patterns are tried on. */
  readonly longestMatched: number;
  readonly minItems: number;
  readonly maxItems: number;
  readonly uniqueItems: boolean;
  readonly prefixItems: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties: { readonly [name: string]: JsonSchema };
  readonly additional: JsonSchema;
  readonly patternProperties: { readonly [pattern: string]: JsonSchema };
  readonly required: readonly string[];
  readonly minProperties: number;
  readonly maxProperties: number;
  /** Of each list one must be merged in. */
  readonly choices: readonly (readonly JsonSchema[])[];
}

export type SchemaOf = (id: string) => JsonSchema;

export class GiveUp extends Error {}

const allTypes: readonly SchemaType[] = ["object", "array", "string", "integer", "number", "boolean", "null"];

const anything: Merged = {
  types: allTypes,
  isConst: false,
  patterns: [],
  formats: [],
  minimum: Number.NEGATIVE_INFINITY,
  maximum: Number.POSITIVE_INFINITY,
  exclusiveMinimum: Number.NEGATIVE_INFINITY,
  exclusiveMaximum: Number.POSITIVE_INFINITY,
  multiples: [],
  minLength: 0,
  maxLength: Number.POSITIVE_INFINITY,
  longestMatched: Number.POSITIVE_INFINITY,
  minItems: 0,
  maxItems: Number.POSITIVE_INFINITY,
  uniqueItems: false,
  prefixItems: [],
  properties: {},
  additional: true,
  patternProperties: {},
  required: [],
  minProperties: 0,
  maxProperties: Number.POSITIVE_INFINITY,
  choices: [],
};

/** Throws GiveUp where nothing can be valid, or where the schema goes round in a circle. */
export function merge(schemas: readonly JsonSchema[], schemaOf: SchemaOf): Merged {
  let merged = anything;
  const add = (schema: JsonSchema, through: readonly string[]): void => {
    if (schema === true) return;
    if (schema === false) throw new GiveUp("nothing is allowed");
    merged = both(merged, schema);
    if (merged.types.length === 0) throw new GiveUp("no type is left");
    if (schema.$ref !== undefined) {
      const id = schema.$ref.slice(2);
      if (through.includes(id)) throw new GiveUp("a schema is itself");
      add(schemaOf(id), [...through, id]);
    }
    for (const part of schema.allOf ?? []) add(part, through);
  };
  for (const schema of schemas) add(schema, []);
  return merged;
}

function both(a: Merged, b: SchemaObject): Merged {
  const own = b.type === undefined ? undefined : typeof b.type === "string" ? [b.type] : b.type;
  const values = b.const !== undefined ? [b.const] : b.enum;
  const discriminator = b["x-gatewright-discriminator"];
  const choices: (readonly JsonSchema[])[] = [];
  if (discriminator !== undefined) {
    if (Object.keys(discriminator.cases).length > 0) choices.push(casesOf(discriminator));
  } else {
    if (b.anyOf !== undefined) choices.push(b.anyOf);
    if (b.oneOf !== undefined) choices.push(b.oneOf);
  }
  const known = a.values === undefined ? undefined : new Set(a.values.map((value) => JSON.stringify(value)));
  const listed =
    values === undefined ? a.values : known === undefined ? values : values.filter((value) => known.has(JSON.stringify(value)));
  return {
    types:
      own === undefined
        ? a.types
        : a.types.filter((type) => own.includes(type) || (type === "integer" && own.includes("number"))),
    ...(listed === undefined ? {} : { values: listed }),
    isConst: a.isConst || b.const !== undefined,
    patterns: b.pattern === undefined ? a.patterns : [...a.patterns, b.pattern],
    formats: b.format === undefined || a.formats.includes(b.format) ? a.formats : [...a.formats, b.format],
    minimum: Math.max(a.minimum, b.minimum ?? a.minimum),
    maximum: Math.min(a.maximum, b.maximum ?? a.maximum),
    exclusiveMinimum: Math.max(a.exclusiveMinimum, b.exclusiveMinimum ?? a.exclusiveMinimum),
    exclusiveMaximum: Math.min(a.exclusiveMaximum, b.exclusiveMaximum ?? a.exclusiveMaximum),
    multiples: b.multipleOf === undefined ? a.multiples : [...a.multiples, b.multipleOf],
    minLength: Math.max(a.minLength, b.minLength ?? 0),
    maxLength: Math.min(a.maxLength, b.maxLength ?? a.maxLength),
    longestMatched: Math.min(
      a.longestMatched,
      ...Object.values(b["x-gatewright-pattern-guards"] ?? {}).filter((guard) => guard !== "linear"),
    ),
    minItems: Math.max(a.minItems, b.minItems ?? 0),
    maxItems: Math.min(a.maxItems, b.maxItems ?? a.maxItems),
    uniqueItems: a.uniqueItems || b.uniqueItems === true,
    prefixItems: b.prefixItems ?? a.prefixItems,
    ...(a.items === undefined && b.items === undefined ? {} : { items: together(a.items ?? true, b.items ?? true) }),
    properties: joined(a.properties, b.properties ?? {}),
    additional: together(a.additional, b.additionalProperties ?? b.unevaluatedProperties ?? true),
    patternProperties: joined(a.patternProperties, b.patternProperties ?? {}),
    required: [...new Set([...a.required, ...(b.required ?? [])])],
    minProperties: Math.max(a.minProperties, b.minProperties ?? 0),
    maxProperties: Math.min(a.maxProperties, b.maxProperties ?? a.maxProperties),
    choices: [...a.choices, ...choices],
  };
}

const madeCases = new WeakMap<DiscriminatorIr, readonly JsonSchema[]>();

/** The same list each time, so that it is known again. */
function casesOf(discriminator: DiscriminatorIr): readonly JsonSchema[] {
  let made = madeCases.get(discriminator);
  if (made === undefined) {
    const { property, cases } = discriminator;
    made = Object.entries(cases).map(([value, $ref]) => ({
      $ref,
      required: [property],
      properties: { [property]: { const: value } },
    }));
    madeCases.set(discriminator, made);
  }
  return made;
}

function together(a: JsonSchema, b: JsonSchema): JsonSchema {
  if (a === true || a === b) return b;
  if (b === true) return a;
  return a === false || b === false ? false : { allOf: [a, b] };
}

type Members = { readonly [name: string]: JsonSchema };

const joined = (a: Members, b: Members): Members => {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, together(own(a, name), own(b, name))]));
};

const own = (members: Members, name: string): JsonSchema => (Object.hasOwn(members, name) ? members[name]! : true);
