import { expect, test } from "vitest";
import { isQuery, normalisePath } from "../../../runtime/http/path.ts";

test.each([
  ["/", "/"],
  ["/orders/7", "/orders/7"],
  ["/orders/", "/orders/"],
  ["/a-b_c~d.e!$&'()*+,;=:@/x", "/a-b_c~d.e!$&'()*+,;=:@/x"],
  ["/.well-known/x", "/.well-known/x"],
  ["/...", "/..."],
  ["/a..b/..c/d..", "/a..b/..c/d.."],
  ["/%41%7e%2D%5f%30", "/A~-_0"],
  ["/caf%c3%a9", "/caf%C3%A9"],
  ["/%e2%82%ac", "/%E2%82%AC"],
  ["/a%20b", "/a%20b"],
  ["/a%2bb+c", "/a%2Bb+c"],
  ["/100%25", "/100%25"],
  ["/100%25x", "/100%25x"],
  ['/a|b{c}"^`<>[]', "/a%7Cb%7Bc%7D%22%5E%60%3C%3E%5B%5D"],
  ["/a%3fb", "/a%3Fb"],
])("%s becomes %s", (raw, normal) => {
  expect(normalisePath(raw)).toBe(normal);
  // The normal form of a normal form is itself: whoever normalises again sees the same path.
  expect(normalisePath(normal)).toBe(normal);
});

test.each([
  ["an encoded slash", "/a%2fb"],
  ["an encoded slash in upper case", "/a%2Fb"],
  ["an encoded backslash", "/a%5cb"],
  ["a raw backslash", "/a\\b"],
  ["NUL", "/a%00b"],
  ["an encoded line break", "/a%0ab"],
  ["an encoded delete character", "/a%7f"],
  ["double encoding", "/a%252fb"],
  ["double encoding of a dot", "/%252e%252e/a"],
  ["double encoding that is split", "/%25%32e"],
  ["double encoding of the first octet", "/%2500"],
  ["a lone percent sign", "/100%"],
  ["a percent sign and one hex digit", "/%4g"],
  ["a percent sign and one hex digit behind another letter", "/%g4"],
  ["a percent sign and no hex digits", "/%zz"],
  ["half an escape", "/a%2"],
  ["an overlong slash", "/a%c0%afb"],
  ["half a character", "/%e2%82"],
  ["a surrogate", "/%ed%a0%80"],
  ["a raw space", "/a b"],
  ["a raw control character", "/a\u0001b"],
  ["a raw non-ASCII character", "/caf\u00e9"],
  ["a fragment", "/a#b"],
  ["an empty segment", "/a//b"],
  ["an empty first segment", "//a"],
  ["an empty segment at the end", "/a//"],
  ["nothing but slashes", "//"],
  ["a dot segment", "/a/./b"],
  ["a dot segment at the beginning", "/./a"],
  ["a dot segment at the end", "/a/."],
  ["two dots", "/a/../b"],
  ["two dots at the beginning", "/../a"],
  ["two dots at the end", "/a/.."],
  ["two dots, both escaped", "/%2e%2E/a"],
  ["two dots, one escaped", "/a/.%2e/b"],
  ["dots with a path parameter", "/a/..;x/b"],
  ["an encoded dot with a path parameter", "/a/%2e;/b"],
  ["no slash at the beginning", "orders"],
  ["nothing", ""],
])("%s is refused", (_name, raw) => {
  expect(normalisePath(raw)).toBeUndefined();
});

test("a query is passed on unless it holds what no request line may hold", () => {
  expect(isQuery("a=1&b=%20|x[]={}?/")).toBe(true);
  expect(isQuery("a=\u00e9")).toBe(false);
  expect(isQuery("a b")).toBe(false);
  expect(isQuery("a#b")).toBe(false);
});

test("a query is visible ASCII from its first to its last character, without a fragment", () => {
  for (const query of ["", "!", "~", "a=!~", "a[]=1&b={}"]) expect(isQuery(query), query).toBe(true);
  for (const query of [" ", "a b", "\u007f", "\u0080", "a#b", "\r\n"]) expect(isQuery(query), query).toBe(false);
});
