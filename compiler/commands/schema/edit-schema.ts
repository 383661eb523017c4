import type { JsonSchema } from "../../../schema/schemas.gen.ts";
import type { Name } from "./project-names.ts";

/** The schema with another part at `path`. Throws where there is none: the schema is ours, and its shape has changed. */
export function editSchema(schema: JsonSchema, path: readonly string[], change: (part: JsonSchema) => JsonSchema): JsonSchema {
  const [key, ...rest] = path;
  if (key === undefined) return change(schema);
  const part = (schema as Readonly<Record<string, unknown>>)[key];
  if (typeof part !== "object" || part === null) throw new Error(`the editor schema has no ${key}`);
  return { ...schema, [key]: editSchema(part as JsonSchema, rest, change) };
}

/** Accepts these names only. Without any there is nothing to hold a value against: `check` says what is missing. */
export const oneOf =
  (names: readonly string[]) =>
  (part: JsonSchema): JsonSchema =>
    names.length === 0 ? part : { ...part, enum: names };

/** The same for the keys of an object. */
export const keys =
  (names: readonly string[]) =>
  (part: JsonSchema): JsonSchema =>
    names.length === 0 ? part : closed(names.map((name) => ({ name, description: "" })))(part);

/** Offers these values and accepts others: for what changes more often than a schema is written. */
export const suggested =
  (values: readonly string[]) =>
  ({ description, type, ...bounds }: JsonSchema): JsonSchema =>
    values.length === 0
      ? { description, type, ...bounds }
      : { ...(description === undefined ? {} : { description }), anyOf: [{ enum: values }, { type, ...bounds }] };

/** The names as properties with hover text, each with the schema that the others have under `additionalProperties`. */
export const named =
  (names: readonly Name[]) =>
  (part: JsonSchema): JsonSchema => {
    const each = typeof part.additionalProperties === "object" ? part.additionalProperties : {};
    return { ...part, properties: propertiesOf(names, each) };
  };

/** As `named`, and no other name is accepted but `others` and what matches `pattern`, which are not offered. */
export const closed =
  (names: readonly Name[], { others = [], pattern }: { readonly others?: readonly string[]; readonly pattern?: string } = {}) =>
  (part: JsonSchema): JsonSchema => {
    const known = { enum: names.map(({ name }) => name) };
    if (names.length === 0) return { ...part, maxProperties: 0 };
    const further: JsonSchema[] = [
      ...(others.length === 0 ? [] : [{ enum: others }]),
      ...(pattern === undefined ? [] : [{ type: "string", pattern }]),
    ];
    return { ...named(names)(part), propertyNames: further.length === 0 ? known : { anyOf: [known, ...further] } };
  };

/** A name such as `__proto__` is a property like any other. */
const propertiesOf = (names: readonly Name[], each: JsonSchema): Record<string, JsonSchema> =>
  Object.fromEntries(names.map(({ name, description }) => [name, description === "" ? each : { description, ...each }]));
