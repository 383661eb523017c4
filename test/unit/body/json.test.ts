import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonReader, parseJson } from "../../../runtime/body/json.ts";
import { JsonScan } from "../../../runtime/body/json-scan.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string): unknown => {
  const { value, problem } = parseJson(bytes(text), { exactIntegers: true });
  if (problem !== undefined) throw new Error(problem.detail);
  return value;
};
const detail = (text: string | Uint8Array): string | undefined =>
  parseJson(typeof text === "string" ? bytes(text) : text).problem?.detail;

/** Nothing that JSON.stringify would change, and nothing that is refused. */
const json = fc.jsonValue({ noUnicodeString: false }).filter((value) => !JSON.stringify(value).includes("__proto__"));

/** Digits of a double beyond 2^53 are often those of another integer, which is then kept. */
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? Number(item) : item)));

describe("values", () => {
  const reader = new JsonReader();

  it("are those that were written, whatever the white space", () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, "\t", 3), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(rounded(reader.parse(bytes(text)).value)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it("come out of the strict parser as out of the fast one", () => {
    fc.assert(
      fc.property(json, (value) => {
        // The number makes the scan hand the text on.
        const text = JSON.stringify([value, 1e300]).replace("e+300", "e300");
        expect(rounded(read(text))).toEqual([JSON.parse(JSON.stringify(value)), 1e300]);
      }),
    );
  });

  it("never come from random bytes that are no JSON, and reading never throws", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.string({ unit: fc.constantFrom(...'{}[]:,"\\u0e1-+. \n') }).map(bytes)),
        (input) => {
          const { problem } = reader.parse(input);
          let isJson = true;
          try {
            JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input));
          } catch {
            isJson = false;
          }
          if (!isJson) expect(problem).toBeDefined();
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("may have names that objects inherit", () => {
    const text = '{"constructor":{"prototype":1},"toString":2,"hasOwnProperty":3}';
    expect(JSON.stringify(read(text))).toBe(text);
  });

  it("keep an empty text apart from no key", () => expect(read('{"":1}')).toEqual({ "": 1 }));
});

describe("keys", () => {
  it.each([
    ['{"a":1,"a":2}', 'The key "a" occurs twice in one object, again at line 1, column 8.'],
    ['{"a":1,"\\u0061":2}', 'The key "a" occurs twice in one object, again at line 1, column 8.'],
    ['{"x":[{"b":1},\n{"b":1,  "b" :2}]}', 'The key "b" occurs twice in one object, again at line 2, column 10.'],
    ['{"__proto__":1}', 'The key "__proto__" is not accepted, found at line 1, column 2.'],
    ['{"a":{"\\u005f_proto__":1}}', 'The key "__proto__" is not accepted, found at line 1, column 7.'],
  ])("%s is refused", (text, expected) => expect(detail(text)).toBe(expected));

  it("may be the same in objects beside and inside each other", () => {
    expect(read('{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":3}}')).toEqual({ a: { a: [{ a: 1 }, { a: 2 }] }, b: { a: 3 } });
  });

  it("are found twice among very many", () => {
    const pairs = Array.from({ length: 50_000 }, (_, index) => `"k${index}":${index}`);
    expect(detail(`{${pairs.join()}}`)).toBeUndefined();
    expect(detail(`{${pairs.join()},"k77":0}`)).toMatch(/^The key "k77" occurs twice/);
  });

  it("of any object are unique or refused", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 12 }), (keys) => {
        const text = `{${keys.map((key) => `${JSON.stringify(key)}:0`).join()}}`;
        expect(detail(text) === undefined).toBe(new Set(keys).size === keys.length);
      }),
    );
  });
});

describe("nesting", () => {
  const nested = (depth: number, open = "[", close = "]"): string => open.repeat(depth) + close.repeat(depth);

  it("is bounded", () => {
    expect(detail(nested(100))).toBeUndefined();
    expect(detail(nested(101))).toBe("Nesting is deeper than 100 levels at line 1, column 101.");
    expect(parseJson(bytes(nested(4)), { maxDepth: 3 }).problem?.detail).toMatch(/^Nesting is deeper than 3/);
  });

  it("cannot exhaust the stack", () => {
    expect(detail("[".repeat(1_000_000))).toMatch(/^Nesting is deeper/);
    expect(detail('{"a":'.repeat(1_000_000))).toMatch(/^Nesting is deeper/);
  });
});

