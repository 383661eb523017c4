import { own } from "../text/own.ts";
import { bothOf, valuesOf } from "./schema-values.ts";
import { bool, type CelType, double, dyn, type FieldType, int, listOf, nullType, string, unionOf } from "./types.ts";

/** A JSON Schema or OpenAPI schema object, as parsed. */
export type Schema = { readonly [key: string]: unknown } | boolean;
/** Follows `$ref`; undefined where it leads nowhere. */
export type ResolveSchema = (schema: { readonly [key: string]: unknown }) => Schema | undefined;

/** `allOf` inside `allOf` deeper than this is taken for endless. */
const maxMerge = 32;

/**
 * Turns JSON Schemas (2020-12) into types. A `$ref` becomes a reference that is looked up when an expression follows it,
 * so that recursive and very large specs cost what expressions use of them.
 */
export class SchemaTypes {
  readonly #resolve: ResolveSchema;
  readonly #schemas = new Map<string, Schema>();
  readonly #names = new Map<Schema, string>();
  readonly #types = new Map<string, CelType>();

  constructor(resolve: ResolveSchema) {
    this.#resolve = resolve;
  }

  /** The type behind a reference that `typeOf` made. */
  definition(name: string): CelType {
    const known = this.#types.get(name);
    if (known !== undefined) return known;
    const schema = this.#schemas.get(name);
    if (schema === undefined) return dyn;
    // A schema that is nothing but a reference to itself has no type.
    this.#types.set(name, dyn);
    const made = this.typeOf(schema, name.slice(name.lastIndexOf("/") + 1));
    const type = made.kind === "reference" ? this.definition(made.name) : made;
    this.#types.set(name, type);
    return type;
  }

