import { expect, test } from "vitest";
import { samplesFor, takesText } from "../../../compiler/routing/way-around/scalar-keywords.ts";

test.each([
  [{ minimum: 3 }, ["3", "4"], ["2"]],
  [{ maximum: 3 }, ["3", "2"], ["4"]],
  [{ exclusiveMinimum: 3 }, ["4"], ["3", "2"]],
  [{ exclusiveMaximum: 3 }, ["2"], ["3", "4"]],
  [{ multipleOf: 3 }, ["0", "6"], ["4"]],
  [{ minimum: 1, exclusiveMaximum: 5, multipleOf: 2 }, ["2", "4"], ["0", "3", "6"]],
])("numbers under %j (JSON Schema 2020-12 validation §6.2)", (keywords, good, bad) => {
  const takes = (text: string): boolean => takesText(text, keywords, ["integer"]);
  expect([good.filter(takes), bad.filter(takes)]).toEqual([good, []]);
});

test.each([
  [{ minLength: 2 }, ["ab", "abc", "😀😀"], ["a", "😀"]],
  [{ maxLength: 2 }, ["", "ab", "😀😀"], ["abc"]],
  [{ pattern: "^a+$" }, ["a", "aa"], ["", "ab"]],
  [{ format: "uuid" }, ["123e4567-e89b-42d3-a456-426614174000"], ["123e4567"]],
  [{ format: "unheard-of" }, ["x"], []],
  [{ minLength: 2, pattern: "^a+$" }, ["aa"], ["a", "ab"]],
])("texts under %j (JSON Schema 2020-12 validation §6.3)", (keywords, good, bad) => {
  const takes = (text: string): boolean => takesText(text, keywords, ["string"]);
  expect([good.filter(takes), bad.filter(takes)]).toEqual([good, []]);
});

test("what is read as one of several types is not judged here", () => {
  expect(takesText("x", { minLength: 5, minimum: 7 }, ["string", "integer"])).toBe(true);
});

test.each([
  [{ minimum: 7 }, "7"],
  [{ exclusiveMinimum: 7 }, "8"],
  [{ maximum: -7 }, "-7"],
  [{ exclusiveMaximum: -7 }, "-8"],
  [{ exclusiveMinimum: 100, multipleOf: 7 }, "105"],
])("a number that %j takes is among the samples", (keywords, wanted) => {
  expect(samplesFor([keywords], ["integer"])).toContain(wanted);
  expect(takesText(wanted, keywords, ["integer"])).toBe(true);
});
