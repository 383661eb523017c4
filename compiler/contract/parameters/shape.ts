import { type ParameterShape, type ScalarType, scalarTypes, textShape } from "../../ir/parameter.ts";
import type { Constant, JsonSchema, SchemaObject } from "../../ir/schema.ts";

/** Follows `$ref` of a SchemaIr. */
export type SchemaOf = (ref: string) => JsonSchema | undefined;

export interface FoundShape {
  readonly shape: ParameterShape;
  /** The schema contains itself, or is deeper than any parameter can be written. */
  readonly isEndless: boolean;
}

/** Deepest value that a style can write: with brackets behind brackets. */
const maxDepth = 6;

/** Most schemas that are looked at for one shape: objects of objects branch out, and no parameter is that large. */
const maxSchemas = 2000;

/** What text can become so that a schema may accept it: through references, `allOf`, `oneOf` and `anyOf`. */
export function shapeOf(schema: JsonSchema, schemaOf: SchemaOf): FoundShape {
  const finder = new ShapeFinder(schemaOf);
  const shape = finder.find(schema, [], 0) ?? textShape;
  return { shape, isEndless: finder.isEndless };
}

/** Undefined: anything. */
type Found = ParameterShape | undefined;

class ShapeFinder {
  readonly #schemaOf: SchemaOf;
  isEndless = false;
  #seen = 0;

  constructor(schemaOf: SchemaOf) {
    this.#schemaOf = schemaOf;
  }

  /** `through`: references that led here. */
  find(schema: JsonSchema, through: readonly string[], depth: number): Found {
    if (typeof schema === "boolean") return undefined;
    if (++this.#seen > maxSchemas || depth > maxDepth || (schema.$ref !== undefined && through.includes(schema.$ref))) {
      this.isEndless = true;
      return undefined;
    }
    let found = this.#own(schema, through, depth);
    const target = schema.$ref === undefined ? undefined : this.#schemaOf(schema.$ref);
    if (target !== undefined) found = both(found, this.find(target, [...through, schema.$ref!], depth));
    for (const part of schema.allOf ?? []) found = both(found, this.find(part, through, depth));
    for (const choices of [schema.oneOf, schema.anyOf, this.#cases(schema)]) {
      if (choices !== undefined) found = both(found, this.#any(choices, through, depth));
    }
    return found;
  }

  #any(choices: readonly JsonSchema[], through: readonly string[], depth: number): Found {
    let union: ParameterShape = { scalar: [] };
    for (const choice of choices) {
      if (choice === false) continue;
      const shape = this.find(choice, through, depth);
      if (shape === undefined) return undefined;
      union = either(union, shape);
    }
    return union;
  }

  #cases(schema: SchemaObject): readonly JsonSchema[] | undefined {
    const discriminator = schema["x-gatewright-discriminator"];
    if (discriminator === undefined || discriminator.otherwise === "alternatives") return undefined;
    return [...new Set(Object.values(discriminator.cases))].map(($ref) => ({ $ref }));
  }

  #own(schema: SchemaObject, through: readonly string[], depth: number): Found {
    const types = typesOf(schema);
    if (types === undefined) return undefined;
    const values = constants(schema);
    const allowed = scalarTypes.filter((type) => types.has(type));
    const listed = values === undefined ? allowed : common(allowed, values);
    return {
      // Where no listed value has the type, which no request can then please, text is read as the type says.
      scalar: listed.length > 0 ? listed : allowed,
      ...(types.has("array") ? { items: this.#items(schema, through, depth) } : {}),
      ...(types.has("object") ? this.#members(schema, through, depth) : {}),
    };
  }

  #items(schema: SchemaObject, through: readonly string[], depth: number): ParameterShape {
    if (schema.prefixItems === undefined) return this.find(schema.items ?? true, through, depth + 1) ?? textShape;
    const items = [...schema.prefixItems, ...(typeof schema.items === "object" ? [schema.items] : [])];
    return this.#any(items, through, depth + 1) ?? textShape;
  }

  #members(schema: SchemaObject, through: readonly string[], depth: number): Pick<ParameterShape, "properties" | "additional"> {
    const properties = Object.entries(schema.properties ?? {}).map(
      ([name, property]) => [name, this.find(property, through, depth + 1) ?? textShape] as const,
    );
    const { additionalProperties: rest, patternProperties } = schema;
    const isOpen = rest === true || typeof rest === "object" || patternProperties !== undefined;
    const additional = typeof rest === "object" ? this.find(rest, through, depth + 1) : undefined;
    return { properties: Object.fromEntries(properties), ...(isOpen ? { additional: additional ?? textShape } : {}) };
  }
}

