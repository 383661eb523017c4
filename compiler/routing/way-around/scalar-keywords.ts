import { regularExpression } from "../../contract/schemas/patterns/regular-expression.ts";
import { samplesOf } from "../../contract/schemas/patterns/sample.ts";
import type { ParameterIr } from "../../ir/parameter.ts";
import type { JsonSchema } from "../../ir/schema.ts";

export type Keywords = Exclude<JsonSchema, boolean>;

type Types = ParameterIr["shape"]["scalar"];

/** What a format asks at least, and a text that has it. Others are not looked at. */
const formats: Readonly<Record<string, { readonly pattern: RegExp; readonly sample: string } | undefined>> = {
  uuid: {
    pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
    sample: "123e4567-e89b-42d3-a456-426614174000",
  },
  date: { pattern: /^\d{4}-\d{2}-\d{2}$/, sample: "2026-12-01" },
  "date-time": { pattern: /^\d{4}-\d{2}-\d{2}t/i, sample: "2026-12-01T00:00:00Z" },
  email: { pattern: /@/, sample: "x@example.com" },
  ipv4: { pattern: /^[\d.]+$/, sample: "192.0.2.1" },
  ipv6: { pattern: /:/, sample: "2001:db8::1" },
};

/** Whether a text, or the number that it stands for, has what the keywords ask of it. */
export function takesText(text: string, keywords: Keywords, types: Types): boolean {
  if (isNumeric(types)) return takesNumber(Number(text), keywords);
  if (!types.every((type) => type === "string")) return true;
  const { minLength = 0, maxLength = Infinity, pattern, format } = keywords;
  const length = [...text].length;
  if (length < minLength || length > maxLength) return false;
  if (pattern !== undefined && regularExpression(pattern)?.test(text) === false) return false;
  return format === undefined || !Object.hasOwn(formats, format) || formats[format]!.pattern.test(text);
}

const isNumeric = (types: Types): boolean => types.every((type) => type === "integer" || type === "number");

function takesNumber(value: number, keywords: Keywords): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = keywords;
  return (
    !(minimum !== undefined && value < minimum) &&
    !(maximum !== undefined && value > maximum) &&
    !(exclusiveMinimum !== undefined && value <= exclusiveMinimum) &&
    !(exclusiveMaximum !== undefined && value >= exclusiveMaximum) &&
    !(multipleOf !== undefined && Number.isInteger(multipleOf) && value % multipleOf !== 0)
  );
}

/** Texts that each of the keywords by itself takes; whether all of them do is for who asks. */
export function samplesFor(keywords: readonly Keywords[], types: Types): readonly string[] {
  return isNumeric(types) ? numbersFor(keywords).map(String) : textsFor(keywords);
}

function textsFor(keywords: readonly Keywords[]): readonly string[] {
  const shortest = Math.max(1, ...keywords.map(({ minLength = 0 }) => minLength));
  const patterns = keywords.flatMap(({ pattern }) => (pattern === undefined ? [] : (regularExpression(pattern) ?? [])));
  const described = keywords.flatMap(({ format = "" }) => (Object.hasOwn(formats, format) ? formats[format]!.sample : []));
  const matching = [1, shortest].flatMap((times) => patterns.flatMap((pattern) => samplesOf(pattern, times)));
  return [...described, ...matching, ...(shortest > 1 && shortest <= 200 ? ["x".repeat(shortest), "1".repeat(shortest)] : [])];
}

function numbersFor(keywords: readonly Keywords[]): readonly number[] {
  const steps = keywords.flatMap(({ multipleOf }) => multipleOf ?? []);
  const ends = keywords.flatMap(({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }) => [
    ...(minimum === undefined ? [] : [Math.ceil(minimum), minimum]),
    ...(exclusiveMinimum === undefined ? [] : [Math.floor(exclusiveMinimum) + 1]),
    ...(maximum === undefined ? [] : [Math.floor(maximum)]),
    ...(exclusiveMaximum === undefined ? [] : [Math.ceil(exclusiveMaximum) - 1]),
  ]);
  return [...ends, ...steps, ...steps.flatMap((step) => ends.map((end) => Math.ceil(end / step) * step))];
}
