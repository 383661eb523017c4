import { describe, expect, test } from "vitest";
import { unreadable } from "../../../runtime/expressions/read.ts";
import { queryMap } from "../../../runtime/expressions/request.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import type { Operation, RouteTarget } from "../../../runtime/gateway/operation.ts";
import { acceptVersion } from "../../../runtime/routing/accept-version.ts";
import { isUnder } from "../../../runtime/routing/host.ts";
import { queryValue } from "../../../runtime/routing/query-value.ts";
import { declaredSpelling, withoutTrailingSlash } from "../../../runtime/routing/trailing-slash.ts";
import { compileMatcher, route } from "./support.ts";

describe("queryValue", () => {
  test.each([
    ["a=1&b=2", "b", "2"],
    ["a", "a", ""],
    ["ab=1", "a", undefined],
    ["%61=%31", "a", "1"],
    ["a+b=c+d", "a b", "c d"],
    ["a=%zz", "a", "%zz"],
    ["a=b=c", "a", "b=c"],
    ["&&a=1", "a", "1"],
    ["", "a", undefined],
  ])("%s has %s: %s", (query, name, value) => {
    expect(queryValue(query, name)).toBe(value);
    expect(new URLSearchParams(query).get(name) ?? undefined).toBe(value);
    expect(queryMap(query).get(name)).toBe(value);
    expect([...queryMap(query).keys()]).toEqual([...new URLSearchParams(query).keys()]);
  });

  test.each(["a=1&a=2", "a=1&b=2&a=1", "a&a", "a=1&%61=2"])("%s has a, and no value that every service reads", (query) => {
    expect(queryValue(query, "a")).toBe(unreadable);
    expect(queryMap(query).get("a")).toBe(unreadable);
  });
});

describe("acceptVersion", () => {
  test.each([
    ["application/json; version=2", "2"],
    ['application/json;VERSION="2"', "2"],
    ["text/html, application/json;version=1;q=0.5, a/b;version=3", "3"],
    ["a/b;version=1, a/c;version=2", "1"],
    ["a/b;version=1;q=0", undefined],
    ['a/b;x=", ;version=9";version=1', "1"],
    ["application/vnd.acme.v2+json", undefined],
    ["*/*", undefined],
  ])("%s: %s", (accept, version) => {
    expect(acceptVersion(new HeaderList(["Accept", accept]), "version")).toBe(version);
  });

  test("reads all lines of the field", () => {
    expect(acceptVersion(new HeaderList(["Accept", "*/*", "accept", "a/b;version=4"]), "version")).toBe("4");
    expect(acceptVersion(new HeaderList(), "version")).toBeUndefined();
  });
});

test("a wildcard host needs a label before the suffix", () => {
  expect([
    isUnder("a.example.com", ".example.com"),
    isUnder(".example.com", ".example.com"),
    isUnder("example.com", ".example.com"),
  ]).toEqual([true, false, false]);
});

describe("trailing slashes", () => {
  const target = (path: string): RouteTarget => ({ path, host: "", query: "", headers: new HeaderList() });

  test("are dropped but for the root", () => {
    expect(["/a/", "/a", "/"].map(withoutTrailingSlash)).toEqual(["/a", "/a", "/"]);
  });

  test("the declared spelling is the other one where that matches", () => {
    const matcher = compileMatcher([route("GET /a"), route("GET /b/")], { trailingSlash: "redirect" });
    const match = (x: RouteTarget, method: string): Operation | null =>
      matcher.match({ ...x, method, headers: [] }) === null ? null : ({} as Operation);
    expect(declaredSpelling(target("/a/"), "GET", match)).toBe("/a");
    expect(declaredSpelling(target("/b"), "GET", match)).toBe("/b/");
    expect(declaredSpelling(target("/c"), "GET", match)).toBeUndefined();
    expect(declaredSpelling(target("/"), "GET", match)).toBeUndefined();
  });
});
