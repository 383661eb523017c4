import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "../../../runtime/body/json.ts";
import { parseStrictly } from "../../../runtime/body/json-strict.ts";
import { isWhole } from "../../../runtime/body/json-tally.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const whole = (text: string, maxDepth = 100): boolean => isWhole(bytes(text), JSON.parse(text), maxDepth);

/** JSON texts without escapes, in whose objects names come again. */
const { text } = fc.letrec<{ text: string; object: string; array: string }>((tie) => ({
  text: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("1", "-2.5", "true", "null", '""', '":"', '"ä€😀"'),
    tie("object"),
    tie("array"),
  ),
  object: fc
    .array(fc.tuple(fc.constantFrom("a", "b", "1", "", "é", "constructor"), fc.constantFrom(":", " :\n"), tie("text")), {
      maxLength: 4,
    })
    .map((members) => `{${members.map(([name, colon, value]) => `"${name}"${colon}${value}`).join()}}`),
  array: fc.array(tie("text"), { maxLength: 4 }).map((items) => `[${items.join(" , ")}]`),
}));

describe("a value and its text", () => {
  it("belong together exactly where the strict parser takes the text", () => {
    let refused = 0;
    fc.assert(
      fc.property(text, (written) => {
        const strict = parseStrictly(written, 100, true);
        if (strict.problem !== undefined) refused++;
        expect(whole(written), written).toBe(strict.problem === undefined);
        expect(parseJson(bytes(written)), written).toEqual(strict);
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it("are compared to the last byte, wherever the text lies in its buffer", () => {
    for (let length = 0; length < 2100; length += 7) {
      for (let offset = 0; offset < 4; offset++) {
        const written = `{"a":"${"x".repeat(length)}","b":["c"]}`;
        const around = bytes(`${'"'.repeat(offset)}${written}"`).subarray(offset, offset + written.length);
        expect(isWhole(around, JSON.parse(written), 100)).toBe(true);
        expect(isWhole(around, { a: "", b: [] }, 100)).toBe(false);
      }
    }
  });

  it("with many quotes in a row are counted without overflow", () => {
    const texts = `[${Array.from({ length: 5000 }, () => '""').join()}]`;
    expect(whole(texts)).toBe(true);
    expect(
      isWhole(
        bytes('"'.repeat(4096)),
        Array.from({ length: 2048 }, () => ""),
        100,
      ),
    ).toBe(true);
  });

  it("go to the strict parser where they are too deep, or numbers are not told apart", () => {
    expect([whole("[[[1]]]", 3), whole("[[[[1]]]]", 3)]).toEqual([true, false]);
    expect([whole("[9007199254740991]"), whole("[9007199254740993]"), whole('{"a":-9007199254740993}')]).toEqual([
      true,
      false,
      false,
    ]);
    expect([whole("1"), whole("9007199254740993"), whole("1e999")]).toEqual([true, false, false]);
  });
});
