import type { Constant } from "../ir/schema.ts";
import type { ResolveSchema, Schema } from "./schema-types.ts";

type Values = readonly Constant[] | undefined;

/** Deeper schemas list nothing that anybody would look for. */
const maxDepth = 8;

/** All values that a schema allows; undefined where it does not list them. */
export function valuesOf(schema: Schema | undefined, resolve: ResolveSchema, depth: number): Values {
  if (typeof schema !== "object" || schema === null || depth > maxDepth) return undefined;
  const inner = (part: unknown): Values => valuesOf(part as Schema, resolve, depth + 1);
  const own = Array.isArray(schema.enum)
    ? (schema.enum as readonly Constant[])
    : Object.hasOwn(schema, "const")
      ? [schema.const as Constant]
      : undefined;
  const all = [
    schema.nullable === true && own !== undefined ? [...own, null] : own,
    typeof schema.$ref === "string" ? inner(resolve(schema)) : undefined,
    ...(Array.isArray(schema.allOf) ? schema.allOf.map(inner) : []),
    ...[schema.oneOf, schema.anyOf].map((choices) => (Array.isArray(choices) ? anyOf(choices.map(inner)) : undefined)),
  ];
  return all.reduce(bothOf, undefined);
}

/** What two lists have in common. */
export function bothOf(a: Values, b: Values): Values {
  if (a === undefined || b === undefined) return a ?? b;
  return a.filter((value) => b.includes(value));
}

const anyOf = (lists: readonly Values[]): Values =>
  lists.some((list) => list === undefined) ? undefined : [...new Set(lists.flatMap((list) => list ?? []))];
