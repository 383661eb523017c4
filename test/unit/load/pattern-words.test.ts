import { expect, test } from "vitest";
import { patternWords } from "../../../compiler/text/pattern-words.ts";
import { schemas } from "../../../schema/schemas.gen.ts";

/** `besideFormats`: those too that stand beside a format, which has words of its own. */
function patternsIn(value: unknown, besideFormats: boolean): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { pattern, format } = value as { readonly pattern?: unknown; readonly format?: unknown };
  const own = typeof pattern === "string" && (besideFormats || format === undefined) ? [pattern] : [];
  return [...own, ...Object.values(value).flatMap((one) => patternsIn(one, besideFormats))];
}

test("help names what to write in words, and no regular expression", () => {
  const patterns = [...new Set(patternsIn(schemas, false))].filter((pattern) => !Object.hasOwn(patternWords, pattern));
  expect(patterns).toEqual([]);
});

test("there are words for nothing that no schema asks for", () => {
  const patterns = new Set(patternsIn(schemas, true));
  expect(Object.keys(patternWords).filter((pattern) => !patterns.has(pattern))).toEqual([]);
});
