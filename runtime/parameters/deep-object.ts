import type { Violations } from "../validation/violations.ts";
import type { Decoding } from "./decode.ts";
import { propertyShape, type Shape } from "./lists.ts";
import { repeated, wrongStyle } from "./report.ts";
import { readScalar } from "./scalars.ts";

/** One pair: the keys in its brackets and its value as sent. */
interface Entry {
  readonly keys: readonly string[];
  readonly raw: string;
}

/**
 * The value of `color[R]=100&color[G]=200` from `[R]`, `100`, `[G]`, `200`; the texts in brackets are decoded already.
 * Beyond OpenAPI, brackets may follow brackets, and an array has items without a key (`[]`), with a number (`[0]`) or
 * with the same name several times, as most clients write them.
 */
export function readDeep(parts: readonly string[], shape: Shape, decoding: Decoding, found: Violations | null): unknown {
  const entries: Entry[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const keys = keysOf(parts[index]!);
    if (keys === undefined) return wrongStyle(found, "name[property]=value");
    entries.push({ keys, raw: parts[index + 1]! });
  }
  return build(entries, 0, shape, decoding, found, "");
}

/** Brackets in one name; no schema of a parameter is as deep. */
const maxDepth = 32;

/** `[a][b]`: a, b. Undefined for anything else. */
function keysOf(path: string): string[] | undefined {
  if (path.charCodeAt(0) !== 0x5b || path.charCodeAt(path.length - 1) !== 0x5d) return undefined;
  const keys = path.slice(1, -1).split("][");
  return keys.length > maxDepth || keys.some((key) => key.includes("[") || key.includes("]")) ? undefined : keys;
}

function build(
  entries: readonly Entry[],
  depth: number,
  shape: Shape,
  decoding: Decoding,
  found: Violations | null,
  key: string,
): unknown {
  const ends = entries.filter(({ keys }) => keys.length === depth);
  if (ends.length > 0) {
    if (ends.length < entries.length) return wrongStyle(found, "name[property]=value", key);
    if (shape.items !== undefined) return all(ends.map(({ raw }) => readScalar(raw, shape.items!.scalar, decoding, found, key)));
    if (ends.length > 1) return repeated(found, key);
    return shape.scalar === 0
      ? wrongStyle(found, "name[property]=value", key)
      : readScalar(ends[0]!.raw, shape.scalar, decoding, found, key);
  }
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = entry.keys[depth]!;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [entry]);
    else group.push(entry);
  }
  if (shape.items !== undefined && [...groups.keys()].every((name) => /^[0-9]{0,4}$/.test(name))) {
    return list(groups, depth, shape.items, decoding, found);
  }
  if (shape.properties === undefined) return wrongStyle(found, shape.items === undefined ? "name=value" : "name[]=value", key);
  const members = [...groups].map(([name, group]) => {
    const value = build(group, depth + 1, propertyShape(shape, name) ?? untyped, decoding, found, name);
    return [name, value] as const;
  });
  return members.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(members);
}

/** Items in the order of their numbers; those without one in the order in which they were sent, before all others. */
function list(
  groups: ReadonlyMap<string, readonly Entry[]>,
  depth: number,
  shape: Shape,
  decoding: Decoding,
  found: Violations | null,
): unknown {
  const values: unknown[] = [];
  for (const entry of groups.get("") ?? []) values.push(build([entry], depth + 1, shape, decoding, found, String(values.length)));
  const numbers = [...groups.keys()].filter((name) => name !== "").sort((a, b) => Number(a) - Number(b));
  for (const number of numbers) values.push(build(groups.get(number)!, depth + 1, shape, decoding, found, number));
  return all(values);
}

const all = (values: readonly unknown[]): readonly unknown[] | undefined => (values.includes(undefined) ? undefined : values);

/** Of properties that the schema says nothing about: text, or an object of such properties. */
const untyped: Shape = { scalar: 16, properties: {} };
