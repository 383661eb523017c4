import { expect, it, vi } from "vitest";
import { createRoundRobin } from "../../../runtime/upstream/balance/round-robin.ts";
import type { Endpoint } from "../../../runtime/upstream/endpoint.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

const x = fakeExchange();

/** What a balancer sees of endpoints, named a, b, c and so on. */
const endpointsOf = (weights: readonly number[]): readonly Endpoint[] =>
  weights.map((weight, index) => ({ url: String.fromCharCode(97 + index), weight }) as Endpoint);

const turns = (count: number, weights: readonly number[], balancer = createRoundRobin()): string => {
  const picker = balancer.over(endpointsOf(weights), []);
  return Array.from({ length: count }, () => picker.pick(x).url).join("");
};

const count = (text: string, letter: string): number => text.split(letter).length - 1;

it("equals take turns", () => {
  expect(new Set(turns(300, [2, 2, 2]).match(/.{3}/g)).size).toBe(1);
});

it("turns follow the weights", () => {
  const all = turns(7_000, [5, 1, 1]);
  expect(count(all, "a") / 7_000).toBeCloseTo(5 / 7, 2);
  expect(count(all, "b") / 7_000).toBeCloseTo(1 / 7, 2);
});

it("turns of a heavy one are spread out: of weights 11 and 3, never more than four in a row (traefik#6205)", () => {
  expect(turns(14_000, [11, 3])).not.toMatch(/aaaaa/);
});

it("a light one has its share where weights change all the time (grpc-java#10458)", () => {
  const balancer = createRoundRobin();
  const all = Array.from({ length: 2_000 }, (_, index) => turns(3, [11 + (index % 2), 3], balancer)).join("");
  expect(count(all, "b") / all.length).toBeGreaterThan(0.17);
});

it("two that start together begin with different endpoints (envoy#3271)", () => {
  const firsts = Array.from({ length: 50 }, () => turns(1, [1, 1, 1, 1, 1]));
  expect(new Set(firsts).size).toBeGreaterThan(1);
});

it("counts on where its number begins anew", () => {
  vi.spyOn(Math, "random").mockReturnValue(0.999_999_999_9);
  const all = turns(3_000, [1, 1, 1]);
  vi.restoreAllMocks();
  for (const letter of "abc") expect(count(all, letter)).toBeGreaterThan(990);
});

it("another endpoint is one that was not tried, and none where all were", () => {
  const endpoints = endpointsOf([1, 1, 1]);
  const [a, b, c] = endpoints;
  const picker = createRoundRobin().over(endpoints, endpoints);
  expect(picker.another(x, [a!, c!])).toBe(b);
  expect(picker.another(x, [a!, b!, c!])).toBeUndefined();
});
