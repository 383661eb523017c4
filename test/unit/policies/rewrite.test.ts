import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { fail } from "../../../runtime/expressions/error.ts";
import { createRewrite, type RewriteConfig } from "../../../runtime/policies/rewrite/index.ts";
import { QueryEdits, type QueryEditsConfig } from "../../../runtime/policies/rewrite/query-edits.ts";
import { type FakeRequest, fakeExchange, fakeUpstreamRequest, problemOf } from "../../harness/fake-exchange.ts";

const sent = (config: Partial<RewriteConfig>, request: FakeRequest, basePath = "") => {
  const x = fakeExchange(request);
  const upstream = fakeUpstreamRequest(x, { basePath, path: basePath + x.path });
  createRewrite({ path: null, query: null, host: null, ...config }).upstreamRequest(x, upstream);
  return upstream;
};

describe("path", () => {
  it("is filled from the public path and put behind the endpoint's own", () => {
    expect(sent({ path: ["/internal/", { segment: 1 }] }, { path: "/orders/a%2Fb" }, "/base").path).toBe("/base/internal/a%2Fb");
  });

  it("loses a prefix", () => {
    expect(sent({ path: 3 }, { path: "/v1/orders" }, "/base").path).toBe("/base/orders");
    expect(sent({ path: 3 }, { path: "/v1" }).path).toBe("/");
  });

  it("stays as it is otherwise", () => {
    expect(sent({ host: "x" as StartValue }, { path: "/v1/orders" }, "/base").path).toBe("/base/v1/orders");
  });

  it("never gets a dot segment out of a part of a segment", () => {
    const rewrite = createRewrite({ path: ["/range/", { from: 0, parts: ["", "-", ""], take: 0 }], query: null, host: null });
    const bad = fakeExchange({ path: "/..-2" });
    expect(rewrite.request(bad)).toBe(true);
    expect(problemOf(bad)).toMatchObject({ status: 400, type: "urn:gatewright:problem:path-not-forwardable" });
    const good = fakeExchange({ path: "/..1-2" });
    expect(rewrite.request(good)).toBe(false);
    expect(good.answer).toBeUndefined();
  });
});

describe("host", () => {
  it("is the given one", () => {
    expect(sent({ host: "orders.internal" as StartValue }, {}).host).toBe("orders.internal");
  });

  it("is the client's, with its port", () => {
    expect(sent({ host: "preserve" }, { host: "shop.example.com", headers: ["Host", "Shop.example.com:8080"] }).host).toBe(
      "Shop.example.com:8080",
    );
  });

  it("is that of the target where it contradicts the field", () => {
    const request = { authority: "shop.example.com:8080", headers: ["Host", "shop.example.com.evil"] };
    expect(sent({ host: "preserve" }, request).host).toBe("shop.example.com:8080");
  });

  it("refuses a value from the environment that is no field value", () => {
    expect(() => createRewrite({ path: null, query: null, host: "a\r\nb" as StartValue })).toThrow("Host");
  });
});

describe("query", () => {
  const edit = (config: Partial<QueryEditsConfig>, query: string): string =>
    new QueryEdits({ rename: [], remove: [], set: [], add: [], ...config }).apply(query, fakeExchange());
  const field = (name: string, value: string) => ({ name, value: value as StartValue });

  it.each([
    ["a=1&b=2", { remove: ["a"] }, "b=2"],
    ["a=1", { remove: ["a"] }, ""],
    ["%61=1&b", { remove: ["a"] }, "b"],
    ["a+b=1&a%20b=2&c=%zz", { remove: ["a b"] }, "c=%zz"],
    ["x=1&y&x=2", { rename: [{ from: "x", to: "n m" }] }, "n%20m=1&y&n%20m=2"],
    ["a=1&b=2&a=3", { set: [field("a", "ä&")] }, "a=%C3%A4%26&b=2"],
    ["b=2", { set: [field("a", "1")] }, "b=2&a=1"],
    ["", { set: [field("a", "1")] }, "a=1"],
    ["a=1", { add: [field("a", "2"), field("b", "")] }, "a=1&a=2&b="],
    ["a=1", { rename: [{ from: "a", to: "b" }], set: [field("c", "3")], add: [field("d", "4")] }, "b=1&c=3&d=4"],
  ])("%j with %j is %j", (query, config, expected) => {
    expect(edit(config, query)).toBe(expected);
  });

  it("may be computed", () => {
    const computed = (name: string, value: string | undefined) => ({
      name,
      value: Object.assign(() => value ?? fail("absent"), { __emitted: "expression" as const }),
    });
    expect(edit({ set: [computed("a", "1&b=2")], add: [computed("c", "\u00e4")] }, "a=0&a=9&d=4")).toBe(
      "a=1%26b%3D2&d=4&c=%C3%A4",
    );
    for (const none of [undefined, "\ud800"])
      expect(edit({ set: [computed("a", none)], add: [computed("c", none)] }, "a=0&b=1&%61=9")).toBe("b=1");
  });

  it("keeps every byte of parameters that no edit names", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes("zz")),
        (query) => {
          expect(edit({ remove: ["zz"] }, query)).toBe(edit({}, query));
          // Empty pieces at the start are the only thing that editing may drop.
          expect(query.endsWith(edit({}, query))).toBe(true);
        },
      ),
    );
  });

  it("agrees with URLSearchParams on what is left", () => {
    const pairs = fc.array(fc.tuple(fc.constantFrom("a", "b", "ä", "c d"), fc.string({ unit: "grapheme" })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(pairs, (entries) => {
        const query = new URLSearchParams(entries).toString();
        const expected = new URLSearchParams(entries);
        expected.delete("b");
        expected.set("ä", "x y");
        expected.append("c d", "+");
        const actual = edit({ remove: ["b"], set: [field("ä", "x y")], add: [field("c d", "+")] }, query);
        expect([...new URLSearchParams(actual)]).toEqual([...expected]);
      }),
    );
  });
});
