import { expect, test } from "vitest";
import { createRoundRobin } from "../../../runtime/upstream/balance/round-robin.ts";
import { createService, type Service } from "../../../runtime/upstream/service.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

const x = fakeExchange();

const build = (endpoints: { url: string; weight: number }[]): Service =>
  createService({
    name: "orders",
    endpoints,
    loadBalancer: createRoundRobin(),
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
  const turns = Array.from({ length: 7 }, () => service.pick(x).url.at(-1)).join("");
  expect(turns).toBe("aabacaa");
});

test("another endpoint is one with the same path; where there is none, it is the same again", () => {
  const service = build([
    { url: "http://a/v1", weight: 1 },
    { url: "http://b/v2", weight: 1 },
    { url: "http://c/v1/", weight: 1 },
  ]);
  const [a, b, c] = service.endpoints;
  expect(service.pickOther(a!, x)).toBe(c);
  expect(service.pickOther(c!, x)).toBe(a);
  expect(service.pickOther(b!, x)).toBe(b);
});
