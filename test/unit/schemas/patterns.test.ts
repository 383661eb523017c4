import { describe, expect, test } from "vitest";
import { analysePattern } from "../../../compiler/schemas/patterns/analyse.ts";

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
    const danger = analysePattern(pattern);
    expect(danger?.growth).toBe("exponential");
    // The witness fails, and a short form of it can be tried.
    expect(new RegExp(pattern).test(danger!.witness.slice(0, 6) + danger!.witness.at(-1)!)).toBe(false);
    expect(danger!.limit).toBeGreaterThanOrEqual(6);
    expect(danger!.limit).toBeLessThan(200);
    expect(danger!.witness.length).toBeGreaterThan(danger!.limit);
  });

  test.each(harmless)("%s is not", (pattern) => {
    expect(analysePattern(pattern)).toBeUndefined();
  });

  test.each([
    ["^[a-z]+-?[a-z]+$", 10_000],
    ["^\\S+@\\S+$", 10_000],
    ["a+b", 10_000],
    ["\\s+$", 10_000],
    ["^\\s+|\\s+$", 10_000],
    [".*\\S.*", 10_000],
    ["^.*a.*b.*$", 700],
    ["^.*a.*b.*c.*d$", 200],
  ])("%s is tried on short text only, as its steps outgrow it", (pattern, limit) => {
    expect(analysePattern(pattern)).toEqual({ growth: "polynomial", witness: "", limit });
  });

  test.each(["[a-z]+", "^.+", "\\S", "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "^\\s*\\S+$", "^[^/]+/[^/]+$", "a*", "^(a|b*)c"])(
    "%s takes no more steps than text has characters",
    (pattern) => expect(analysePattern(pattern)).toBeUndefined(),
  );

  test("what may be due to a back reference is treated with care", () => {
    expect(analysePattern("^(a+)\\1+$")).toMatchObject({
      growth: "unknown",
      witness: "",
    });
  });
});
