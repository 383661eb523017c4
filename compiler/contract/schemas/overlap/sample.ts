import type { Constant, JsonSchema, SchemaObject, SchemaType } from "../../../ir/schema.ts";
import type { Budget, SchemaAt } from "./evaluate.ts";

/** `least`: only what has to be there. `all`: every property that the schema names, with what has to be there in each. */
export type Extent = "least" | "all";

/** A value that a schema probably lets pass; undefined where none is found. Whether it does is for `evaluate` to say. */
export function sample(schema: JsonSchema, extent: Extent, at: SchemaAt, budget: Budget, depth = 0): Constant | undefined {
  if (schema === false || depth > deepest || --budget.left < 0) return undefined;
  if (schema === true) return "";
  const inside = (part: JsonSchema): Constant | undefined => sample(part, extent, at, budget, depth + 1);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const parts = [...(schema.$ref === undefined ? [] : [at(schema.$ref) ?? true]), ...(schema.allOf ?? [])].map(inside);
  const alternative = firstOf(schema.anyOf ?? schema.oneOf ?? [], inside);
  const own = isObjectSchema(schema)
    ? objectOf(schema, extent, (part) => sample(part, "least", at, budget, depth + 1))
    : scalarOf(schema, inside);
  const found = [...parts, ...(alternative === undefined ? [] : [alternative]), ...(own === undefined ? [] : [own])];
  if (found.includes(undefined)) return undefined;
  if (found.length === 0) return "";
  // Of several objects, the members of all: later parts are narrower, by habit.
  return found.every(isRecord) ? Object.assign({}, ...found) : found.at(-1);
}

/** Of references in references. */
const deepest = 10;

function firstOf(parts: readonly JsonSchema[], inside: (part: JsonSchema) => Constant | undefined): Constant | undefined {
  for (const part of parts) {
    const value = inside(part);
    if (value !== undefined) return value;
  }
  return undefined;
}

const isObjectSchema = ({ type, properties, required, additionalProperties }: SchemaObject): boolean =>
  [type].flat().includes("object") || (type === undefined && (properties ?? required ?? additionalProperties) !== undefined);

function objectOf(
  { properties = {}, required = [] }: SchemaObject,
  extent: Extent,
  inside: (part: JsonSchema) => Constant | undefined,
): Constant | undefined {
  const members: { [name: string]: Constant } = {};
  const names = extent === "all" ? [...new Set([...Object.keys(properties), ...required])] : required;
  for (const name of names) {
    const value = inside(Object.hasOwn(properties, name) ? properties[name]! : true);
    if (value !== undefined) members[name] = value;
    else if (required.includes(name)) return undefined;
  }
  return members;
}

function scalarOf(schema: SchemaObject, inside: (part: JsonSchema) => Constant | undefined): Constant | undefined {
  const [first] = [schema.type].flat().filter((type) => type !== undefined);
  return first === undefined ? undefined : scalars[first](schema, inside);
}

const scalars: Readonly<
  Record<SchemaType, (schema: SchemaObject, inside: (part: JsonSchema) => Constant | undefined) => Constant | undefined>
> = {
  null: () => null,
  boolean: () => true,
  object: () => ({}),
  string: ({ minLength = 0 }) => (minLength > 100 ? undefined : "x".repeat(minLength)),
  integer: ({ minimum = 0, maximum = Number.POSITIVE_INFINITY }) =>
    Math.min(Math.ceil(Math.max(minimum, 0)), Math.floor(maximum)),
  // A fraction, which no integer is.
  number: ({ minimum = 0, maximum = Number.POSITIVE_INFINITY }) => Math.min(Math.max(minimum, 0) + 0.5, maximum),
  array({ items = true, minItems = 1 }, inside) {
    const item = inside(items);
    return item === undefined || minItems > 10 ? undefined : Array<Constant>(Math.max(minItems, 1)).fill(item);
  },
};

const isRecord = (value: Constant | undefined): value is { readonly [key: string]: Constant } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