  typeOf(schema: Schema, title?: string): CelType {
    // What is no schema is reported elsewhere, or not used.
    if (!isObject(schema)) return dyn;
    if (typeof schema.$ref === "string") {
      const target = this.#resolve(schema);
      const beside = Object.keys(schema).filter((key) => typeKeywords.has(key));
      if (target === undefined || typeof target === "boolean") return dyn;
      const reference: CelType = { kind: "reference", name: this.#name(schema.$ref, target) };
      if (beside.length === 0) return reference;
      const { $ref: _, ...rest } = schema;
      return this.#all([target, rest], title, 0);
    }
    if (Array.isArray(schema.allOf)) {
      const { allOf, ...rest } = schema;
      return this.#all(
        [...(allOf as Schema[]), ...(Object.keys(rest).some((key) => typeKeywords.has(key)) ? [rest] : [])],
        title,
        0,
      );
    }
    const choices = (schema.oneOf ?? schema.anyOf) as Schema[] | undefined;
    if (Array.isArray(choices)) {
      // Keywords beside the choices hold for each of them.
      const { oneOf, anyOf, ...rest } = schema;
      const plain = !Object.keys(rest).some((key) => typeKeywords.has(key));
      return unionOf(choices.map((choice) => this.#expanded(plain ? this.typeOf(choice) : this.#all([choice, rest], title, 0))));
    }
    return this.#plain(schema, title);
  }

  #plain(schema: { readonly [key: string]: unknown }, title: string | undefined): CelType {
    const kinds = kindsOf(schema);
    if (kinds.length === 0) return dyn;
    return unionOf(kinds.map((kind) => this.#kind(kind, schema, title)));
  }

  #kind(kind: string, schema: { readonly [key: string]: unknown }, title: string | undefined): CelType {
    const scalar = own(scalars, kind);
    if (scalar !== undefined) return scalar;
    if (kind === "array") {
      if (Array.isArray(schema.prefixItems) || schema.items === undefined) return listOf(dyn);
      const items = schema.items as Schema;
      return { kind: "list", element: this.typeOf(items), ...this.#values(items) };
    }
    if (kind !== "object") return dyn;
    const properties = isObject(schema.properties) ? (schema.properties as Readonly<Record<string, Schema>>) : undefined;
    const rest = this.#rest(schema);
    if (properties === undefined || Object.keys(properties).length === 0) {
      const further = schema.patternProperties === undefined ? schema.additionalProperties : undefined;
      return { kind: "map", key: string, value: rest ?? dyn, ...(isObject(further) ? this.#values(further as Schema) : {}) };
    }
    const required = new Set(Array.isArray(schema.required) ? (schema.required as string[]) : []);
    const fields: Record<string, FieldType> = Object.create(null) as Record<string, FieldType>;
    for (const [name, property] of Object.entries(properties))
      fields[name] = { type: this.typeOf(property), required: required.has(name), ...this.#values(property) };
    return { kind: "object", fields, rest, ...(title === undefined ? {} : { title }) };
  }

  /**
   * Type of further properties. JSON Schema allows them unless told otherwise, but an expression that reads a field the
   * schema does not name is almost always a misspelt one: only what the schema says of them counts.
   */
  #rest(schema: { readonly [key: string]: unknown }): CelType | undefined {
    if (schema.patternProperties !== undefined) return dyn;
    const further = schema.additionalProperties ?? schema.unevaluatedProperties;
    if (further === undefined || further === false) return undefined;
    return further === true ? dyn : this.typeOf(further as Schema);
  }

  /** The intersection, as far as types can say it: fields are joined, and the narrower of two types wins. */
  #all(schemas: readonly Schema[], title: string | undefined, depth: number): CelType {
    if (depth > maxMerge) return dyn;
    const types = schemas.map((schema) => this.#expanded(this.typeOf(schema, title))).filter(({ kind }) => kind !== "dyn");
    if (types.length === 0) return dyn;
    const names = new Set(
      schemas.flatMap((schema) =>
        typeof schema === "object" && Array.isArray(schema.required) ? (schema.required as string[]) : [],
      ),
    );
    const merged = types.reduce((a, b) => this.#merge(a, b, depth + 1));
    if (merged.kind !== "object") return merged;
    const fields = Object.create(null) as Record<string, FieldType>;
    for (const [name, field] of Object.entries(merged.fields))
      fields[name] = names.has(name) ? { ...field, required: true } : field;
    return { ...merged, fields, ...(title === undefined ? {} : { title }) };
  }

  #merge(a: CelType, b: CelType, depth: number): CelType {
    if (depth > maxMerge || b.kind === "dyn") return a;
    if (a.kind === "dyn") return b;
    if (a.kind === "union" || b.kind === "union") {
      const [union, other] = a.kind === "union" ? [a, b] : [b as CelType & { kind: "union" }, a];
      const others = other.kind === "union" ? other.members : [other];
      const pairs = union.members.flatMap((member) =>
        others.filter((each) => compatible(member, each)).map((each) => this.#merge(member, each, depth + 1)),
      );
      return pairs.length === 0 ? dyn : unionOf(pairs);
    }
    if (a.kind === "object" && b.kind === "object") {
      const fields = Object.create(null) as Record<string, FieldType>;
      for (const name of new Set([...Object.keys(a.fields), ...Object.keys(b.fields)])) {
        const [left, right] = [a.fields[name], b.fields[name]];
        fields[name] =
          left === undefined || right === undefined
            ? (left ?? right)!
            : {
                type: this.#merge(this.#expanded(left.type), this.#expanded(right.type), depth + 1),
                required: left.required || right.required,
                ...listed(bothOf(left.values, right.values)),
              };
      }
      return { ...a, fields, rest: a.rest ?? b.rest };
    }
    if (a.kind === "map" && b.kind === "object") return b;
    if (a.kind === "double" && b.kind === "int") return b;
    return a;
  }

  #values(schema: Schema): Pick<FieldType, "values"> {
    return listed(valuesOf(schema, this.#resolve, 0));
  }

  #expanded(type: CelType): CelType {
    return type.kind === "reference" ? this.definition(type.name) : type;
  }

  #name(ref: string, target: Schema): string {
    const known = this.#names.get(target);
    if (known !== undefined) return known;
    let name = ref;
    while (this.#schemas.has(name)) name = `${name}'`;
    this.#names.set(target, name);
    this.#schemas.set(name, target);
    return name;
  }
}

/** The type of one schema; `resolve` follows `$ref`. */
export const typeOfSchema = (schema: Schema, resolve: ResolveSchema, title?: string): CelType =>
  new SchemaTypes(resolve).typeOf(schema, title);

const scalars: Readonly<Record<string, CelType>> = { integer: int, number: double, string, boolean: bool, null: nullType };
const typeKeywords = new Set([
  "type",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "prefixItems",
  "enum",
  "const",
  "allOf",
  "oneOf",
  "anyOf",
  "nullable",
  "patternProperties",
]);

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const listed = (values: FieldType["values"]): Pick<FieldType, "values"> => (values === undefined ? {} : { values });

const compatible = (a: CelType, b: CelType): boolean =>
  a.kind === b.kind ||
  a.kind === "dyn" ||
  b.kind === "dyn" ||
  ["object map", "map object", "int double", "double int"].includes(`${a.kind} ${b.kind}`);

/** The JSON types that the schema allows; empty where it does not say. */
function kindsOf(schema: { readonly [key: string]: unknown }): readonly string[] {
  const written = schema.type === undefined ? [] : ([schema.type].flat() as string[]);
  const kinds = written.length > 0 ? written : impliedKinds(schema);
  return schema.nullable === true && kinds.length > 0 ? [...kinds, "null"] : kinds;
}

function impliedKinds(schema: { readonly [key: string]: unknown }): readonly string[] {
  const values = Array.isArray(schema.enum)
    ? (schema.enum as unknown[])
    : Object.hasOwn(schema, "const")
      ? [schema.const]
      : undefined;
  if (values !== undefined) return [...new Set(values.map(kindOfValue))];
  if (schema.properties !== undefined || schema.additionalProperties !== undefined) return ["object"];
  return schema.items !== undefined || schema.prefixItems !== undefined ? ["array"] : [];
}

function kindOfValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}
