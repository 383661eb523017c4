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

test.each(["(?=a)", "(?i)a", "\\pL", "(a", "a)", "[a", "*a", "a**", "a{2000}", "[b-a]", "\\", "\\C", "[[:foo:]]", "\\1"])(
  "refuses %s, which is not of the common subset",
  (pattern) => {
    expect(() => translatePattern(pattern)).toThrow(PatternProblem);
  },
);

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
])("%s means the same in JavaScript", (pattern, yes, no) => {
  const compiled = new RegExp(translatePattern(pattern), "u");
  expect(yes.filter((text) => !compiled.test(text))).toEqual([]);
  expect(no.filter((text) => compiled.test(text))).toEqual([]);
});
