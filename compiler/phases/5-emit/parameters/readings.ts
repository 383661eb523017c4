import type { ParameterIr } from "../../../ir/parameter.ts";
import { jsString } from "../../../text/js.ts";
import { type ParameterWriter, typeBits } from "./parameter-writer.ts";
import type { Texts } from "./texts.ts";

/** An expression for the value of a parameter, undefined where its text cannot be that; `found` is a collector or null. */
type Expression = (found: string) => string;

export interface Reading {
  readonly expression: Expression;
  /** Of null alone, which nobody means who writes something else: others tell first what is wrong. */
  readonly isOfNull: boolean;
}

/** 0: nothing is encoded; 1: percent-encoded; 2: and `+` is a space. See runtime/parameters/decode.ts. */
export function decodingOf({ in: where, style, allowReserved }: ParameterIr): 0 | 1 | 2 {
  if (where === "header" || style === "cookie") return 0;
  return where === "query" && !allowReserved ? 2 : 1;
}

/** Every way in which the texts of a parameter can be read, in the order in which they are tried. */
export function readings(texts: Texts, isChecked: boolean, writer: ParameterWriter): readonly Reading[] {
  const { parameter, one, many, parts } = texts;
  const decoding = decodingOf(parameter);
  const { shape, content } = parameter;
  if (content !== undefined) {
    const read = content === "application/json" ? "json-content readJson" : "scalars readScalar";
    const [module = "", name = ""] = read.split(" ");
    const types = name === "readScalar" ? "16, " : "";
    return [{ expression: (found) => `${writer.own(module, name)}(${one}, ${types}${decoding}, ${found})`, isOfNull: false }];
  }
  const list: Reading[] = [];
  const add = (expression: Expression): unknown => list.push({ expression, isOfNull: false });
  const isOfNull = shape.scalar.every((type) => type === "null");
  const scalars = (text: (found: string) => string, guard = ""): void => {
    for (const types of scalarChoices(parameter, isChecked)) {
      const read: Expression = (found) =>
        `${guard}${writer.own("scalars", "readScalar")}(${text(found)}, ${types}, ${decoding}, ${found})`;
      list.push({ expression: read, isOfNull });
    }
  };
  if (parts !== undefined) {
    const constant = writer.shape(shape, parameter.name);
    const other = one ?? many;
    const guard = other === undefined ? "" : `${parts} === undefined || ${other} !== undefined ? undefined : `;
    if (parameter.style === "deepObject")
      add((found) => `${guard}${writer.own("deep-object", "readDeep")}(${parts}, ${constant}, ${decoding}, ${found})`);
    else add((found) => `${guard}${writer.own("lists", "readObject")}(${parts}, ${constant}, ${decoding}, ${found})`);
  }
  // A value that is sent in two forms at once has none: services would differ in which one they take.
  const alone = parts === undefined ? "" : `${parts} !== undefined ? undefined : `;
  if (many !== undefined) {
    if (shape.scalar.length > 0) scalars(() => `${many}[0]`, `${alone}${many}?.length !== 1 ? undefined : `);
    add(
      (found) => `${alone}${writer.own("lists", "readList")}(${many}, ${typeBits(shape.items!.scalar)}, ${decoding}, ${found})`,
    );
  }
  if (one === undefined) return list;
  if (many === undefined && parts === undefined) {
    const isContainer = shape.items !== undefined || shape.properties !== undefined;
    const isEither = isContainer && shape.scalar.length > 0;
    if (isEither) scalars((found) => textOf(parameter, one, found, writer), `${delimiterTest(parameter, one)} ? undefined : `);
    const { items } = shape;
    if (items !== undefined) {
      add(
        (found) =>
          `${writer.own("lists", "readList")}(${itemsOf(parameter, one, found, writer)}, ${typeBits(items.scalar)}, ${decoding}, ${found})`,
      );
    }
    if (shape.properties !== undefined) {
      const constant = writer.shape(shape, parameter.name);
      add(
        (found) =>
          `${writer.own("lists", "readObject")}(${partsOf(parameter, one, found, writer)}, ${constant}, ${decoding}, ${found})`,
      );
    }
    if (shape.scalar.length > 0 || !isContainer) scalars((found) => textOf(parameter, one, found, writer));
    return list;
  }
  scalars(() => one, alone);
  return list;
}

/** Where several types are possible and the schema refuses the first one, text stays text. */
function scalarChoices({ shape }: ParameterIr, isChecked: boolean): readonly number[] {
  const types = typeBits(shape.scalar);
  return isChecked && shape.scalar.length > 1 && shape.scalar.includes("string") ? [types, typeBits(["string"])] : [types];
}

/** The text of one value, without what the style puts before it. */
export function textOf({ style, name }: ParameterIr, one: string, found: string, writer: ParameterWriter): string {
  if (style === "matrix") return `${writer.own("styles", "matrixText")}(${one}, ${jsString(name)}, ${found})`;
  if (style === "label") return `${writer.own("styles", "labelText")}(${one}, ${found})`;
  return one;
}

function delimiterTest(parameter: ParameterIr, one: string): string {
  const { style, explode } = parameter;
  if (style === "spaceDelimited") return `(${one}.includes("%20") || ${one}.includes("+"))`;
  if (style === "pipeDelimited") return `/\\||%7c/i.test(${one})`;
  if (style === "matrix" && explode) return `${one}.includes(";", 1)`;
  if (style === "label") return `/^.+[.,]/.test(${one})`;
  return decodingOf(parameter) === 0 ? `${one}.includes(",")` : `/,|%2c/i.test(${one})`;
}

/**
 * An array of the texts of items. `isObject`: of names and values, where an escaped comma belongs to a text (RFC 6570 §3.2.1),
 * as those who escape the commas between items write lists.
 */
function itemsOf(parameter: ParameterIr, one: string, found: string, writer: ParameterWriter, isObject = false): string {
  const { style, explode, labelDots, name } = parameter;
  const text = textOf(parameter, one, found, writer);
  if (parameter.in === "header") return `${writer.own("styles", "fieldItems")}(${one})`;
  if (style === "spaceDelimited") return `${writer.own("styles", "splitSpaces")}(${one})`;
  if (style === "pipeDelimited") return `${writer.own("styles", "splitPipes")}(${one})`;
  if (style === "matrix" && explode) return `${writer.own("styles", "matrixList")}(${one}, ${jsString(name)}, ${found})`;
  if (style === "label" && !explode && labelDots) return `${writer.own("styles", "splitLabel")}(${text})`;
  if (style === "label" && explode) return `${text}?.split(".")`;
  if (decodingOf(parameter) === 0) return `${text}.split(",")`;
  return isObject ? `${text}?.split(",")` : `${writer.own("styles", "splitCommas")}(${text})`;
}

/** An array of names and texts in turn. */
function partsOf(parameter: ParameterIr, one: string, found: string, writer: ParameterWriter): string {
  const { style, explode } = parameter;
  if (!explode) return `${writer.own("lists", "inTurn")}(${itemsOf(parameter, one, found, writer, true)}, ${found})`;
  const isMatrix = style === "matrix";
  const items = isMatrix
    ? `${writer.own("styles", "matrixParts")}(${one}, ${found})`
    : itemsOf(parameter, one, found, writer, true);
  return `${writer.own("lists", "named")}(${items}, ${isMatrix}, ${found})`;
}
