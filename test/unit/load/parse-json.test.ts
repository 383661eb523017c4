import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "../../../compiler/phases/1-load/parse-json.ts";
import { parsedFile } from "./support.ts";

const parse = (text: string) => {
  const { file, sink, positions } = parsedFile(text);
  return { tree: parseJson(file, sink), positions, found: sink.sorted() };
};

test("gives what JSON.parse gives", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(0, 2), (text, indent) => {
      const written = JSON.stringify(JSON.parse(text), null, indent);
      expect(parse(written).tree).toEqual(JSON.parse(written));
    }),
  );
});

test("refuses what JSON.parse refuses", () => {
  const pieces = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"\\u00e9"',
    '"\\x"',
    "1",
    "-",
    "01",
    "1e5",
    "1.",
    "true",
    "nul",
    " ",
    "\n",
    "\t",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const text = parts.join("");
      let expected: unknown;
      try {
        expected = JSON.parse(text);
      } catch {
        const { tree, found } = parse(text);
        expect(tree).toBeUndefined();
        expect(found.map(({ code }) => code)).toContain("load/json-syntax");
        return;
      }
      expect(parse(text).tree).toEqual(expected);
    }),
    { numRuns: 2000 },
  );
});

test("knows where every key and value stands", () => {
  const text = '{\n  "a": { "200": 1, "b": [true, "x"] },\n  "c\\u0064": null\n}';
  const { tree, positions } = parse(text);
  const root = tree as { a: { b: unknown[] } };
  const shown = ({ start, end }: { start: number; end: number }): string => text.slice(start, end);
  expect(shown(positions.of(root))).toBe(text);
  expect(shown(positions.key(root, "a"))).toBe('"a"');
  expect(shown(positions.value(root.a, "200"))).toBe("1");
  expect(shown(positions.value(root.a, "b"))).toBe('[true, "x"]');
  expect(shown(positions.value(root.a.b, 1))).toBe('"x"');
  expect(shown(positions.key(root, "cd"))).toBe('"c\\u0064"');
  expect(positions.key(root, "cd")).toMatchObject({ line: 3, column: 3 });
  expect(shown(positions.pointer(root, "/a/b/0"))).toBe("true");
});

test("keys of Object.prototype are keys like any other", () => {
  const { tree, found } = parse('{ "__proto__": { "x": 1 }, "constructor": 2, "toString": 3 }');
  expect(Object.keys(tree as object)).toEqual(["__proto__", "constructor", "toString"]);
  expect(Object.getPrototypeOf(tree)).toBe(Object.prototype);
  expect(found).toEqual([]);
});

test("a duplicate key is reported with both places", () => {
  const [finding] = parse('{ "a": 1, "b": 2, "a": 3 }').found;
  expect(finding).toMatchObject({
    code: "load/duplicate-key",
    primary: { origin: { start: 18 } },
    related: [{ origin: { start: 2 } }],
  });
});

test("deep nesting is refused without exhausting the stack", () => {
  expect(parse("[".repeat(100_000)).found.map(({ code }) => code)).toEqual(["load/nested-too-deep"]);
});
