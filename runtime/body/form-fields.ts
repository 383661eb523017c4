import { decode } from "../parameters/decode.ts";
import { readDeep } from "../parameters/deep-object.ts";
import { propertyShape, type Shape } from "../parameters/lists.ts";
import { readScalar } from "../parameters/scalars.ts";

/**
 * How one property of a form is written (OpenAPI Encoding Object).
 *
 * - `text`, `json`: each pair is one value; several are the items of an array.
 * - `comma`, `space`, `pipe`: one pair with all items between delimiters, or with names and values in turn.
 * - `deep`: `name[key]=value`; `spread`: each property of the object is a pair of its own.
 */
export type FormStyle = "text" | "json" | "comma" | "space" | "pipe" | "deep" | "spread";

export interface FormField {
  readonly as: FormStyle;
  readonly shape: Shape;
}

export interface FormFields {
  readonly fields: { readonly [name: string]: FormField };
  /** Of properties without a name in the schema, where it says something about them. */
  readonly additional?: FormField | undefined;
}

/** Name and value of one pair as sent. */
export interface Pair {
  readonly name: string;
  readonly raw: string;
}

/** A value that cannot be what the schema asks for stays text, so that the schema is what refuses it. */
export function fieldValue(raw: string, shape: Shape): unknown {
  const value = shape.scalar === 16 || shape.scalar === 0 ? undefined : readScalar(raw, shape.scalar, 2, null);
  return value === undefined ? decode(raw, 2) : value;
}

/** The value of a property that is one pair with everything in it; undefined: misspelt. */
export function delimitedValue(raw: string, as: "comma" | "space" | "pipe", shape: Shape): unknown {
  const parts = raw === "" ? [] : raw.split(as === "comma" ? "," : as === "space" ? /\+|%20/ : /\||%7C/i);
  if (shape.items !== undefined) return parts.map((part) => fieldValue(part, shape.items!));
  if (shape.properties === undefined && shape.additional === undefined) return fieldValue(raw, shape);
  if (parts.length % 2 !== 0) return undefined;
  const entries = Array.from({ length: parts.length / 2 }, (_, index) => {
    const name = decode(parts[index * 2]!, 2)!;
    return [name, fieldValue(parts[index * 2 + 1]!, propertyShape(shape, name) ?? textShape)] as const;
  });
  return Object.fromEntries(entries);
}

/** The value of `name[a]=1&name[b][c]=2`; undefined: misspelt. `parts`: brackets and values as sent, in turn. */
export function deepValue(parts: readonly string[], shape: Shape): unknown {
  const read = readDeep(parts, shape, 2, null);
  // Once more as text, where a value is not of the type that the schema asks for: then the schema says so.
  return read ?? readDeep(parts, asText(shape, 0), 2, null);
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
