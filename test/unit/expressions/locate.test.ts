import { expect, test } from "vitest";
import { parseDocument, type Scalar } from "yaml";
import { locateExpression } from "../../../compiler/expressions/index.ts";
import type { Origin } from "../../../compiler/ir/origin.ts";

/** What is found in the file for `part` of the expression under the key `e`. */
function found(file: string, part: string): { readonly shown: string; readonly line: number; readonly column: number } {
  const scalar = parseDocument(file).get("e", true) as Scalar<string>;
  const [start, end] = scalar.range!;
  const before = file.slice(0, start);
  const origin: Origin = {
    file: "p.yaml",
    start,
    end,
    line: before.split("\n").length,
    column: start - before.lastIndexOf("\n"),
  };
  const at = scalar.value.indexOf(part);
  const {
    start: from,
    end: to,
    line,
    column,
  } = locateExpression(origin, file, scalar.value)({ start: at, end: at + part.length });
  return { shown: file.slice(from, to), line, column };
}

test.each([
  ["plain", "e: a.b == total.x\n", "total", { shown: "total", line: 1, column: 11 }],
  ["double-quoted", 'a: 1\ne: "a == \\"x\\" && totl"\n', "totl", { shown: "totl", line: 2, column: 19 }],
  ["an escape itself", 'e: "a == \\"x\\" && b"\n', '"x"', { shown: '\\"x\\"', line: 1, column: 10 }],
  ["single-quoted", "e: '''orders'' in x && totl'\n", "totl", { shown: "totl", line: 1, column: 24 }],
  ["plain over two lines", "e: aa &&\n  totl\n", "totl", { shown: "totl", line: 2, column: 3 }],
  ["folded", "e: >-\n  aa &&\n  bb && totl\n", "totl", { shown: "totl", line: 3, column: 9 }],
  ["literal", "e: |\n  aa &&\n\n    totl\n", "totl", { shown: "totl", line: 4, column: 5 }],
  ["joined lines", 'e: "aa && \\\n    totl"\n', "totl", { shown: "totl", line: 2, column: 5 }],
  ["non-ASCII", 'e: "\\u00e9 && é && totl"\n', "totl", { shown: "totl", line: 1, column: 20 }],
])("finds a name in a %s string", (_, file, part, wanted) => {
  expect(found(file, part)).toEqual(wanted);
});

test("gives the whole value where the file says something else", () => {
  const origin: Origin = { file: "p.yaml", start: 3, end: 7, line: 1, column: 4 };
  expect(locateExpression(origin, "e: *abc\n", "a && b")({ start: 5, end: 6 })).toBe(origin);
  expect(locateExpression(origin, undefined, "a && b")({ start: 5, end: 6 })).toBe(origin);
  const escaped: Origin = { file: "p.yaml", start: 3, end: 16, line: 1, column: 4 };
  // An escape of another character than the one that stands there, and one of none.
  expect(locateExpression(escaped, 'e: "\\u0061 && b"\n', "c && b")({ start: 5, end: 6 })).toBe(escaped);
  expect(locateExpression(escaped, 'e: "\\q && b"\n', "q && b")({ start: 5, end: 6 })).toBe(escaped);
});
