import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Positions } from "../../ir/positions.ts";
import type { JsonObject, JsonValue } from "../../source/source-set.ts";
import { strayMapping } from "./messages.gen.ts";
import type { Follow } from "./read-write.ts";
import { isObject } from "./resources.ts";

/** A named schema that is made of another one by `allOf`. */
export interface Heir {
  readonly name: string;
  readonly node: JsonObject;
}

/** Which component schemas inherit from which: `allOf` with a reference to a schema that has a discriminator. */
export class Inheritance {
  readonly #schemas: JsonObject;
  readonly #follow: Follow;
  #heirs: ReadonlyMap<JsonObject, readonly Heir[]> | undefined;

  constructor(schemas: JsonObject, follow: Follow) {
    this.#schemas = schemas;
    this.#follow = follow;
  }

  /** All heirs of a schema, also those of heirs. */
  heirsOf(parent: JsonObject): readonly Heir[] {
    const all = new Map<JsonObject, Heir>();
    const waiting = [parent];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      for (const heir of this.#direct().get(node) ?? []) {
        if (all.has(heir.node) || heir.node === parent) continue;
        all.set(heir.node, heir);
        waiting.push(heir.node);
      }
    }
    return [...all.values()];
  }

  isHeir = (node: JsonObject, parent: JsonObject): boolean => this.heirsOf(parent).some((heir) => heir.node === node);

  #direct(): ReadonlyMap<JsonObject, readonly Heir[]> {
    if (this.#heirs !== undefined) return this.#heirs;
    const heirs = new Map<JsonObject, Heir[]>();
    for (const [name, node] of Object.entries(this.#schemas)) {
      if (!isObject(node) || !Array.isArray(node.allOf)) continue;
      for (const part of node.allOf) {
        const parent = isObject(part) && typeof part.$ref === "string" ? this.#follow(part) : undefined;
        if (!isObject(parent) || parent === node) continue;
        const known = heirs.get(parent);
        if (known === undefined) heirs.set(parent, [{ name, node }]);
        else known.push({ name, node });
      }
    }
    this.#heirs = heirs;
    return heirs;
  }
}

/** The texts that a schema allows for a property by `const` or `enum`; undefined where it does not list them. */
export function listedValues(schema: JsonObject, property: string, follow: Follow, depth = 0): readonly string[] | undefined {
  if (depth > 6) return undefined;
  if (typeof schema.$ref === "string") {
    const target = follow(schema);
    const listed = isObject(target) ? listedValues(target, property, follow, depth + 1) : undefined;
    if (listed !== undefined) return listed;
  }
  const written =
    isObject(schema.properties) && Object.hasOwn(schema.properties, property) ? schema.properties[property] : undefined;
  const own = isObject(written) ? constants(written, follow, 0) : undefined;
  if (own !== undefined) return own;
  // The last part is the narrowest, by habit.
  for (const part of Array.isArray(schema.allOf) ? schema.allOf.toReversed() : []) {
    const listed = isObject(part) ? listedValues(part, property, follow, depth + 1) : undefined;
    if (listed !== undefined) return listed;
  }
  return undefined;
}

function constants(schema: JsonObject, follow: Follow, depth: number): readonly string[] | undefined {
  if (typeof schema.const === "string") return [schema.const];
  if (Array.isArray(schema.enum)) return schema.enum.every((value) => typeof value === "string") ? schema.enum : undefined;
  if (depth > 4) return undefined;
  const parts = [
    ...(typeof schema.$ref === "string" ? [follow(schema)] : []),
    ...(Array.isArray(schema.allOf) ? schema.allOf : []),
  ];
  for (const part of parts) {
    const listed = isObject(part) ? constants(part, follow, depth + 1) : undefined;
    if (listed !== undefined) return listed;
  }
  return undefined;
}

export interface WrittenDiscriminator {
  readonly property: string;
  /** By value: a name of a schema, or a reference to one. */
  readonly mapping: Readonly<Record<string, string>>;
}

export function writtenDiscriminator(value: JsonValue | undefined): WrittenDiscriminator | undefined {
  if (typeof value === "string") return { property: value, mapping: {} };
  if (!isObject(value) || typeof value.propertyName !== "string") return undefined;
  const mapping = isObject(value.mapping)
    ? Object.entries(value.mapping).filter((entry): entry is [string, string] => typeof entry[1] === "string")
    : [];
  return { property: value.propertyName, mapping: Object.fromEntries(mapping) };
}

/**
 * Entries of a `mapping` that lead to none of the schemas that it chooses from, so that values of theirs are refused; each
 * with its place.
 *
 * @param alternatives of `oneOf` or `anyOf`
 * @param family the schema and those that are made of it, which count where there are no alternatives
 */
export function strayMappings(
  { discriminator }: JsonObject,
  alternatives: readonly JsonValue[] | undefined,
  family: readonly { readonly name: string }[],
  positions: Positions,
): readonly (readonly [place: string, diagnostic: Diagnostic])[] {
  const mapping = isObject(discriminator) ? discriminator.mapping : undefined;
  if (!isObject(mapping)) return [];
  const refs = alternatives?.flatMap((part) => (isObject(part) && typeof part.$ref === "string" ? [part.$ref] : []));
  const names = new Set((refs ?? family.map(({ name }) => name)).map(calledName));
  const relation = refs === undefined ? "a schema made of this one by `allOf`" : "one of the alternatives";
  return Object.entries(mapping).flatMap(([value, target]) => {
    if (typeof target !== "string" || names.has(calledName(target))) return [];
    const at = positions.value(mapping, value);
    return [[`mapping ${at.file} ${at.start}`, strayMapping(at, { value, target, relation })] as const];
  });
}

/** `#/components/schemas/Dog`, `Dog` and `dog.yaml#/Dog` → `Dog`: what a reference calls the schema. */
export const calledName = (ref: string): string => (ref.split(/[/#]/).at(-1) ?? ref).replaceAll("~1", "/").replaceAll("~0", "~");

/** Only what the heir itself lists, as what it inherits lists the values of all. */
export function ownListedValues(node: JsonObject, property: string, follow: Follow): readonly string[] | undefined {
  const inline = Array.isArray(node.allOf) ? node.allOf.filter((part) => isObject(part) && part.$ref === undefined) : [];
  return [node, ...inline]
    .map((part) => listedValues({ properties: (part as JsonObject).properties ?? {} }, property, follow))
    .find((values) => values !== undefined);
}