describe("numbers", () => {
  it.each([
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992],
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740993", -9007199254740993n],
    ["9223372036854775807", 9223372036854775807n],
    ["9223372036854775808", 2 ** 63],
    ["18446744073709551615", 18446744073709551615n],
    ["-9223372036854775808", -(2 ** 63)],
    ["9007199254740993.0", 9007199254740993n],
    ["9007199254740993e0", 9007199254740993n],
    ["9.007199254740993e15", 9007199254740993n],
    ["90071992547409.93e2", 9007199254740993n],
    ["90071992547409930E-1", 9007199254740993n],
    ["0.0000000000000000000009007199254740993e37", 9007199254740993n],
    ["9007199254740993.5", 9007199254740994],
    ["1e23", 1e23],
    ["1700000000000000", 1700000000000000],
    ["12345678901234567.5", Number("12345678901234567.5")],
    ["0.1", 0.1],
    ["52.520006599999997", Number("52.520006599999997")],
    ["1e-400", 0],
    ["-0", -0],
  ])("%s is exact", (text, value) => expect((read(`[${text}]`) as unknown[])[0]).toBe(value));

  it("are doubles where nobody asks for more", () =>
    expect(parseJson(bytes("[9007199254740993]")).value).toEqual([9007199254740992]));

  it("keep integers of any length exact", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (integer) => {
        const [value] = read(`[${integer}]`) as [number | bigint];
        expect(BigInt(value)).toBe(integer);
      }),
    );
  });

  it.each(["1e400", "-1e400", "9".repeat(400), `[1,${"1".repeat(310)}]`])(
    "beyond the range of a double are refused: %s",
    (text) => {
      expect(detail(text)).toMatch(/^A number is beyond the range of 64-bit floating point at line 1/);
    },
  );
});

describe("text that is no JSON", () => {
  it.each([
    ["", "Expected a JSON value at line 1, column 1."],
    ['{"a":1,}', "Expected a key in double quotes at line 1, column 8."],
    ['{\n  "a" 1}', 'Expected ":" after a key at line 2, column 7.'],
    ["[1 2]", 'Expected a comma or "]" at line 1, column 4.'],
    ['{"a":1 "b":2}', 'Expected a comma or "}" at line 1, column 8.'],
    ["{} x", "Expected the end of the JSON text at line 1, column 4."],
    ["[01]", "A number must not begin with a zero that means nothing, found one at line 1, column 2."],
    ["[1.]", "Expected a digit after the decimal point at line 1, column 4."],
    ["[-]", "Expected a digit at line 1, column 3."],
    ["[1e]", "Expected a digit in the exponent at line 1, column 4."],
    ["[nul]", "Expected a JSON value at line 1, column 2."],
    ['["\\x"]', "Expected an escape that JSON knows after a backslash at line 1, column 4."],
    ['["\\u12"]', 'Expected four hexadecimal digits after "\\u" at line 1, column 5.'],
    ['["a\nb"]', "A control character must be escaped in text, found one at line 1, column 4."],
    ['["abc', "Expected the end of a text in double quotes before the end at line 1, column 6."],
    ["\ufeff{}", "The JSON text begins with a byte order mark, which it must not."],
  ])("%j: %s", (text, expected) => expect(detail(text)).toBe(expected));

  it("in another encoding is refused", () => {
    expect(detail(Buffer.from('{"a":"ä"}', "latin1"))).toBe("The JSON text is not valid UTF-8.");
    expect(detail(Buffer.from('{"a":1}', "utf16le"))).toBe("Expected a key in double quotes at line 1, column 2.");
    expect(detail(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBe("The JSON text is not valid UTF-8.");
  });
});

it("the scan lets plain texts through, or everything would be parsed slowly", () => {
  const scan = new JsonScan(100);
  const lines = Array.from({ length: 3_000 }, (_, index) => ({
    id: index,
    name: `n${index}`,
    price: index / 3,
    at: 1_700_000_000_000,
    note: 'a "quoted" text',
  }));
  expect(scan.isPlain(bytes(JSON.stringify({ lines }, null, 2)))).toBe(true);
  expect(scan.isPlain(bytes(JSON.stringify(Object.fromEntries(lines.map((line) => [line.name, line])))))).toBe(true);
});

describe("numbers that the scan lets through, and those that the strict parser looks at", () => {
  const scan = new JsonScan(100);
  it.each([
    ["fractions and negative exponents", "[1.5e-7,-1e-9,2E-300,0.1]", true],
    ["exponents of one digit whose integers stay short", "[1e9,-1.5E+3]", true],
    ["an integer that may be beyond 2^53", "[9007199254740993]", false],
    ["one of 16 digits that is not", "[8007199254740993]", true],
    ["one of 17 digits", "[10000000000000000]", false],
    ["an exponent that makes a long integer", "[1234567890123e9]", false],
    ["an exponent of several digits", "[1e22]", false],
  ])("%s: %s", (_, text, isPlain) => expect(scan.isPlain(bytes(text))).toBe(isPlain));
});
