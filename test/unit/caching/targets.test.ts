import { describe, expect, it } from "vitest";
import { readDictionary, Targets } from "../../../runtime/caching/targets.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";

describe("a Dictionary of structured fields (RFC 9651 §4.2.2) gives directives (RFC 9213 §2.1)", () => {
  it.each<readonly [string, Record<string, string | true> | undefined]>([
    ["max-age=60, no-store", { "max-age": "60", "no-store": true }],
    ["max-age=60 ,\tno-cache", { "max-age": "60", "no-cache": true }],
    ["foobar, max-age=3600", { foobar: true, "max-age": "3600" }],
    ["max-age=60, max-age=5", { "max-age": "5" }],
    ["max-age=99999999999", { "max-age": "99999999999" }],
    ["max-age=60;a=1; b", { "max-age": "60" }],
    ["no-store=?0, private=?1", { private: true }],
    ['private="x-a, x-b"', { private: "x-a, x-b" }],
    ['a="\\"\\\\"', { a: '"\\' }],
    ['no-cache=("x-a" "x-b";c)', { "no-cache": "x-a,x-b" }],
    ["a=token/1:2, b=:AA==:, c=1.5, d=-1", { a: "token/1:2", b: ":AA==:", c: "1.5", d: "-1" }],
    ['a="?0"', { a: "?0" }],
    // A number as text is none: a directive that needs one is then about 0 seconds.
    ['max-age="10000"', { "max-age": "" }],
    ["", {}],
    // What makes the whole field invalid.
    ["max-age=10000, &&&&&", undefined],
    ["max-age=60,", undefined],
    ["max-age =60", undefined],
    ["max-age= 60", undefined],
    ["MaX-aGe=60", undefined],
    ['a="open', undefined],
    ["a=(1 2", undefined],
    ["a=1 b=2", undefined],
    ["a=1;", undefined],
    ["a=\u00e9", undefined],
  ])("%s", (field, directives) => {
    const found = readDictionary(field);
    expect(found === undefined ? undefined : Object.fromEntries(found)).toEqual(directives);
  });
});

describe("of several targeted fields", () => {
  const targets = new Targets(["Shop-Cache-Control", "CDN-Cache-Control"]);
  const found = (...lines: string[]): Record<string, string | true> | undefined => {
    const directives = targets.of(new HeaderList(lines));
    return directives === undefined ? undefined : Object.fromEntries(directives);
  };

  it("the first one counts that an answer has and that can be read", () => {
    expect(found("CDN-Cache-Control", "max-age=1", "Shop-Cache-Control", "max-age=2")).toEqual({ "max-age": "2" });
    expect(found("CDN-Cache-Control", "max-age=1", "Shop-Cache-Control", "&")).toEqual({ "max-age": "1" });
    expect(found("CDN-Cache-Control", "max-age=1", "Shop-Cache-Control", "")).toEqual({ "max-age": "1" });
  });

  it("none counts where there is none to read", () => {
    expect(found("Cache-Control", "max-age=1")).toBeUndefined();
    expect(found("CDN-Cache-Control", "&")).toBeUndefined();
  });
});
