import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { parseYaml } from "../../../compiler/phases/1-load/parse-yaml.ts";
import { parsedFile } from "./support.ts";

const parse = (text: string) => {
  const { file, sink, positions } = parsedFile(text);
  return { tree: parseYaml(file, sink), positions, codes: sink.sorted().map(({ code }) => code), found: sink.sorted() };
};

test("gives back what was written as YAML", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      expect(parse(stringify(plain, { aliasDuplicateObjects: false })).tree).toEqual(plain);
    }),
  );
});

test.each([
  ["no: on\nyes: off", { no: "on", yes: "off" }],
  ["200: ok\n1.0: x\nnull: y\ntrue: z", { 200: "ok", "1.0": "x", null: "y", true: "z" }],
  ["date: 2026-12-01\nversion: 1.10", { date: "2026-12-01", version: 1.1 }],
  ["a:\nb: ~", { a: null, b: null }],
  ["[a: 1, b]", [{ a: 1 }, "b"]],
  ["a: |\n  text\n  more\nb: >-\n  folded\n  text", { a: "text\nmore\n", b: "folded text" }],
  ["# only a comment", null],
])("%j", (text, expected) => {
  const { tree, codes } = parse(text);
  expect(tree).toEqual(expected);
  expect(codes).toEqual([]);
});

test("aliases share one value, and merge keys copy", () => {
  const { tree, codes } = parse("a: &a { x: 1, y: 2 }\nb: *a\nc: { <<: *a, y: 3 }\nd: { <<: [{ z: 1 }, *a] }");
  const root = tree as Record<string, unknown>;
  expect(root.b).toBe(root.a);
  expect(root.c).toEqual({ x: 1, y: 3 });
  expect(root.d).toEqual({ x: 1, y: 2, z: 1 });
  expect(codes).toEqual([]);
});

test("__proto__ is a key like any other", () => {
  const { tree } = parse("__proto__: { polluted: true }\na: 1");
  expect(Object.keys(tree as object)).toEqual(["__proto__", "a"]);
  expect(Object.getPrototypeOf(tree)).toBe(Object.prototype);
});

test("places survive comments, anchors and CRLF", () => {
  const text = "a: 1 # one\r\nb:\r\n  - &x { c: d }\r\n  - *x\r\n";
  const { tree, positions } = parse(text);
  const root = tree as { b: { c: string }[] };
  expect(positions.value(root, "a")).toMatchObject({ start: 3, end: 4, line: 1, column: 4 });
  expect(positions.value(root.b[0]!, "c")).toMatchObject({ line: 3, column: 13 });
  expect(positions.key(root.b, 1)).toMatchObject({ line: 4, column: 5 });
});

test.each([
  ["a:\n\tb: 1", ["load/tab-indentation"]],
  ["a: b: c", ["load/yaml-syntax"]],
  ["a: 'open", ["load/yaml-syntax"]],
  ["a: 1\na: 2", ["load/duplicate-key"]],
  ["a: 1\n---\nb: 2", ["load/several-documents"]],
  ["a: *nothing", ["load/unknown-alias"]],
  ["a: &a [*a]", ["load/alias-to-itself"]],
  ["? [a]\n: 1", ["load/key-not-text"]],
  [": 1", ["load/key-not-text"]],
  ["a: !what 1", ["load/unknown-tag"]],
  ["a: {<<: 1}", ["load/merge-not-mapping"]],
])("%j is reported", (text, expected) => {
  expect([...new Set(parse(text).codes)]).toEqual(expected);
});

test.each([300, 20_000])("%d levels are refused without exhausting the stack", (depth) => {
  expect(parse("[".repeat(depth) + "]".repeat(depth)).codes).toEqual(["load/nested-too-deep"]);
});

test("levels count through aliases", () => {
  const lines = ["a0: &a0 [x]", ...Array.from({ length: 5000 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}]`)];
  expect(parse(lines.join("\n")).codes).toEqual(["load/nested-too-deep"]);
});

test("nothing crashes the parser", () => {
  const pieces = fc.constantFrom(
    "a",
    ":",
    " ",
    "\n",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "&x ",
    "*x",
    "!t ",
    "|",
    ">",
    "'",
    '"',
    "#",
    "? ",
    "<<: ",
    "---\n",
    "\t",
    "%",
    "200",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      const { tree, found } = parse(parts.join(""));
      if (tree === undefined) expect(found.length).toBeGreaterThan(0);
    }),
    { numRuns: 3000 },
  );
});
