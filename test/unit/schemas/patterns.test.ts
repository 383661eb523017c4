import { describe, expect, test } from "vitest";
import { analysePattern } from "../../../compiler/contract/schemas/patterns/analyse.ts";
import { regularExpression } from "../../../compiler/contract/schemas/patterns/regular-expression.ts";
import { samplesOf } from "../../../compiler/contract/schemas/patterns/sample.ts";
import { linearProgram } from "../../../compiler/phases/5-emit/schemas/linear-program.ts";
import { LinearPattern, type LinearProgram } from "../../../runtime/validation/linear-pattern.ts";

const dangerous = [
  "^(a+)+$",
  "^(a*)*$",
  "^(a|a)*$",
  "^(a|aa)+$",
  "^([a-zA-Z]+)*$",
  "(x+x+)+y",
  "^(\\w+\\s?)*$",
  "^(([a-z])+.)+[A-Z]([a-z])+$",
  "^(?:a?b?a?)*$",
  "^(\\d+|[0-9a-f]+)*$",
  "^(a{1,100})*$",
  "^([^,]*,?)*;$",
  "^([a-z0-9]+[-.]?)+@",
];

const harmless = [
  "^a+$",
  "^[a-z]+(-[a-z]+)*$",
  "^(ab|cd)*$",
  "^(\\d{3})-(\\d{4})+$",
  "^(?:[A-Za-z0-9_-]+\\.)*[A-Za-z]{2,}$",
  "^(a+)+",
  "(a+)+",
  "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
  "^(0|[1-9]\\d*)(\\.\\d+)?$",
  "^(/[^/]+)*$",
  "^(a|b)(,\\1)*$",
  "^(?<quote>['\"])[^'\"]*\\k<quote>$",
  "^(?=.*[a-z])(?=.*\\d)[A-Za-z\\d]{8,}$",
];

describe("exponential patterns", () => {
  test.each(dangerous)("%s is found, with text that keeps a matcher busy", (pattern) => {
    const matching = analysePattern(pattern);
    if (!("witness" in matching)) throw new Error(`taken for ${matching.by}`);
    expect(matching.by).toBe("linear");
    // The witness fails, and a short form of it can be tried.
    expect(new RegExp(pattern).test(matching.witness.slice(0, 6) + matching.witness.at(-1)!)).toBe(false);
    expect(matching.limit).toBeGreaterThanOrEqual(6);
    expect(matching.limit).toBeLessThan(200);
    expect(matching.witness.length).toBeGreaterThan(matching.limit);
  });

  test.each(harmless)("%s is not", (pattern) => {
    expect(analysePattern(pattern)).not.toHaveProperty("witness");
  });

  test.each(["^[a-z]+-?[a-z]+$", "^\\S+@\\S+$", "a+b", "\\s+$", "^\\s+|\\s+$", ".*\\S.*", "^.*a.*b.*$", "^.*a.*b.*c.*d$"])(
    "%s takes steps that outgrow its text, and gets a matcher of our own",
    (pattern) => expect(analysePattern(pattern)).toEqual({ by: "linear" }),
  );

  test.each(["[a-z]+", "^.+", "\\S", "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "^\\s*\\S+$", "^[^/]+/[^/]+$", "a*", "^(a|b*)c"])(
    "%s takes no more steps than text has characters",
    (pattern) => expect(analysePattern(pattern)).toEqual({ by: "engine" }),
  );

  test("a back reference that may make it slow is followed in short text only", () => {
    expect(analysePattern("^(a+)\\1+$")).toEqual({ by: "bounded", limit: expect.any(Number) });
  });

  // ECMAScript 2024, 22.2.6.16: `test` of RegExp.prototype is what comes of it. Each look-ahead is a bit of the matcher's.
  test.each([1, 19, 20, 21, 28, 29, 33])("every one of %i look-aheads is asked", (count) => {
    const letters = Array.from({ length: count }, (_, index) => String.fromCharCode(97 + index));
    const pattern = `^${letters.map((letter) => `(?=.*${letter})`).join("")}(x+x+)+y`;
    const matching = analysePattern(pattern);
    expect(matching.by).toBe(count <= 20 ? "linear" : "bounded");
    if (matching.by !== "linear") return;
    const expression = regularExpression(pattern)!;
    const linear = new LinearPattern(pattern, linearProgram(expression) as unknown as LinearProgram);
    for (const missing of ["", ...letters]) {
      const text = `xxy${letters.join("").replace(missing, "")}`;
      expect(linear.test(text), `without ${missing}`).toBe(expression.test(text));
      expect(linear.test(text)).toBe(missing === "");
    }
  });

  test("a program beyond the bits and characters of its form is not made", () => {
    const expression = /^(?=a)/;
    const looks = (count: number) => new RegExp(Array.from({ length: count }, (_, index) => `(?=${index})`).join(""));
    expect(() => linearProgram(looks(28))).not.toThrow();
    expect(() => linearProgram(looks(29))).toThrow("too many look-arounds");
    expect(() => linearProgram(new RegExp(`${expression.source}a{65533}`))).not.toThrow();
    expect(() => linearProgram(new RegExp(`${expression.source}a{65536}`))).toThrow("too many look-arounds or states");
  });
});

test.each([`${"(".repeat(3000)}a*${")".repeat(3000)}*`, `${"(".repeat(3000)}a+${")+".repeat(3000)}`])(
  "a pattern that is too deep to be read is kept from all text, and no text stands for it",
  (pattern) => {
    expect(analysePattern(pattern)).toEqual({ by: "bounded", limit: 0 });
    expect(samplesOf(/x/, 1)).toEqual(["x"]);
    expect(samplesOf(new RegExp(pattern), 1)).toEqual([]);
  },
);

test.each([
  ["^[A-Z]{3}-\\d+$", ["XXX-1"]],
  ["^(?:ab|cd)e{2,}$", ["abee"]],
  ["^(a)\\1$", ["aa"]],
  ["(?=b)", []],
  ["[]", []],
])("texts that match %s", (pattern, texts) => {
  expect(samplesOf(new RegExp(pattern), 1)).toEqual(texts);
});
