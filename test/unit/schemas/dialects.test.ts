import { describe, expect, it } from "vitest";
import { translatePattern } from "../../../compiler/contract/schemas/patterns/dialects.ts";
import { textsOfPattern } from "../../../compiler/contract/schemas/patterns/finite.ts";
import { regularExpression } from "../../../compiler/contract/schemas/patterns/regular-expression.ts";

const matches = (written: string, text: string): boolean => {
  const { pattern } = translatePattern(written);
  return regularExpression(pattern!)!.test(text);
};

describe("what means one thing in every dialect that knows it", () => {
  it.each([
    ["\\A and \\z (Python re, PCRE, Java, Ruby)", "\\A\\d+\\z", ["123"], ["a1", "1a", "1\n"]],
    ["\\Z (Python re)", "\\A[a-z]+\\Z", ["abc"], ["ABC"]],
    ["a literal with flags (ECMA-262 §12.9.5)", "/^abc$/i", ["abc", "ABC"], ["abcd", "/abc/i"]],
    ["a literal without flags", "/^a\\/b$/", ["a/b"], ["/a/b/"]],
    ["a path that is none", "/v\\d+/", ["/v1/"], ["v1"]],
    ["an inline flag (PCRE, Java, Python)", "(?i)^[a-c]x$", ["Bx", "bX"], ["dx"]],
    ["an inline flag over a POSIX class", "(?i)^[[:lower:]]$", ["A"], ["1"]],
    ["an inline flag for dots", "(?s)^a.b$", ["a\nb"], ["ab"]],
    ["POSIX classes (POSIX 9.3.5)", "^[[:alpha:]_][[:alnum:]]*$", ["_a1", "B"], ["1a", "é"]],
    ["POSIX punctuation", "^[[:punct:]]$", ["!", "]", "\\", "-", "~"], ["a", "1", " "]],
    ["characters by number (PCRE)", "^\\x{1F600}$", ["\u{1F600}"], ["x"]],
    ["properties with Is (Java)", "^\\p{IsAlphabetic}+$", ["é"], ["1"]],
    ["properties with Is that are scripts", "^\\p{IsLatin}$", ["é"], ["д"]],
    ["properties of one letter (PCRE)", "^\\pL\\PL$", ["a1"], ["aa"]],
    ["properties negated inside (PCRE)", "^\\p{^Lu}$", ["a"], ["A"]],
    ["cased letters (PCRE)", "^\\p{L&}$", ["a"], ["1"]],
    ["quoted text (Java, PCRE)", "^\\Qa.b\\E+$", ["a.bbb"], ["axb"]],
    ["line breaks (Java, PCRE)", "^a\\Rb$", ["a\r\nb", "a\nb"], ["ab"]],
    ["names of groups (Python)", "^(?P<x>a|b)(?P=x)$", ["aa"], ["ab"]],
    ["comments (Perl)", "^a(?#letter)b$", ["ab"], ["a"]],
    ["escape and bell (PCRE)", "^\\e\\a$", ["\x1b\x07"], ["ea"]],
  ] as const)("%s", (_, pattern, good, bad) => {
    expect(good.filter((text) => !matches(pattern, text))).toEqual([]);
    expect(bad.filter((text) => matches(pattern, text))).toEqual([]);
  });
});

