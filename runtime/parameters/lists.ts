import type { Violations } from "../validation/violations.ts";
import { type Decoding, decode } from "./decode.ts";
import { malformed, repeated, wrongStyle } from "./report.ts";
import { readScalar, type ScalarTypes } from "./scalars.ts";

/** What text can stand for, see ParameterShape; printed as a constant. */
export interface Shape {
  readonly scalar: ScalarTypes;
  readonly items?: Shape;
  readonly properties?: { readonly [name: string]: Shape };
  readonly additional?: Shape;
}

const stringType = 16;

/** The array of items that were written; undefined where one cannot be read, or where there were none to read. */
export function readList(
  items: readonly string[] | undefined,
  types: ScalarTypes,
  decoding: Decoding,
  found: Violations | null,
): unknown[] | undefined {
  if (items === undefined) return undefined;
  const values: unknown[] = [];
  let isGood = true;
  for (let index = 0; index < items.length; index++) {
    const value = readScalar(items[index]!, types, decoding, found, index);
    if (value === undefined) {
      if (found === null) return undefined;
      isGood = false;
    }
    values.push(value);
  }
  return isGood ? values : undefined;
}

/**
 * The object of names and values in turn. A property whose shape is an array takes all values of its name; another one
 * that comes twice is refused, as whoever reads it next may see the other value.
 */
export function readObject(
  parts: readonly string[] | undefined,
  shape: Shape,
  decoding: Decoding,
  found: Violations | null,
): object | undefined {
  if (parts === undefined) return undefined;
  // Names come from the client: what every object inherits must be none of them.
  const object = Object.create(null) as { [name: string]: unknown };
  let isGood = true;
  for (let index = 0; index < parts.length; index += 2) {
    const name = decode(parts[index]!, decoding);
    const value = name === undefined ? malformed(found) : readProperty(object, name, parts[index + 1]!, shape, decoding, found);
    if (value === undefined) {
      if (found === null) return undefined;
      isGood = false;
    } else object[name!] = value;
  }
  return isGood ? object : undefined;
}

function readProperty(
  object: { readonly [name: string]: unknown },
  name: string,
  raw: string,
  shape: Shape,
  decoding: Decoding,
  found: Violations | null,
): unknown {
  const known = propertyShape(shape, name);
  const before = object[name];
  if (known?.items !== undefined) {
    const item = readScalar(raw, known.items.scalar, decoding, found, name);
    if (item === undefined || before === undefined) return item === undefined ? undefined : [item];
    (before as unknown[]).push(item);
    return before;
  }
  if (before !== undefined) return repeated(found, name);
  return readScalar(raw, known?.scalar ?? stringType, decoding, found, name);
}

export const propertyShape = (shape: Shape, name: string): Shape | undefined =>
  shape.properties !== undefined && Object.hasOwn(shape.properties, name) ? shape.properties[name] : shape.additional;

/** Names and values in turn, as `R,100,G,200` has them; undefined where a name has no value. */
export function inTurn(parts: readonly string[] | undefined, found: Violations | null): readonly string[] | undefined {
  return parts === undefined || parts.length % 2 === 0 ? parts : wrongStyle(found, "names and values in turn");
}

/** Names and values in turn from `R=100` and `G=200`; a name without `=` has an empty value where `isBare` allows it. */
export function named(
  parts: readonly string[] | undefined,
  isBare: boolean,
  found: Violations | null,
): readonly string[] | undefined {
  if (parts === undefined) return undefined;
  const flat: string[] = [];
  for (const part of parts) {
    const equals = part.indexOf("=");
    if (equals < 0 && !isBare) return wrongStyle(found, "name=value");
    if (equals < 0) flat.push(part, "");
    else flat.push(part.slice(0, equals), part.slice(equals + 1));
  }
  return flat;
}
