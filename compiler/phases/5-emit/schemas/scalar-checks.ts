import { formats, formatWithOffset } from "../../../contract/schemas/formats.ts";
import type { SchemaObject } from "../../../ir/schema.ts";
import { own } from "../../../text/own.ts";
import { comparison } from "./exact-numbers.ts";
import { literal, type Subject, trail, type ValidatorWriter } from "./validator-writer.ts";

/** A condition under which a value is wrong, and the call that reports it. */
export interface Check {
  readonly fails: string;
  readonly report: string;
}

/** How a number beyond a bound compares with it, and who says so. */
const bounds = [
  ["minimum", "<", "tooSmall"],
  ["maximum", ">", "tooLarge"],
  ["exclusiveMinimum", "<=", "notAbove"],
  ["exclusiveMaximum", ">=", "notBelow"],
] as const;

export function numberChecks(schema: SchemaObject, { text, keys }: Subject, writer: ValidatorWriter): Check[] {
  const checks: Check[] = [];
  const add = (fails: string, report: string, limit: string): number =>
    checks.push({ fails, report: `${writer.report(report)}(found, ${limit}${trail(keys)})` });
  for (const [bound, operator, report] of bounds) {
    const limit = schema[bound];
    if (limit === undefined) continue;
    const digits = schema["x-gatewright-digits"]?.[bound];
    add(comparison(text, operator, limit, digits), report, digits === undefined ? literal(limit) : `${digits}n`);
  }
  if (schema.multipleOf !== undefined) {
    const divisor = literal(schema.multipleOf);
    add(`!${writer.runtime("values", "isMultipleOf")}(${text}, ${divisor})`, "notMultiple", divisor);
  }
  return [...checks, ...formatChecks(schema, "number", { text, keys }, writer)];
}

export function stringChecks(schema: SchemaObject, { text, keys }: Subject, writer: ValidatorWriter): Check[] {
  const checks: Check[] = [];
  const { minLength, maxLength, pattern } = schema;
  if (minLength !== undefined && minLength > 0) {
    // Text has a first code point when it has a first unit.
    const fails = minLength === 1 ? `${text} === ""` : `${writer.runtime("values", "isShorter")}(${text}, ${minLength})`;
    checks.push({
      fails,
      report: `${writer.report("tooShort")}(found, ${minLength}${trail(keys)})`,
    });
  }
  if (maxLength !== undefined) {
    const fails = `${writer.runtime("values", "isLonger")}(${text}, ${maxLength})`;
    checks.push({
      fails,
      report: `${writer.report("tooLong")}(found, ${maxLength}${trail(keys)})`,
    });
  }
  const guard = pattern === undefined ? undefined : own(schema["x-gatewright-pattern-guards"], pattern);
  const expression = pattern === undefined ? undefined : writer.pattern(pattern, guard);
  if (expression !== undefined) {
    const noMatch = {
      fails: `!${expression}.test(${text})`,
      report: `${writer.report("noMatch")}(found, ${expression}${trail(keys)})`,
    };
    if (typeof guard !== "number") checks.push(noMatch);
    else {
      // Long text must not reach the expression, also where everything is collected.
      checks.push({
        fails: `${text}.length > ${guard}`,
        report: `${writer.report("tooLongToMatch")}(found, ${guard}${trail(keys)})`,
      });
      checks.push({
        ...noMatch,
        fails: `${text}.length <= ${guard} && ${noMatch.fails}`,
      });
    }
  }
  return [...checks, ...formatChecks(schema, "string", { text, keys }, writer)];
}

function formatChecks(
  schema: SchemaObject,
  type: "string" | "number",
  { text, keys }: Subject,
  writer: ValidatorWriter,
): Check[] {
  const format = schema.format === undefined || !Object.hasOwn(formats, schema.format) ? undefined : formats[schema.format]!;
  const test = format?.[type];
  if (test === undefined) return [];
  const isOfFormat = writer.runtime(`formats/${test.module}`, test.name);
  const name = literal(schema.format!);
  const report =
    formatWithOffset(schema.format!) === undefined
      ? `${writer.report("wrongFormat")}(found, ${name}${trail(keys)})`
      : `${writer.report("wrongTime")}(found, ${name}, ${isOfFormat}(\`\${${text}}Z\`)${trail(keys)})`;
  return [{ fails: `!${isOfFormat}(${text})`, report }];
}
