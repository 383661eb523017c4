import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePathTemplate } from "../../../compiler/text/path-template.ts";
import { PathTemplate } from "../../../runtime/paths/path-template.ts";
import { fakePattern as pattern } from "../../harness/fake-policy-context.ts";

const expand = (template: string, publicTemplate: string, path: string): string => {
  const { pieces, problems } = parsePathTemplate(template, pattern(publicTemplate));
  expect(problems).toEqual([]);
  return new PathTemplate(pieces).expand(path);
};

describe("expand", () => {
  it.each([
    ["/internal/{id}", "/orders/{id}", "/orders/7", "/internal/7"],
    ["/{b}/{a}/{b}", "/x/{a}/{b}", "/x/1/2%2F3", "/2%2F3/1/2%2F3"],
    ["/fixed", "/x/{a}", "/x/1", "/fixed"],
    ["/{to}/{from}", "/{from}-{to}", "/1-2-3", "/2-3/1"],
    ["/{a}.{b}.{c}", "/v{a}-{b}x{c}.json", "/v1-2x3x4.json", "/1.2.3x4"],
    ["/{id}/cancel", "/items/{id}:cancel", "/items/a:cancel:cancel", "/a:cancel/cancel"],
    ["/{*}", "/a/*", "/a/b", "/b"],
    ["/{*2}/{*1}", "/*/x/*", "/a/x/b", "/b/a"],
    ["/new/{**}", "/old/**", "/old/a/b", "/new/a/b"],
    ["/new/{**}", "/old/**", "/old", "/new"],
    ["/new/{**}", "/old/**", "/old/", "/new/"],
    ["/{**}", "/**", "/a/b", "/a/b"],
  ])("%s for %s at %s is %s", (template, publicTemplate, path, expected) => {
    expect(expand(template, publicTemplate, path)).toBe(expected);
  });

  it("agrees with a regular expression on mixed segments", () => {
    const literal = fc.constantFrom("-", "--", ".", "a", "ab", ":x");
    const value = fc.string({ unit: fc.constantFrom("a", "b", "-", ".", ":", "x", "1"), minLength: 1, maxLength: 6 });
    const edge = fc.option(literal, { nil: "" });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, literal), { minLength: 1, maxLength: 3 }), edge, edge, (pairs, head, tail) => {
        const names = pairs.map((_, index) => `p${index}`);
        const between = pairs.slice(0, -1).map(([, text]) => text);
        const segment = head + names.map((name, index) => `{${name}}${between[index] ?? tail}`).join("");
        fc.pre(names.length > 1 || head + tail !== "");
        const path = `/${head}${pairs.map(([text], index) => text + (between[index] ?? tail)).join("")}`;
        const quote = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\-]/g, "\\$&");
        const reading = new RegExp(
          `^/${quote(head)}${names.map((_, index) => `(.+?)${quote(between[index] ?? tail)}`).join("")}$`,
        ).exec(path)!;
        for (const [index, name] of names.entries())
          expect(expand(`/{${name}}`, `/${segment}`, path)).toBe(`/${reading[index + 1]}`);
      }),
    );
  });
});

describe("problems", () => {
  const problems = (template: string, publicTemplate: string) => parsePathTemplate(template, pattern(publicTemplate)).problems;

  it("names parameters that are not there, with those that are", () => {
    expect(problems("/{ID}", "/a/{id}/*")).toEqual([{ kind: "unknown", name: "ID", known: ["id", "*"] }]);
    expect(problems("/{**}", "/a/{id}")).toEqual([{ kind: "unknown", name: "**", known: ["id"] }]);
    expect(problems("/{*}", "/*/*")).toEqual([{ kind: "unknown", name: "*", known: ["*1", "*2"] }]);
    expect(problems("/{}", "/a")).toEqual([{ kind: "unknown", name: "", known: [] }]);
  });

  it.each(["/{**}/x", "/x{**}", "/{**}x"])("wants the rest to be last and alone: %s", (template) => {
    expect(problems(template, "/a/**")).toEqual([{ kind: "rest" }]);
  });

  it.each([
    ["/a b", " "],
    ["/a?b", "?"],
    ["/{id", "{"],
    ["/id}", "}"],
    ["/ü", "ü"],
    ["/%2", "%"],
  ])("finds the character in %s", (template, character) => {
    expect(problems(template, "/a/{id}")).toEqual([{ kind: "character", character }]);
  });

  it("finds dot segments", () => {
    expect(problems("/a/../b", "/")).toEqual([{ kind: "dots", segment: ".." }]);
  });
});

describe("dot segments that a request could bring about", () => {
  const mayBeDots = (template: string) => parsePathTemplate(template, pattern("/{whole}/{a}-{b}")).mayBeDots;

  it.each(["/{a}", "/x/{b}", "/{a}{b}", "/.{a}", "/{a}./x"])("in %s", (template) => expect(mayBeDots(template)).toBe(true));
  it.each(["/{whole}", "/{a}{whole}", "/x{a}", "/{a}-{b}", "/x"])("not in %s", (template) =>
    expect(mayBeDots(template)).toBe(false),
  );
});
