import type { JsonSchema, SchemaObject } from "../../../ir/schema.ts";

/** What a property must be for a schema to hold: one of these texts. */
export interface Kind {
  readonly property: string;
  readonly values: ReadonlySet<string>;
}

export type Resolve = (ref: string) => JsonSchema | undefined;

/** The required properties that a schema lists the texts of: `type: { const: circle }`. */
export function kindsOf(schema: JsonSchema, resolve: Resolve): readonly Kind[] {
  const required = new Set<string>();
  const listed = new Map<string, ReadonlySet<string>>();
  gather(schema, resolve, required, listed, 0);
  return [...listed].flatMap(([property, values]) => (required.has(property) ? [{ property, values }] : []));
}

const mostSteps = 8;

function gather(
  schema: JsonSchema,
  resolve: Resolve,
  required: Set<string>,
  listed: Map<string, ReadonlySet<string>>,
  depth: number,
): void {
  if (typeof schema === "boolean" || depth > mostSteps) return;
  for (const name of schema.required ?? []) required.add(name);
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    const values = textsOf(part, resolve, 0);
    if (values !== undefined) listed.set(name, met(listed.get(name), values));
  }
  if (schema.$ref !== undefined) gather(resolve(schema.$ref) ?? true, resolve, required, listed, depth + 1);
  for (const part of schema.allOf ?? []) gather(part, resolve, required, listed, depth + 1);
}

function textsOf(schema: JsonSchema, resolve: Resolve, depth: number): ReadonlySet<string> | undefined {
  if (typeof schema === "boolean" || depth > mostSteps) return undefined;
  const values = schema.const === undefined ? schema.enum : [schema.const];
  if (values?.every((value) => typeof value === "string")) return new Set(values);
  if (isReference(schema)) return textsOf(resolve(schema.$ref) ?? true, resolve, depth + 1);
  return undefined;
}

const isReference = (schema: SchemaObject): schema is SchemaObject & { readonly $ref: string } => schema.$ref !== undefined;

function met(before: ReadonlySet<string> | undefined, values: ReadonlySet<string>): ReadonlySet<string> {
  return before === undefined ? values : new Set([...before].filter((value) => values.has(value)));
}

/** The kinds of both; undefined where no value can be of both. */
export function joined(a: readonly Kind[], b: readonly Kind[]): readonly Kind[] | undefined {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const all = new Map(a.map(({ property, values }) => [property, values]));
  for (const { property, values } of b) {
    const both = met(all.get(property), values);
    if (both.size === 0) return undefined;
    all.set(property, both);
  }
  return [...all].map(([property, values]) => ({ property, values }));
}

export const areExclusive = (a: readonly Kind[], b: readonly Kind[]): boolean =>
  a.length > 0 && b.length > 0 && joined(a, b) === undefined;

/**
 * For each alternative the kind that it is told from others by, if any does. A validator looks there before it asks the
 * alternative itself.
 */
export function tellingKinds(alternatives: readonly JsonSchema[], resolve: Resolve): readonly (Kind | undefined)[] {
  const kinds = alternatives.map((part) => kindsOf(part, resolve));
  return kinds.map((own, index) => {
    let best: Kind | undefined;
    let most = 0;
    for (const kind of own) {
      const excluded = kinds.filter((other, at) => at !== index && areExclusive([kind], other)).length;
      if (excluded > most) {
        best = kind;
        most = excluded;
      }
    }
    return best;
  });
}
