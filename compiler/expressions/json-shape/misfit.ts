import type { TypedNode, ValueType } from "../../ir/expression.ts";
import { token } from "../../text/edits.ts";
import { own } from "../../text/own.ts";
import { list } from "../../text/words.ts";
import type { ResolveSchema } from "../schema-types.ts";
import { branchOf, knownValue, unboxed } from "./known-value.ts";

/** What a body has otherwise than a schema wants it, for certain. */
export interface Misfit {
  /** JSON pointer into the body. */
  readonly pointer: string;
  /** To be read after the place: `must be a string`. */
  readonly wanted: string;
}

interface Scene {
  readonly status: number;
  readonly resolve: ResolveSchema;
}

type Schema = { readonly [key: string]: unknown };

/** Schemas that lead to themselves without a member between say nothing. */
const mostSteps = 64;

/**
 * Whether a schema refuses what an expression gives for a status. What depends on more than the status (the text of a
 * detail) is taken to fit where its type does: nothing is reported that may be right.
 */
export function misfitOf(node: TypedNode, schema: unknown, scene: Scene, pointer = "", steps = 0): Misfit | undefined {
  if (schema === false) return { pointer, wanted: "must not be there" };
  if (!isObject(schema) || steps > mostSteps) return undefined;
  const next = (part: TypedNode, inner: unknown, at = pointer): Misfit | undefined =>
    misfitOf(part, inner, scene, at, at === pointer ? steps + 1 : 0);
  if (typeof schema.$ref === "string") {
    const found = next(node, scene.resolve(schema));
    if (found !== undefined) return found;
  }
  const value = unboxed(node);
  if (value.kind === "conditional") {
    const branch = branchOf(value, scene.status);
    if (branch !== undefined) return next(branch, schema);
    return next(value.then, schema) ?? next(value.otherwise, schema);
  }
  for (const part of listOf(schema.allOf)) {
    const found = next(node, part);
    if (found !== undefined) return found;
  }
  for (const alternatives of [listOf(schema.anyOf), listOf(schema.oneOf)]) {
    const found = alternatives.map((one) => next(node, one));
    // The first says most of what was meant.
    if (found.length > 0 && !found.includes(undefined)) return found[0];
  }
  return wrongValue(value, schema, pointer, scene) ?? wrongMember(value, schema, pointer, next);
}

function wrongValue(node: TypedNode, schema: Schema, pointer: string, { status }: Scene): Misfit | undefined {
  const known = knownValue(node, status);
  const types = typeof schema.type === "string" ? [schema.type] : listOf(schema.type).map(String);
  const given = known === undefined ? jsonTypes(node.type) : [typeOfConstant(known.value)];
  if (types.length > 0 && given.length > 0 && !given.some((type) => fits(type, types)))
    return { pointer, wanted: `must be ${list(types.map(article), "or")}` };
  const values = Object.hasOwn(schema, "const") ? [schema.const] : Array.isArray(schema.enum) ? (schema.enum as unknown[]) : [];
  if (known === undefined || values.length === 0 || values.includes(known.value)) return undefined;
  return {
    pointer,
    wanted: `must be ${list(
      values.slice(0, 8).map((value) => JSON.stringify(value)),
      "or",
    )}`,
  };
}

function wrongMember(
  node: TypedNode,
  schema: Schema,
  pointer: string,
  next: (part: TypedNode, schema: unknown, at: string) => Misfit | undefined,
): Misfit | undefined {
  if (node.kind === "list") {
    for (const [index, item] of node.items.entries()) {
      const found = next(item, schema.items, `${pointer}/${index}`);
      if (found !== undefined) return found;
    }
  }
  // The filter gives the items of its range, the map what its body makes of each.
  if (node.kind === "macro" && node.macro === "map") return next(node.body, schema.items, `${pointer}/0`);
  if (node.kind !== "map") return undefined;
  const names = node.entries.map(({ key }) => nameOf(key));
  if (names.includes(undefined)) return undefined;
  for (const name of listOf(schema.required).map(String))
    if (!names.includes(name)) return { pointer: `${pointer}/${token(name)}`, wanted: "must be there" };
  for (const { key, value } of node.entries) {
    const name = nameOf(key)!;
    const at = `${pointer}/${token(name)}`;
    const property = isObject(schema.properties) ? own(schema.properties, name) : undefined;
    const isFree = isObject(schema.patternProperties);
    const inner = property ?? (isFree ? undefined : schema.additionalProperties);
    const found = next(value, inner, at);
    if (found !== undefined) return found;
  }
  return undefined;
}

const nameOf = (key: TypedNode): string | undefined => {
  const node = unboxed(key);
  return node.kind === "constant" && typeof node.value === "string" && node.type.kind === "string" ? node.value : undefined;
};

/** The types of JSON that values of a type may have there; empty: any. */
function jsonTypes(type: ValueType): readonly string[] {
  if (type.kind === "union") {
    const members = type.members.map(jsonTypes);
    return members.some(({ length }) => length === 0) ? [] : members.flat();
  }
  return jsonType[type.kind];
}

const jsonType: { readonly [Kind in Exclude<ValueType["kind"], "union">]: readonly string[] } = {
  int: ["integer"],
  uint: ["integer"],
  double: ["number"],
  bool: ["boolean"],
  string: ["string"],
  bytes: ["string"],
  null: ["null"],
  timestamp: ["string"],
  duration: ["string"],
  type: ["string"],
  list: ["array"],
  map: ["object"],
  object: ["object"],
  dyn: [],
};

const fits = (type: string, types: readonly string[]): boolean =>
  types.includes(type) || (type === "integer" && types.includes("number")) || (type === "number" && types.includes("integer"));

const typeOfConstant = (value: string | number | boolean | null): string =>
  value === null ? "null" : typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;

const article = (type: string): string => (type === "null" ? type : /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isObject = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
