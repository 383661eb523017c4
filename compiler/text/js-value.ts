import { jsProperty, jsString } from "./js.ts";

/** Text for the inside of a block comment on one line: it can neither close the comment nor break the line. */
export const jsComment = (text: string): string =>
  text
    .replaceAll("*/", "*\\/")
    .replace(/[\s\u0000-\u001f\u2028\u2029]+/g, " ")
    .trim();

/** A number literal: `60_000`, `-1`, `0.5`. */
export function jsNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`${value} has no JSON form`);
  const digits = Object.is(value, -0) ? "0" : String(value);
  return /^-?\d{5,}$/.test(digits) ? digits.replace(/(?<=\d)(?=(?:\d{3})+$)/g, "_") : digits;
}

/** An expression that is printed for itself inside of a value: the name of a constant. */
export class JsExpression {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A call with one value, or with nothing, which is printed over several lines where the value is. */
export class JsCall extends JsExpression {
  readonly callee: string;
  readonly argument: JsValue;

  constructor(callee: string, argument: JsValue) {
    super(`${callee}(${argument === undefined ? "" : inline(argument)})`);
    this.callee = callee;
    this.argument = argument;
  }
}

export type JsValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | JsExpression
  | readonly JsValue[]
  | { readonly [key: string]: JsValue };

/** Columns of generated code. */
const width = 118;

/**
 * Prints a literal that starts at `column`: on one line where it fits, else one entry a line, each indented by two spaces
 * more than `indent`. Members that are undefined are left out of objects.
 */
export function jsValue(value: JsValue, column = 0, indent = 0): string {
  const short = inline(value);
  if (value instanceof JsCall && column + short.length >= width)
    return `${value.callee}(${jsValue(value.argument, column + value.callee.length + 1, indent)})`;
  if (column + short.length < width || !isContainer(value)) return short;
  const inner = indent + 2;
  const lines = isArray(value)
    ? value.map((item) => jsValue(item, inner, inner))
    : entries(value).map(([key, item]) =>
        isShorthand(key, item) ? key : `${jsProperty(key)}: ${jsValue(item, inner + key.length + 2, inner)}`,
      );
  const [open, close] = isArray(value) ? "[]" : "{}";
  return `${open}\n${lines.map((line) => `${" ".repeat(inner)}${line},\n`).join("")}${" ".repeat(indent)}${close}`;
}

function inline(value: JsValue): string {
  if (value === undefined) return "undefined";
  if (typeof value === "string") return jsString(value);
  if (typeof value === "number") return jsNumber(value);
  if (typeof value === "boolean" || value === null) return String(value);
  if (value instanceof JsExpression) return value.text;
  if (isArray(value)) return `[${value.map(inline).join(", ")}]`;
  const members = entries(value).map(([key, item]) => (isShorthand(key, item) ? key : `${jsProperty(key)}: ${inline(item)}`));
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

type JsObject = { readonly [key: string]: JsValue };

const isArray = (value: JsValue): value is readonly JsValue[] => Array.isArray(value);

const isContainer = (value: JsValue): value is readonly JsValue[] | JsObject =>
  typeof value === "object" && value !== null && !(value instanceof JsExpression);

const isShorthand = (key: string, value: JsValue): boolean => value instanceof JsExpression && value.text === key;

const entries = (value: JsValue): [string, JsValue][] =>
  Object.entries(value as JsObject).filter(([, item]) => item !== undefined);
