import { describe, expect, test } from "vitest";
import type { Segment } from "../../../compiler/ir/route.ts";
import { parsePathTemplate } from "../../../compiler/routing/path-template.ts";

function show(segment: Segment): string {
  if (segment.kind === "literal") return `"${segment.text}"`;
  if (segment.kind === "parameter") return `{${segment.name}}`;
  if (segment.kind === "mixed")
    return segment.parts.map((part) => (part.kind === "literal" ? part.text : `{${part.name}}`)).join("|");
  return segment.kind === "rest" ? "**" : "*";
}

describe("templates", () => {
  test.each([
    ["/", ['""']],
    ["/orders", ['"orders"']],
    ["/orders/", ['"orders"', '""']],
    ["/orders/{orderId}", ['"orders"', "{orderId}"]],
    ["/report.{format}", ["report.|{format}"]],
    ["/{from}-{to}", ["{from}|-|{to}"]],
    ["/items/{id}:cancel", ['"items"', "{id}|:cancel"]],
    ["/{a}:{b}", ["{a}|:|{b}"]],
    ["/getX(period='{period}')", ["getX(period='|{period}|')"]],
    ["/a%2fb/%7Euser/%41", ['"a%2Fb"', '"~user"', '"A"']],
    ["/café/$@:!'()+,;=&", ['"caf%C3%A9"', '"$@:!\'()+,;=&"']],
    ["/a b/[x]|^", ['"a%20b"', '"%5Bx%5D%7C%5E"']],
    ["/emoji/😀", ['"emoji"', '"%F0%9F%98%80"']],
    ["/a/*/**", ['"a"', '"*"', '"**"']],
  ])("%s", (template, segments) => {
    expect(parsePathTemplate(template, { wildcards: false }).segments?.map(show)).toEqual(segments);
  });

  test("wildcards", () => {
    expect(parsePathTemplate("/a/*/**", { wildcards: true }).segments?.map(({ kind }) => kind)).toEqual([
      "literal",
      "wildcard",
      "rest",
    ]);
  });
});

describe("what cannot be routed is refused at its place", () => {
  test.each([
    ["orders", "no-leading-slash", "o"],
    ["", "no-leading-slash", ""],
    ["/files/{id}#copy", "fragment", "#copy"],
    ["/{Bucket}?acl", "query", "?acl"],
    ["/a/{b", "unbalanced-brace", "{"],
    ["/a/b}", "unbalanced-brace", "}"],
    ["/a/{b{c}}", "unbalanced-brace", "{"],
    ["/a/{}", "empty-name", "{}"],
    ["/{a}/{a}", "duplicate-name", "{a}"],
    ["/{a}{b}", "adjacent-parameters", "{b}"],
    ["/100%", "bad-percent", "%"],
    ["/\ud800", "bad-character", "\ud800"],
    ["/a/../b", "dot-segment", ".."],
    ["/a/%2E/b", "dot-segment", "%2E"],
    ["/a//b", "empty-segment", "//"],
    ["/a*", "misplaced-wildcard", "*"],
    ["/**/a", "rest-not-last", "**"],
  ])("%s: %s", (template, reason, text) => {
    const { error } = parsePathTemplate(template, { wildcards: true });
    expect(error?.reason).toBe(reason);
    expect(template.slice(error!.at, error!.at + error!.length)).toBe(text);
  });

  test("the second of two equal names is the one reported", () => {
    expect(parsePathTemplate("/{a}/{a}", { wildcards: false }).error?.at).toBe(5);
  });
});
