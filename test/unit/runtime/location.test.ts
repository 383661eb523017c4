import { expect, test } from "vitest";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import type { HttpExchange } from "../../../runtime/http/http-exchange.ts";
import { mapLocations } from "../../../runtime/upstream/location.ts";
import type { Service } from "../../../runtime/upstream/service.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

/** What the client gets, where `/v1/orders` became `/base/orders` at one of two endpoints. */
function mapped(location: string, authority = "shop.example", secure = true): string | undefined {
  // Nothing else of the two is looked at.
  const x = fakeExchange({ path: "/v1/orders", authority, peer: { secure } }) as HttpExchange;
  const service = { endpoints: [{ authority: "10.0.0.7:8080" }, { authority: "orders.internal" }] } as unknown as Service;
  const headers = new HeaderList(["location", location]);
  mapLocations(
    x,
    service,
    { method: "POST", start: "POST /base/orders?a HTTP/1.1\r\nHost: ", host: undefined, rest: "" },
    headers,
  );
  return headers.get("location");
}

test.each([
  ["http://10.0.0.7:8080/base/orders/7", "https://shop.example/v1/orders/7"],
  ["HTTP://10.0.0.7:8080/base/orders/7?x=1#y", "https://shop.example/v1/orders/7?x=1#y"],
  ["//10.0.0.7:8080/base/orders/", "https://shop.example/v1/orders/"],
  ["http://orders.internal:80/base/orders", "https://shop.example/v1/orders"],
  ["https://ORDERS.internal/base/orders", "https://shop.example/v1/orders"],
  ["http://10.0.0.7:8080", "https://shop.example"],
  ["http://10.0.0.7:8080/elsewhere", "https://shop.example/elsewhere"],
  ["/base/orders/7", "/v1/orders/7"],
  ["/base", "/v1"],
  ["/basement", "/basement"],
])("RFC 9110 §10.2.2, nginx proxy_redirect: %s becomes %s", (location, expected) => {
  expect(mapped(location)).toBe(expected);
});

test.each([
  "http://10.0.0.7:9090/base/orders/7",
  "http://10.0.0.8:8080/base/orders/7",
  "http://a@10.0.0.7:8080/base/orders/7",
  "http://10.0.0.7:8080@evil.example/",
  "ftp://10.0.0.7:8080/base",
  "7",
  "?page=2",
  "",
])("%s is not ours to change", (location) => {
  expect(mapped(location)).toBe(location);
});

test("without a host of the client the URL has none", () => {
  expect(mapped("http://10.0.0.7:8080/base/orders/7", "", false)).toBe("/v1/orders/7");
  expect(mapped("http://10.0.0.7:8080", "", false)).toBe("/");
});
