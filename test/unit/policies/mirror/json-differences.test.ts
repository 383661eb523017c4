import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonWays } from "../../../../compiler/text/json-ways.ts";
import { parseJson } from "../../../../runtime/body/json.ts";
import { JsonDifferences, type JsonRules } from "../../../../runtime/policies/mirror/comparing/json-differences.ts";
import { pointerOf } from "../../../../runtime/policies/mirror/comparing/pointer.ts";

interface Rules {
  readonly only?: string[];
  readonly ignore?: string[];
  readonly unordered?: string[];
}

const rulesOf = ({ only, ignore = [], unordered = [] }: Rules): JsonRules => ({
  only: only === undefined ? null : jsonWays(only).pointers,
  ignored: jsonWays(ignore),
  unordered: unordered.map((text) => (text === "" ? [] : jsonWays([text]).pointers[0]!)),
});

/** Kinds, and the place of the first difference. */
function differences(first: string, second: string, rules: Rules = {}): string {
  const found = new JsonDifferences(rulesOf(rules));
  const valueOf = (text: string): unknown => parseJson(Buffer.from(text), { exactIntegers: true }).value;
  found.compare(valueOf(first), valueOf(second));
  if (found.first === undefined) return "";
  return `${[...found.kinds].join(", ")} at ${pointerOf({ part: "body", json: found.first })}`;
}

describe("values are alike", () => {
  test.each([
    ["with members in another order and white space", '{"a":1,"b":[1,2]}', '{ "b": [1, 2], "a": 1 }'],
    ["with numbers that are written otherwise", "[1.0, 1e2, -0]", "[1, 100, 0]"],
    ["with escapes", '["\\u0061\\/"]', '["a/"]'],
    ["with names that objects inherit", '{"constructor":1,"toString":2}', '{"toString":2,"constructor":1}'],
    ["beyond what doubles hold", "[9007199254740993]", "[9007199254740993]"],
  ])("%s", (_, first, second) => {
    expect(differences(first, second)).toBe("");
  });
});

describe("what differs has a kind and a place", () => {
  test.each([
    ['{"a":{"b":1}}', '{"a":{"b":2}}', "value at body /a/b"],
    ['{"a":1}', '{"a":"1"}', "type at body /a"],
    ['{"a":null}', "{}", "missing at body /a"],
    ["{}", '{"a":null}', "added at body /a"],
    ["[1,2,3]", "[1,2]", "missing at body /2"],
    ["[1]", "[1,2]", "added at body /1"],
    ["[[1],[2]]", "[[1],{}]", "type at body /1"],
    ["1", "2", "value at body"],
    ["[9007199254740993]", "[9007199254740992]", "value at body /0"],
    ['{"toString":1}', "{}", "missing at body /toString"],
    ["{}", '{"valueOf":1}', "added at body /valueOf"],
    ['{"a":1,"b":2,"c":[]}', '{"b":"2","c":[1]}', "missing, type, added at body /a"],
    // Keys of maps may be values of somebody.
    ['{"users":{"erin@example.com":1}}', '{"users":{"erin@example.com":2}}', "value at body /users/*"],
    ['{"4929130012345":{"x/y":1}}', '{"4929130012345":{"x/y":2}}', "value at body /*/*"],
    ['{"8a6e0804-2bd0-4672-b79d-d97027f9071a":1}', "{}", "missing at body /*"],
  ])("%s and %s", (first, second, expected) => {
    expect(differences(first, second)).toBe(expected);
  });
});

