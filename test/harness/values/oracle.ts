import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { JsonSchema, SchemaIr, SchemaMap, SchemaObject } from "../../../compiler/ir/schema.ts";

/** One thing that ajv says is wrong. */
export interface Fault {
  readonly pointer: string;
  readonly keyword: string;
}

/** What ajv, which shares no code with emitted validators, says of values: it interprets the same schemas. */
export class Oracle {
  readonly #schemas: ReadonlyMap<string, JsonSchema>;
  readonly #numbers = new Map<string, number>();
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #ajv: Ajv2020;

  constructor(schemas: readonly SchemaIr[]) {
    this.#schemas = new Map(schemas.map(({ id, schema }) => [id, schema]));
    this.#ajv = new Ajv2020({
      strict: false,
      allErrors: true,
      logger: false,
      validateSchema: false,
      code: { regExp: Object.assign((pattern: string) => regularExpression(pattern), { code: "undefined" }) },
    });
    addFormats.default(this.#ajv);
    this.#ajv.addFormat("int32", {
      type: "number",
      validate: (value) => Number.isInteger(value) && Math.abs(value + 0.5) < 2 ** 31,
    });
    for (const [index, { id }] of schemas.entries()) this.#numbers.set(id, index);
  }

  get(id: string): JsonSchema {
    return this.#schemas.get(id) ?? true;
  }

  /** Every fault; none: the value is valid. Throws where ajv cannot compile the schema. */
  faults(id: string, value: unknown): readonly Fault[] {
    const validate = this.#validator(id);
    if (validate(value) === true) return [];
    return (validate.errors ?? []).map(({ instancePath, keyword }) => ({ pointer: instancePath, keyword }));
  }

  accepts(id: string, value: unknown): boolean {
    return this.#validator(id)(value) === true;
  }

  /** A part of a schema, where it was written. */
  matches(schema: JsonSchema, value: unknown): boolean {
    if (typeof schema === "boolean") return schema;
    let validate = this.#parts.get(schema);
    if (validate === undefined) {
      const targets: string[] = [];
      const translated = this.#translated(schema, targets);
      for (const target of targets) this.#add(target);
      validate = this.#ajv.compile(translated as SchemaObject);
      this.#parts.set(schema, validate);
    }
    return validate(value) === true;
  }

  readonly #parts = new WeakMap<SchemaObject, ValidateFunction>();

  #validator(id: string): ValidateFunction {
    let validate = this.#compiled.get(id);
    if (validate === undefined) {
      this.#add(id);
      validate = this.#ajv.getSchema(this.#name(id))!;
      this.#compiled.set(id, validate);
    }
    return validate;
  }

  #name(id: string): string {
    return `schema-${this.#numbers.get(id)}`;
  }

  readonly #added = new Set<string>();

  /** The schema and all it refers to. */
  #add(id: string): void {
    if (this.#added.has(id)) return;
    this.#added.add(id);
    const targets: string[] = [];
    const translated = this.#translated(this.get(id), targets);
    this.#ajv.addSchema(typeof translated === "boolean" ? (translated ? {} : { not: {} }) : translated, this.#name(id));
    for (const target of targets) this.#add(target);
  }

  /** References by other names, and discriminators in words of JSON Schema. */
  #translated(schema: JsonSchema, targets: string[]): JsonSchema {
    if (typeof schema === "boolean") return schema;
    const inner = (part: JsonSchema): JsonSchema => this.#translated(part, targets);
    const result: { [keyword: string]: unknown } = {};
    for (const [keyword, part] of Object.entries(schema)) {
      if (keyword === "$ref") {
        const id = (part as string).slice(2);
        targets.push(id);
        result.$ref = this.#name(id);
      } else if (keyword.startsWith("x-gatewright-")) continue;
      else if (maps.includes(keyword))
        result[keyword] = Object.fromEntries(Object.entries(part as SchemaMap).map(([name, member]) => [name, inner(member)]));
      else if (lists.includes(keyword)) result[keyword] = (part as readonly JsonSchema[]).map(inner);
      else if (singles.includes(keyword)) result[keyword] = inner(part as JsonSchema);
      else result[keyword] = part;
    }
    const discriminator = schema["x-gatewright-discriminator"];
    if (discriminator === undefined) return result as SchemaObject;
    const { oneOf, anyOf, ...rest } = result;
    const { property, cases, otherwise } = discriminator;
    const alternatives = { ...(oneOf === undefined ? {} : { oneOf }), ...(anyOf === undefined ? {} : { anyOf }) } as SchemaObject;
    let chain: JsonSchema = otherwise === "refused" ? false : alternatives;
    for (const [value, target] of Object.entries(cases)) {
      const names: JsonSchema = { type: "object", required: [property], properties: { [property]: { const: value } } };
      chain = { if: names, then: inner({ $ref: target }), else: chain };
    }
    return { ...rest, allOf: [...((rest.allOf as JsonSchema[] | undefined) ?? []), chain] } as SchemaObject;
  }
}

const maps = ["properties", "patternProperties", "dependentSchemas"];
const lists = ["allOf", "anyOf", "oneOf", "prefixItems"];
const singles = [
  "items",
  "contains",
  "additionalProperties",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
  "not",
  "if",
  "then",
  "else",
];

/** Patterns of real specs are often none of Unicode mode. */
export function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return new RegExp(pattern);
  }
}
