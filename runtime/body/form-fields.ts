import { type Decoding, decode } from "../parameters/decode.ts";
import { readDeep } from "../parameters/deep-object.ts";
import { propertyShape, type Shape } from "../parameters/lists.ts";
import { readScalar } from "../parameters/scalars.ts";
import { shortened } from "../validation/violations.ts";

/**
 * How one property of a form is written (OpenAPI Encoding Object).
 *
 * - `text`, `json`: each pair is one value; several are the items of an array. `jsonOrText`: an object is JSON.
 * - `comma`, `space`, `pipe`: one pair with all items between delimiters, or with names and values in turn.
 * - `deep`: `name[key]=value`; `spread`: each property of the object is a pair of its own.
 */
export type FormStyle = "text" | "json" | "jsonOrText" | "comma" | "space" | "pipe" | "deep" | "spread";

export interface FormField {
  readonly as: FormStyle;
  readonly shape: Shape;
}

export interface FormFields {
  readonly fields: { readonly [name: string]: FormField };
  /** Of properties without a name in the schema, where it says something about them. */
  readonly additional?: FormField | undefined;
}

/** A value that cannot be what the schema asks for stays text, so that the schema is what refuses it. */
export function fieldValue(raw: string, shape: Shape, decoding: Decoding): unknown {
  const value = shape.scalar === 16 || shape.scalar === 0 ? undefined : readScalar(raw, shape.scalar, decoding, null);
  return value === undefined ? decode(raw, decoding) : value;
}

/** Of a value that is an object or a single one: whether it is to be read as JSON. */
export const looksLikeJson = (text: string): boolean => /^[\t\n\r ]*[[{]/.test(text);

/** The value of a property, or what is wrong with how it is written. */
export type StyledValue = { readonly value: unknown; readonly problem?: undefined } | { readonly problem: string };

/**
 * The value of a property that has a style of its own.
 *
 * @param pairs of each pair of the property in turn: the brackets behind its name, and its value as sent
 */
export function styledValue({ as, shape }: FormField, name: string, pairs: readonly string[], decoding: Decoding): StyledValue {
  const shown = JSON.stringify(shortened(name));
  if (as === "deep") {
    const value = deepValue(pairs, shape, decoding);
    return value === undefined ? { problem: `The field ${shown} must be written as ${name}[property]=value.` } : { value };
  }
  if (pairs.length > 2) return { problem: `The field ${shown} must not be there more than once.` };
  const value = delimitedValue(pairs[1]!, as as "comma" | "space" | "pipe", shape, decoding);
  return value === undefined ? { problem: `The field ${shown} must have names and values in turn.` } : { value };
}

/** In a form, serialisers escape every comma. Spaces and bars are escaped or not, as in a query. */
const delimiters = {
  comma: [/,/, /,|%2C/i],
  space: [/ /, /\+|%20/],
  pipe: [/\|/, /\||%7C/i],
} as const;

/** The value of a property that is one pair with everything in it; undefined: misspelt. */
export function delimitedValue(raw: string, as: "comma" | "space" | "pipe", shape: Shape, decoding: Decoding): unknown {
  const delimiter = delimiters[as][decoding === 0 ? 0 : 1];
  const { scalar, items, properties, additional } = shape;
  const isContainer = items !== undefined || properties !== undefined || additional !== undefined;
  // Text that may be a single value is one, unless it has a delimiter.
  if (!isContainer || (scalar !== 0 && !delimiter.test(raw))) return fieldValue(raw, shape, decoding);
  const parts = raw === "" ? [] : raw.split(delimiter);
  if (items !== undefined) return parts.map((part) => fieldValue(part, items, decoding));
  if (parts.length % 2 !== 0) return undefined;
  const entries = Array.from({ length: parts.length / 2 }, (_, index) => {
    const name = decode(parts[index * 2]!, decoding)!;
    return [name, fieldValue(parts[index * 2 + 1]!, propertyShape(shape, name) ?? textShape, decoding)] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * The value of `name[a]=1&name[b][c]=2`, or of `name=1` where the schema allows a single value; undefined: misspelt.
 *
 * @param pairs brackets and values as sent, in turn
 */
export function deepValue(pairs: readonly string[], shape: Shape, decoding: Decoding): unknown {
  const bare = pairs.filter((_, index) => index % 2 === 1 && pairs[index - 1] === "");
  if (bare.length * 2 < pairs.length && bare.length > 0) return undefined;
  if (bare.length > 0) return bareValue(bare, shape, decoding);
  // Once more as text, where a value is not of the type that the schema asks for: then the schema says so.
  return readDeep(pairs, shape, decoding, null) ?? readDeep(pairs, asText(shape, 0), decoding, null);
}

function bareValue(raws: readonly string[], { scalar, items, ...shape }: Shape, decoding: Decoding): unknown {
  if (scalar === 0 && items === undefined) return undefined;
  if (raws.length === 1 && scalar !== 0) return fieldValue(raws[0]!, { scalar, ...shape }, decoding);
  return raws.map((raw) => fieldValue(raw, items ?? { scalar }, decoding));
}

function asText({ items, properties, additional }: Shape, depth: number): Shape {
  // Deeper shapes are cut off by the compiler.
  if (depth > 8) return textShape;
  const inner = (shape: Shape): Shape => asText(shape, depth + 1);
  return {
    scalar: 16,
    ...(items === undefined ? {} : { items: inner(items) }),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, shape]) => [name, inner(shape)])) }),
    ...(additional === undefined ? {} : { additional: inner(additional) }),
  };
}

const textShape: Shape = { scalar: 16 };
