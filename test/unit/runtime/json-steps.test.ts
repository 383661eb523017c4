import { expect, it } from "vitest";
import { jsonInSteps } from "../../../runtime/upstream/discovery/json-steps.ts";
import { seededChance } from "../../harness/seeded-chance.ts";

/** In steps of some characters, so that short texts take many; with how many steps it took. */
function read(
  text: string,
  perStep = 16,
  take?: (element: unknown) => void,
): { readonly value: unknown; readonly steps: number } {
  const reading = jsonInSteps(text, take, perStep);
  for (let steps = 1; ; steps++) {
    const { done, value } = reading.next();
    if (done === true) return { value, steps };
  }
}

const chance = seededChance(20_261_129);
const below = (count: number): number => Math.floor(chance() * count);
const oneOf = <Of>(all: readonly Of[]): Of => all[below(all.length)]!;
const texts = [
  "",
  "a",
  '"',
  "\\",
  '\\"',
  "],[",
  "},{",
  "x".repeat(40),
  "端点",
  "\ud83d\ude00",
  "\n",
  "__proto__",
  "toString",
  "0",
];

function anyValue(depth: number): unknown {
  const kind = below(depth > 0 ? 9 : 6);
  if (kind < 2) return oneOf(texts);
  if (kind < 4) return oneOf([0, -1.5e300, 12_345_678_901, true, false, null]);
  if (kind < 6) return kind === 4 ? [] : {};
  if (kind < 8) return Array.from({ length: below(8) }, () => anyValue(depth - 1));
  const found: [string, unknown][] = Array.from({ length: below(6) }, () => [oneOf(texts), anyValue(depth - 1)]);
  return JSON.parse(`{${found.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`);
}

it("is what JSON.parse makes of it, whatever it is and however it is written", () => {
  for (let round = 0; round < 3_000; round++) {
    const value = anyValue(1 + below(5));
    const text = JSON.stringify(value, null, oneOf(["", " ", "\t\n\r"]));
    const [found, expected] = [read(text, 1 + below(40)).value, JSON.parse(text)];
    expect(found).toEqual(expected);
    // The order of members and the names that are none of Object's count too.
    expect(JSON.stringify(found)).toBe(JSON.stringify(expected));
    expect(Object.getPrototypeOf(found ?? 0)).toBe(Object.getPrototypeOf(expected ?? 0));
  }
});

it("is refused where JSON.parse refuses it, and read where it does not: one character more, less or another", () => {
  let refused = 0;
  for (let round = 0; round < 6_000; round++) {
    const text = JSON.stringify(anyValue(1 + below(4)), null, oneOf(["", " "]));
    const at = below(text.length + 1);
    const more = oneOf([",", "]", "}", "[", "{", '"', ":", "\\", "1", " ", "é", ""]);
    const changed = text.slice(0, at) + more + text.slice(at + below(2));
    let expected: unknown;
    try {
      expected = JSON.parse(changed);
    } catch {
      refused++;
      expect(() => read(changed, 1 + below(40)), changed).toThrow(SyntaxError);
      continue;
    }
    expect(read(changed, 1 + below(40)).value, changed).toEqual(expected);
  }
  expect(refused).toBeGreaterThan(2_000);
});

it("gives the elements of a list one after the other, a step's worth at a time", () => {
  const found: unknown[] = [];
  const text = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => ({ index })));
  const reading = jsonInSteps(text, (element) => void found.push(element), 100);
  let most = 0;
  for (let before = 0; reading.next().done !== true; before = found.length) most = Math.max(most, found.length - before);
  expect([found.length, found[999], most < 20]).toEqual([1_000, { index: 999 }, true]);
  // Where others look for the ends of its objects, within texts and lists of their own, they do not end.
  const deep = Array.from({ length: 200 }, (_, index) => ({ index, note: "a},{b", of: [{ one: 1 }, { two: "},{" }] }));
  const again: unknown[] = [];
  expect(read(JSON.stringify(deep), 60, (element) => void again.push(element)).steps).toBeGreaterThan(100);
  expect(again).toEqual(deep);
  // What is no list has none.
  expect(read('{"a":[1]}', 2, () => expect.fail("it is no list")).value).toEqual({ a: [1] });
});

it("says where it is no JSON", () => {
  expect(() => read('[1,2,3,4,5,6,7,8,9] "and more"')).toThrow('it is no JSON: `"` is not expected at character 21');
  expect(() => read('[1,,["a long one, and more"]]')).toThrow("it is no JSON: `,` is not expected at character 4");
  expect(() => read(`["${"a".repeat(40)}"`)).toThrow("it is no JSON: the end is not expected at character 44");
  expect(() => read("[1,2,3,4,5,6,7,8,9,10,nothing,11]", 4)).toThrow(/^it is no JSON between the characters \d+ and \d+: /);
});

// Each level looks for the end of what is long: of ever so many, that would be the square of the text.
it("takes time in proportion to the text, however deep it is", () => {
  const looks = (depth: number): number => {
    const text = "[".repeat(depth) + "]".repeat(depth);
    let looked = 0;
    const charCodeAt = String.prototype.charCodeAt;
    String.prototype.charCodeAt = function (at) {
      looked++;
      return charCodeAt.call(this, at);
    };
    try {
      read(text, 1_000);
    } finally {
      String.prototype.charCodeAt = charCodeAt;
    }
    return looked / text.length;
  };
  expect(looks(100_000)).toBeLessThan(12);
});