/** Two years, of which either release of Node has to say the same: those before 23 know no group of a name that is taken. */
describe("groups of one name in different alternatives (ES2025, .NET)", () => {
  it.each([
    ["two dates", "^(?:(?<y>\\d{4})-\\d\\d|\\d\\d-(?<y>\\d{4}))$", ["2026-11", "11-2026"], ["11-11"]],
    ["the whole pattern", "^(?<a>x)y$|^(?<a>y)x$", ["xy", "yx"], ["xx"]],
    ["a reference to whichever took part", "^(?:(?<q>'|`)|(?<q>\"))a\\k<q>$", ["'a'", '"a"', "`a`"], ["'a\"", "a", "\"a'"]],
    ["one in front of a digit", "^(?:(?<q>x)|(?<q>y))\\k<q>1$", ["xx1", "yy1"], ["xy1", "x1"]],
    ["groups by number beside them", "^(a)(?:(?<q>x)|(?<q>y))(b)\\3\\1\\k<q>$", ["aybyay"], ["axbxay"]],
    ["other names stay", "^(?<o>.)(?:(?<q>x)|(?<q>y))\\k<o>\\k<q>$", ["axax", "byby"], ["axay", "axbx"]],
    ["inside of groups and classes", "^(?:[(|](?<n>a)|(?:(?<n>b)|c))$", ["(a", "|a", "b", "c"], ["a", "(b"]],
    ["names of Python", "^(?:(?P<q>x)|(?P<q>y))(?P=q)$", ["xx", "yy"], ["xy"]],
    ["a backslash in front of a bracket", "^\\((?:(?<q>x)|(?<q>y))\\)$", ["(x)", "(y)"], ["x"]],
  ] as const)("%s", (_, pattern, good, bad) => {
    expect(translatePattern(pattern).pattern).not.toMatch(/<[qyan]>/);
    expect(good.filter((text) => !matches(pattern, text))).toEqual([]);
    expect(bad.filter((text) => matches(pattern, text))).toEqual([]);
  });

  it.each([
    ["in a row", "^(?<a>x)(?<a>y)$"],
    ["inside of each other", "^(?<a>(?<a>x)|y)$"],
    ["in one alternative", "^(?:(?<a>x)(?:(?<a>y)|z)|w)$"],
    ["in two groups in a row", "^(?:(?<a>x)|b)(?:c|(?<a>y))$"],
  ])("is no pattern of any release: %s", (_, pattern) => {
    expect(regularExpression(translatePattern(pattern).pattern!)).toBeUndefined();
  });
});

describe("needless escapes and bare brackets leave Unicode on (JSON Schema 2020-12 §6.4)", () => {
  it.each([
    ["^\\p{Lu}{2}\\-\\d+$", "AB-12"],
    ["^\\p{L}\\@\\_\\ \\:$", "é@_ :"],
    ["^[\\p{L}\\w-.\\'\\\"]+$", "é-.'\""],
    ["^\\p{L}{}]$", "é{}]"],
    ["^[\\w-\\p{L}]+$", "a-é"],
    ["^[^\\<\\>]$", "\u{1F600}"],
  ])("%s", (pattern, text) => {
    const translated = translatePattern(pattern).pattern!;
    expect(() => new RegExp(translated, "u")).not.toThrow();
    expect(matches(pattern, text)).toBe(true);
  });
});

describe("what has no certain meaning", () => {
  it.each([
    ["^\\h+$", "\\h"],
    ["^\\H$", "\\H"],
    ["^\\i\\c*$", "\\i"],
    ["^a++$", "++"],
    ["^(?>a|b)c$", "(?>…"],
    ["^(?i:a)b$", "(?i:…"],
    ["(?m)^a$", "(?m)"],
    ["/^a$/m", "the flag m"],
    ["[a-z&&[^x]]", "&&"],
    ["[a-z-[aeiou]]", "-[…]"],
    ["[[:^alpha:]]", "[:^alpha:]"],
    ["\\p{IsGreek}", "\\p{IsGreek}"],
    ["\\p{javaLetter}", "\\p{javaLetter}"],
    ["(?i)^é$", "é without regard to case"],
    ["\\Ga", "\\G"],
  ])("%s", (pattern, part) => expect(translatePattern(pattern)).toEqual({ foreign: part }));
});

it("patterns of ECMAScript stay as they are", () => {
  const own = [
    "^[a-z]+$",
    "^\\d{3}-\\d{4}$",
    "(?<y>a)\\k<y>",
    "^(?!x).*$",
    "[^]",
    "\\p{Script=Greek}",
    "^\\/a$",
    "a{2,}?",
    "[\\d-x]",
  ];
  expect(own.map((pattern) => translatePattern(pattern).pattern)).toEqual(own.with(-1, "[\\d\\-x]"));
});

describe("all texts of a pattern", () => {
  it.each([
    ["^\\.(json|xml)$", [".json", ".xml"]],
    ["^(?:inv|cre?d)$", ["inv", "crd", "cred"]],
    ["^v[1-3]$", ["v1", "v2", "v3"]],
    ["\\A(a|b)\\z", ["a", "b"]],
    ["^[a-z]{3}$", undefined],
    ["^a+$", undefined],
    ["a|b", undefined],
    ["^a|b$", undefined],
    ["^(?=a)a$", undefined],
  ])("%s", (pattern, texts) => expect(textsOfPattern(pattern)).toEqual(texts));
});