describe("rules", () => {
  test.each<[title: string, first: string, second: string, rules: Rules, expected: string]>([
    ["an ignored pointer", '{"at":1,"x":{"at":1}}', '{"at":2,"x":{"at":2}}', { ignore: ["/at"] }, "value at body /x/at"],
    ["an ignored name in any case", '{"requestId":1,"x":[{"REQUESTID":1}]}', '{"x":[{}]}', { ignore: ["requestId"] }, ""],
    ["ignored names with a star", '{"createdAt":1,"a":{"updatedAt":1}}', '{"a":{}}', { ignore: ["*At"] }, ""],
    ["a star in a pointer", '{"i":[{"id":1,"n":1},{"id":2}]}', '{"i":[{"id":7,"n":1},{"id":8}]}', { ignore: ["/i/*/id"] }, ""],
    ["escapes in a pointer", '{"a/b":{"c~d":1}}', '{"a/b":{"c~d":2}}', { ignore: ["/a~1b/c~0d"] }, ""],
    ["all below an ignored one", '{"a":{"b":{"c":1}}}', '{"a":{"b":[1]}}', { ignore: ["/a/b"] }, ""],
    ["only what is chosen", '{"a":1,"b":{"c":1,"d":1}}', '{"a":2,"b":{"c":1,"d":2}}', { only: ["/b/c"] }, ""],
    ["what is chosen", '{"a":1,"b":{"c":1}}', '{"a":2,"b":{"c":2}}', { only: ["/b/c"] }, "value at body /b/c"],
    ["all below what is chosen", '{"b":{"c":{"d":1}}}', '{"b":{"c":{"d":2}}}', { only: ["/b"] }, "value at body /b/c/d"],
    ["what is chosen and not there", '{"b":{"c":1}}', '{"b":{}}', { only: ["/b/c"] }, "missing at body /b/c"],
    ["no way to what is chosen", '{"b":{"c":1}}', '{"b":[]}', { only: ["/b/c"] }, "type at body /b"],
    ["a value on the way to what is chosen", '{"b":1}', '{"b":2}', { only: ["/b/c"] }, ""],
    ["an unordered array", '{"a":[1,2,2]}', '{"a":[2,1,2]}', { unordered: ["/a"] }, ""],
    ["how often something is in it", '{"a":[1,2,2]}', '{"a":[1,1,2]}', { unordered: ["/a"] }, "value at body /a/2"],
    ["less in it", '{"a":[1,2,3]}', '{"a":[3,1]}', { unordered: ["/a"] }, "missing at body /a/1"],
    ["more in it", '{"a":[3]}', '{"a":[1,3]}', { unordered: ["/a"] }, "added at body /a/0"],
    ["the whole unordered", "[1,2]", "[2,1]", { unordered: [""] }, ""],
    ["unordered in unordered", '[{"t":[1,2]},{"t":[3]}]', '[{"t":[3]},{"t":[2,1]}]', { unordered: ["", "/*/t"] }, ""],
    ["ordered in unordered", '[{"t":[1,2]}]', '[{"t":[2,1]}]', { unordered: [""] }, "value at body /0"],
    [
      "ignored in unordered",
      '[{"id":1,"n":1},{"id":2,"n":2}]',
      '[{"id":9,"n":2},{"n":1}]',
      { unordered: [""], ignore: ["/*/id"] },
      "",
    ],
    ["chosen in unordered", '[{"a":1,"b":1}]', '[{"b":1,"a":5}]', { unordered: [""], only: ["/*/b"] }, ""],
  ])("%s", (_, first, second, rules, expected) => {
    expect(differences(first, second, rules)).toBe(expected);
  });
});

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 1, 2, "a", "b"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
  ),
})).value;

test("a value is like another one exactly where their texts are, with all arrays in order or none", () => {
  const text = (value: unknown, isSorted: boolean): string => {
    if (Array.isArray(value)) {
      const items = value.map((item) => text(item, isSorted));
      return `[${(isSorted ? items.sort() : items).join()}]`;
    }
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    return `{${Object.entries(value)
      .map(([name, member]) => `${name}:${text(member, isSorted)}`)
      .sort()
      .join()}}`;
  };
  const everywhere = ["", "/*", "/*/*", "/*/*/*", "/*/*/*/*", "/*/*/*/*/*"];
  let alike = 0;
  fc.assert(
    fc.property(values, fc.oneof(values, fc.constant(undefined)), fc.boolean(), (first, other, isSorted) => {
      const second = other === undefined ? structuredClone(first) : other;
      if (other === undefined && isSorted && Array.isArray(second)) second.reverse();
      const isAlike = text(first, isSorted) === text(second, isSorted);
      if (isAlike) alike++;
      const rules = isSorted ? { unordered: everywhere } : {};
      expect(differences(JSON.stringify(first), JSON.stringify(second), rules) === "").toBe(isAlike);
    }),
    { numRuns: 400 },
  );
  expect(alike).toBeGreaterThan(50);
});

test("a set of many equal items takes no more time than its sorting", () => {
  const items = (count: number): string => `[${Array.from({ length: count }, (_, index) => `{"k":${index % 7}}`).join()}]`;
  /** Processor time of the quickest of some runs: the machine may do much else meanwhile. */
  const spent = (count: number): number => {
    const text = items(count);
    const runs = Array.from({ length: 5 }, () => {
      const begun = process.cpuUsage();
      expect(differences(text, text, { unordered: [""] })).toBe("");
      const { user, system } = process.cpuUsage(begun);
      return user + system;
    });
    return Math.min(...runs);
  };
  // Sorting takes some five times as long for four times as many, and looking for each among all sixteen times.
  expect(spent(40_000) / spent(10_000)).toBeLessThan(10);
});
