import { expect, it } from "vitest";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { concealAuthorization } from "../../../runtime/identity/conceal-authorization.ts";

const kept = (lines: readonly string[], ...schemes: readonly string[]): readonly string[] => {
  const headers = new HeaderList(lines.flatMap((value) => ["Authorization", value]));
  concealAuthorization(headers, ...schemes);
  return headers.all("authorization");
};

it.each([
  ["Bearer abc", "bearer"],
  ["bEARER   abc", "bearer"],
  // Neither of them is a credential here, and services differ in how they read them.
  ["Bearer", "bearer"],
  ["Bearer\tabc", "bearer"],
  ["DPoP abc", "dpop"],
])("`%s` of a scheme does not reach the service", (value, scheme) => {
  expect(kept([value], "basic", scheme)).toEqual([]);
});

it("what belongs to another scheme of the operation is left to it", () => {
  expect(kept(["Bearer abc"], "basic")).toEqual(["Bearer abc"]);
  expect(kept(["Bearer-2 abc"], "bearer")).toEqual(["Bearer-2 abc"]);
});

it("of two lines neither reaches the service, as one of them may be of the scheme", () => {
  expect(kept(["Token abc", "Bearer abc"], "bearer")).toEqual([]);
});
