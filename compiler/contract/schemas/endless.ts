import type { JsonSchema, SchemaIr, SchemaObject } from "../../ir/schema.ts";
import { inPlaceReferences } from "./references.ts";

/**
 * Schemas that apply to the value of the schema that they are reached from, and so would be asked without end. Returns the
 * references that close such a circle, by the id of the schema they stand in.
 */
export function endlessReferences(schemas: readonly SchemaIr[]): ReadonlyMap<string, ReadonlySet<string>> {
  const next = new Map(
    schemas.map(({ id, schema }) => [
      id,
      typeof schema === "boolean" ? [] : inPlaceReferences(schema).map((ref) => ref.slice(2)),
    ]),
  );
  const state = new Map<string, "open" | "done">();
  const closing = new Map<string, Set<string>>();
  for (const { id: root } of schemas) {
    if (state.has(root)) continue;
    const work: { readonly id: string; at: number }[] = [{ id: root, at: 0 }];
    state.set(root, "open");
    while (work.length > 0) {
      const frame = work.at(-1)!;
      const target = next.get(frame.id)?.[frame.at++];
      if (target === undefined) {
        state.set(frame.id, "done");
        work.pop();
      } else if (state.get(target) === "open") closing.set(frame.id, (closing.get(frame.id) ?? new Set()).add(`#/${target}`));
      else if (!state.has(target)) {
        state.set(target, "open");
        work.push({ id: target, at: 0 });
      }
    }
  }
  return closing;
}

/** The schema without references that would apply to the same value; as if they held for every value. */
export function withoutReferences(schema: JsonSchema, refs: ReadonlySet<string>): JsonSchema {
  if (typeof schema === "boolean") return schema;
  const one = (part: JsonSchema): JsonSchema => withoutReferences(part, refs);
  const changed: { -readonly [Key in keyof SchemaObject]: SchemaObject[Key] } = { ...schema };
  if (schema.$ref !== undefined && refs.has(schema.$ref)) delete changed.$ref;
  for (const key of ["allOf", "anyOf", "oneOf"] as const) if (schema[key] !== undefined) changed[key] = schema[key].map(one);
  for (const key of ["not", "if", "then", "else"] as const) if (schema[key] !== undefined) changed[key] = one(schema[key]);
  if (schema.dependentSchemas !== undefined) {
    changed.dependentSchemas = Object.fromEntries(
      Object.entries(schema.dependentSchemas).map(([name, part]) => [name, one(part)]),
    );
  }
  const discriminator = schema["x-gatewright-discriminator"];
  if (discriminator !== undefined && Object.values(discriminator.cases).some((ref) => refs.has(ref)))
    delete changed["x-gatewright-discriminator"];
  return Object.keys(changed).length === 0 ? true : changed;
}
