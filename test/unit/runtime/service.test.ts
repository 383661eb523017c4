import { expect, test } from "vitest";
import { createService } from "../../../runtime/upstream/service.ts";

const build = (endpoints: { url: string; weight: number }[]) =>
  createService({
    name: "orders",
    endpoints,
    loadBalancer: { algorithm: "roundRobin" },
    timeout: { connect: 1, response: 1 },
    connections: { max: 1, pending: 1, idle: 1, streams: 1 },
    required: false,
  });

test("turns follow the weights and are spread out", () => {
  const service = build([
    { url: "http://a", weight: 5 },
    { url: "http://b", weight: 1 },
    { url: "http://c", weight: 1 },
  ]);
  const turns = Array.from({ length: 7 }, () => service.pick()!.url.at(-1)).join("");
  expect(turns).toBe("aabacaa");
});

test.each(["orders:80", "ftp://orders", "http://", "/orders", "http://user:pw@orders", "http://orders?x=1", "http://orders#x"])(
  "refuses %s as an endpoint",
  (url) => {
    expect(() => build([{ url, weight: 1 }])).toThrow(/service orders: .*endpoint/);
  },
);

test("says nothing of a password in a URL", () => {
  expect(() => build([{ url: "http://user:hunter2@orders", weight: 1 }])).toThrow(/^(?!.*hunter2)/);
});
