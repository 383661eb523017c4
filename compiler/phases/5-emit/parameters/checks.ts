import { isProven, isReadAs, plainSchema } from "../../../contract/parameters/proven.ts";
import { formats, formatWithOffset } from "../../../contract/schemas/formats.ts";
import type { ParameterIr, ParameterShape } from "../../../ir/parameter.ts";
import type { Constant, SchemaObject } from "../../../ir/schema.ts";
import { jsValue } from "../../../text/js-value.ts";
import { comparison, withExact } from "../schemas/exact-numbers.ts";
import type { ParameterWriter } from "./parameter-writer.ts";

/** A condition under which a value is wrong, and the call that says so; `found` is a collector. */
export interface Check {
  readonly wrong: string;
  report(found: string): string;
}

export type SchemaCheck =
  /** What was read has what the schema asks for by the way it was read. */
  | { readonly kind: "none" }
  | { readonly kind: "inline"; readonly checks: readonly Check[] }
  | { readonly kind: "validator"; readonly name: string };

/** The cheapest check of the schema of a parameter: comparisons where they do, else the schema's validator. */
export function schemaCheck(parameter: ParameterIr, value: string, writer: ParameterWriter): SchemaCheck {
  const { schema: id, shape, name, content } = parameter;
  if (id === undefined) return { kind: "none" };
  const schema = plainSchema(writer.schemaOf(id) ?? true, writer.schemaOf);
  if (content === undefined && isProven(schema, shape, writer.schemaOf)) return { kind: "none" };
  const checks =
    content === undefined && typeof schema === "object" ? inlineChecks(schema, shape, value, name, writer) : undefined;
  return checks === undefined ? { kind: "validator", name: writer.validator(id) } : { kind: "inline", checks };
}

/** Longest list of values that is compared one by one. */
const maxComparisons = 8;

/** Undefined where the schema says more than comparisons can. */
function inlineChecks(
  schema: SchemaObject,
  shape: ParameterShape,
  value: string,
  hint: string,
  writer: ParameterWriter,
): readonly Check[] | undefined {
  if (shape.items !== undefined || shape.properties !== undefined || shape.scalar.length !== 1 || !isReadAs(schema, shape))
    return undefined;
  const [type] = shape.scalar;
  const isText = type === "string";
  const isNumber = type === "integer" || type === "number";
  if (!isText && !isNumber) return undefined;
  // Looked at first, so that nothing is imported for checks that are then left to the validator.
  if (!Object.keys(schema).every((keyword) => inlined.includes(keyword))) return undefined;
  const checks: Check[] = [];
  const add = (wrong: string, report: string, argument: string): void => {
    const name = writer.validation("report", report);
    checks.push({ wrong, report: (found) => `${name}(${found}, ${argument});` });
  };
  for (const [keyword, written] of Object.entries(schema)) {
    const argument = typeof written === "number" ? jsValue(written) : "";
    if (keyword === "type") continue;
    else if (keyword === "enum" || keyword === "const") {
      const values = (keyword === "enum" ? schema.enum! : [schema.const!]).filter(isScalarOf(isText));
      if (values.length === 0) return undefined;
      const all = withExact(values);
      const constant = writer.constant(`${hint} values`, jsValue(all));
      const same =
        all.length > maxComparisons
          ? `${constant}.includes(${value})`
          : all.map((each) => `${value} === ${jsValue(each)}`).join(" || ");
      add(`!(${same})`, "notOneOf", constant);
    } else if (keyword === "format") {
      const test = Object.hasOwn(formats, String(written)) ? formats[String(written)]![isText ? "string" : "number"] : undefined;
      if (test === undefined) continue;
      const isOfFormat = writer.validation(`formats/${test.module}`, test.name);
      const format = jsValue(String(written));
      if (formatWithOffset(String(written)) === undefined) add(`!${isOfFormat}(${value})`, "wrongFormat", format);
      else add(`!${isOfFormat}(${value})`, "wrongTime", `${format}, ${isOfFormat}(\`\${${value}}Z\`)`);
    } else if (textKeywords.includes(keyword)) {
      if (!isText) continue;
      if (keyword === "minLength")
        add(`${writer.validation("values", "isShorter")}(${value}, ${argument})`, "tooShort", argument);
      else if (keyword === "maxLength")
        add(`${writer.validation("values", "isLonger")}(${value}, ${argument})`, "tooLong", argument);
      else {
        const pattern = writer.pattern(String(written), hint);
        if (pattern === undefined) return undefined;
        add(`!${pattern}.test(${value})`, "noMatch", pattern);
      }
    } else if (!isNumber) continue;
    else if (keyword === "multipleOf")
      add(`!${writer.validation("values", "isMultipleOf")}(${value}, ${argument})`, "notMultiple", argument);
    else {
      const [operator, report] = bounds[keyword]!;
      add(comparison(value, operator, written as number), report, argument);
    }
  }
  return checks;
}

const textKeywords: readonly string[] = ["minLength", "maxLength", "pattern"];

/** How a number beyond the bound compares with it, and who says so. */
const bounds: Readonly<Record<string, readonly [operator: "<" | "<=" | ">" | ">=", report: string]>> = {
  minimum: ["<", "tooSmall"],
  maximum: [">", "tooLarge"],
  exclusiveMinimum: ["<=", "notAbove"],
  exclusiveMaximum: [">=", "notBelow"],
};

const inlined: readonly string[] = ["type", "enum", "const", "format", "multipleOf", ...textKeywords, ...Object.keys(bounds)];

const isScalarOf =
  (isText: boolean) =>
  (value: Constant): value is string | number =>
    typeof value === (isText ? "string" : "number");
