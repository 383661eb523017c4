import { describe, expect, it } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { createRedirect, type RedirectConfig } from "../../../runtime/policies/redirect/index.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

function location(
  config: Partial<Omit<RedirectConfig, "base">> & { readonly base?: string },
  path: string,
  query = "",
): string | undefined {
  const base = (config.base ?? "") as StartValue;
  const policy = createRedirect({ status: 308, path: [], query: "", keepQuery: true, fragment: "", ...config, base });
  const x = fakeExchange({ path, query });
  expect(policy.request(x)).toBe(true);
  expect(x.answer).toMatchObject({ status: 308, body: "", source: "redirect" });
  return x.answer!.headers.get("location");
}

describe("redirect", () => {
  it("takes path parameters along as they were sent", () => {
    const config = { base: "https://shop.example.com", path: ["/orders/", { segment: 1 }] };
    expect(location(config, "/o/a%20b")).toBe("https://shop.example.com/orders/a%20b");
  });

  it("keeps the rest of a path, also where there is none", () => {
    const config = { base: "https://new.example.com/", path: [{ rest: 1 }] };
    expect(location(config, "/old/a/b")).toBe("https://new.example.com/a/b");
    expect(location(config, "/old")).toBe("https://new.example.com/");
    expect(location({ path: [{ rest: 1 }] }, "/old")).toBe("/");
  });

  it("puts the queries before the fragment", () => {
    expect(location({ path: ["/a"], query: "x=1", fragment: "#f" }, "/", "y=2")).toBe("/a?x=1&y=2#f");
    expect(location({ path: ["/a"], query: "x=1" }, "/")).toBe("/a?x=1");
    expect(location({ path: ["/a"] }, "/", "y=2")).toBe("/a?y=2");
    expect(location({ path: ["/a"], keepQuery: false }, "/", "y=2")).toBe("/a");
  });

  it.each(["shop.example.com", "https://a b", "https://a\r\nb"])("refuses the base %j when the gateway starts", (base) => {
    expect(() =>
      createRedirect({ status: 308, base: base as StartValue, path: [], query: "", keepQuery: true, fragment: "" }),
    ).toThrow();
  });
});