const numberKeywords = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"] as const;
const textKeywords = ["minLength", "maxLength", "pattern", "format"] as const;
const arrayKeywords = ["items", "prefixItems"] as const;
const objectKeywords = ["properties", "patternProperties"] as const;

/** Types that the schema names or, as many do not name one, what its keywords are about; undefined: it says nothing. */
function typesOf(schema: SchemaObject): ReadonlySet<string> | undefined {
  if (schema.type !== undefined) return new Set(typeof schema.type === "string" ? [schema.type] : schema.type);
  const values = constants(schema);
  if (values !== undefined && values.length > 0) return new Set(values);
  const has = (keywords: readonly (keyof SchemaObject)[]): boolean => keywords.some((keyword) => schema[keyword] !== undefined);
  if (has(textKeywords)) return new Set(["string"]);
  if (has(numberKeywords)) return new Set(["integer", "number", "string"]);
  if (has(arrayKeywords)) return new Set(["array"]);
  if (has(objectKeywords)) return new Set(["object"]);
  return undefined;
}

/** Types of the values that `enum` and `const` allow, of those that are no containers. */
function constants(schema: SchemaObject): readonly ScalarType[] | undefined {
  const values = schema.const !== undefined ? [schema.const] : schema.enum;
  return values === undefined ? undefined : [...new Set(values.map(scalarTypeOf).filter((type) => type !== undefined))];
}

function scalarTypeOf(value: Constant): ScalarType | undefined {
  if (value === null) return "null";
  if (typeof value === "boolean" || typeof value === "string") return typeof value as ScalarType;
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : undefined;
}

/** Types on both sides; an integer is a number too. */
function common(a: readonly ScalarType[], b: readonly ScalarType[]): readonly ScalarType[] {
  const has = (types: readonly ScalarType[], type: ScalarType): boolean =>
    types.includes(type) || (type === "integer" && types.includes("number"));
  return scalarTypes.filter((type) => has(a, type) && has(b, type));
}

function both(a: Found, b: Found): Found {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    scalar: common(a.scalar, b.scalar),
    ...(a.items !== undefined && b.items !== undefined ? { items: both(a.items, b.items)! } : {}),
    ...(a.properties !== undefined && b.properties !== undefined ? merged(a, b, both) : {}),
  };
}

function either(a: ParameterShape, b: ParameterShape): ParameterShape {
  const items = a.items === undefined || b.items === undefined ? (a.items ?? b.items) : either(a.items, b.items);
  const members = a.properties === undefined ? b : b.properties === undefined ? a : merged(a, b, either);
  return {
    scalar: scalarTypes.filter((type) => a.scalar.includes(type) || b.scalar.includes(type)),
    ...(items === undefined ? {} : { items }),
    ...(members.properties === undefined ? {} : { properties: members.properties }),
    ...(members.additional === undefined ? {} : { additional: members.additional }),
  };
}

type Combine = (a: ParameterShape, b: ParameterShape) => Found;

function merged(a: ParameterShape, b: ParameterShape, combine: Combine): Pick<ParameterShape, "properties" | "additional"> {
  const properties = new Map(Object.entries(a.properties ?? {}));
  for (const [name, shape] of Object.entries(b.properties ?? {})) {
    const known = properties.get(name);
    properties.set(name, known === undefined ? shape : (combine(known, shape) ?? textShape));
  }
  const additional =
    a.additional === undefined || b.additional === undefined
      ? (a.additional ?? b.additional)
      : (combine(a.additional, b.additional) ?? textShape);
  return { properties: Object.fromEntries(properties), ...(additional === undefined ? {} : { additional }) };
}
