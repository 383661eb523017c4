import { expect, test } from "vitest";
import { PatternProblem, translatePattern } from "../../../compiler/expressions/pattern.ts";

test.each([
  "(a+)+",
  "(a*)*",
  "(a|a)*",
  "(a|ab)+",
  "(?:a?a)+",
  "(a?){30}a{30}",
  "a*a*",
  "(.*)x(.*)",
  "[a-z]+[a-z0-9]*",
  "(?:[a-z]+,?)+",
  "a?a?a?",
  "(a{1,2})+",
  "\\d+\\w+",
  "(?:a|b?)+",
])("refuses %s, which could take long", (pattern) => {
  expect(() => translatePattern(pattern)).toThrow(PatternProblem);
});

test.each([
  "(?=a)",
  "(?x)a",
  "(?)",
  "(?i",
  "(?i-)a",
  "(?i)*",
  "(?-:",
  "\\pL",
  "(a",
  "a)",
  "[a",
  "*a",
  "a**",
  "a{2000}",
  "[b-a]",
  "\\",
  "\\C",
  "[[:foo:]]",
  "\\1",
])("refuses %s, which is not of the common subset", (pattern) => {
  expect(() => translatePattern(pattern)).toThrow(PatternProblem);
});

test.each([
  ["^/v[0-9]+/(orders|items)(/[a-z0-9-]+)*$", ["/v1/orders", "/v12/items/a/b-1"], ["/v/orders", "/v1/items/", "x/v1/orders"]],
  ["^[^@]+@[a-z]+$", ["a@b"], ["@b", "a@"]],
  ["a.c", ["abc", "a\rc", "a😀c"], ["a\nc"]],
  ["^\\s$", ["\t", " "], ["\u00a0", "\v"]],
  ["^[\\s/x]$", ["/", " ", "x"], ["\u00a0"]],
  ["^[[:alpha:]_]\\w*$", ["a1", "_"], ["1a"]],
  ["\\Aab\\z", ["ab"], ["abc"]],
  ["^\\x41\\x{1F600}$", ["A😀"], ["A"]],
  ["^[a\\-\\]]+$", ["-]a"], ["b"]],
  ["^(?:ab|cd)+$", ["abcdab"], ["abc"]],
  ["^a{2,3}$", ["aa", "aaa"], ["a", "aaaa"]],
  ["^(?P<year>\\d{4})-\\d\\d$", ["2026-11"], ["26-11"]],
  ["", ["", "a"], []],
  // Flags as RE2's syntax has them (https://github.com/google/re2/wiki/Syntax, "Flags").
  ["(?i)^get$", ["get", "GET", "gEt"], ["gett", "ge"]],
  ["^a(?i)b$", ["ab", "aB"], ["Ab", "AB"]],
  ["^(?:a(?i)b)c$", ["abc", "aBc"], ["abC", "Abc"]],
  ["^(?i:a)b$", ["ab", "Ab"], ["aB"]],
  ["^(?i)a(?-i)b$", ["ab", "Ab"], ["aB"]],
  ["^(?i:a(?-i:b)c)$", ["abc", "AbC"], ["aBc"]],
  ["^(?i)a|b$", ["a", "A", "b", "B"], ["c"]],
  ["(?i)^[a-c]+$", ["abc", "ABC"], ["d"]],
  ["(?i)^[^a-c]$", ["d", "D"], ["a", "B"]],
  ["(?i)^[[:lower:]]$", ["a", "A"], ["1"]],
  ["(?i)^k$", ["k", "K", "\u212a"], []],
  ["(?i)^\\w$", ["k", "\u017f", "\u212a"], ["é"]],
  ["(?i)^é$", ["é", "É"], ["e"]],
  ["(?i)^ß$", ["ß", "ẞ"], ["ss", "SS"]],
  ["(?i)^i$", ["i", "I"], ["ı", "İ"]],
  ["(?i)^\\x{E9}\\x41$", ["éa", "ÉA"], ["ea"]],
  ["(?s)^a.b$", ["a\nb", "axb"], ["ab"]],
  ["^(?s:.)(?-s:.)$", ["\nx", "ab"], ["a\n"]],
  ["(?m)^b$", ["b", "a\nb", "b\nc", "a\nb\nc"], ["ab", "a\rb"]],
  ["(?m:^)b$", ["a\nb"], ["a\nb\nc"]],
  ["(?m)\\Ab\\z", ["b"], ["a\nb"]],
  ["(?U)^a+$", ["aa"], ["b"]],
  ["(?ims)^A.b$", ["a\nB", "x\na\nb"], ["ab"]],
  ["(?P<x>(?i)a)b$", ["Ab"], ["AB"]],
])("%s means the same in JavaScript", (pattern, yes, no) => {
  const compiled = new RegExp(translatePattern(pattern), "u");
  expect(yes.filter((text) => !compiled.test(text))).toEqual([]);
  expect(no.filter((text) => compiled.test(text))).toEqual([]);
});

test("what upper and lower case make the same is what the flag `i` of JavaScript with `u` does (ECMA-262 §22.2.2.7.3)", () => {
  const letters = Array.from({ length: 0x2_0000 }, (_, code) => code)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code));
  for (const set of ["[a-z]", "[k-s]", "[à-þ]", "[Α-Ω]", "[ß-ÿ]", "[ǅ-ǌ]", "[\u0130-\u0132]", "[Ꭰ-Ᏼ]", "[𐐀-𐐧]"]) {
    const ours = new RegExp(`^${translatePattern(`(?i)${set}`)}$`, "u");
    const theirs = new RegExp(`^${set}$`, "iu");
    expect(letters.filter((letter) => ours.test(letter) !== theirs.test(letter))).toEqual([]);
  }
});
