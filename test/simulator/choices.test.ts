import { expect, test } from "vitest";
import type { Exchange, Expression } from "../../runtime/exchange/exchange.ts";
import { EndpointSet } from "../../runtime/upstream/attempts/endpoint-set.ts";
import { createConsistentHash } from "../../runtime/upstream/balance/consistent-hash.ts";
import { EndpointLoad } from "../../runtime/upstream/balance/endpoint-load.ts";
import { createRoundRobin } from "../../runtime/upstream/balance/round-robin.ts";
import type { Endpoint } from "../../runtime/upstream/endpoint.ts";
import type { LoadBalancer } from "../../runtime/upstream/load-balancer.ts";
import { fakeExchange } from "../harness/fake-exchange.ts";
import { seeded, withChance } from "./chance.ts";

/** What balancers see of endpoints. */
const endpointsOf = (weights: readonly number[], names = weights.map((_, index) => `http://e${index}`)): Endpoint[] =>
  weights.map((weight, index) => {
    const known: Pick<Endpoint, "url" | "weight" | "basePath" | "marks" | "load"> = {
      url: names[index]!,
      weight,
      basePath: "",
      marks: 0,
      load: new EndpointLoad(),
    };
    return known as Endpoint;
  });

const x = fakeExchange();
const picksOf = (balancer: LoadBalancer, endpoints: readonly Endpoint[], count: number): number[] => {
  const picker = balancer.over(endpoints, endpoints);
  return Array.from({ length: count }, () => endpoints.indexOf(picker.pick(x)));
};

/** The longest run of equal ones. */
function longestRun(all: readonly number[], one: number): number {
  let longest = 0;
  let run = 0;
  for (const each of all) {
    run = each === one ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

test("weights 11 and 3: never more than 4 requests in a row to the heavy one (traefik#6205)", async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const picks = await withChance(seeded(seed), async () => picksOf(createRoundRobin(), endpointsOf([11, 3]), 1_400));
    expect(longestRun(picks, 0), `seed ${seed}`).toBeLessThanOrEqual(4);
    expect(picks.filter((one) => one === 1).length / picks.length).toBeCloseTo(3 / 14, 2);
  }
});

test("weights that change with each second: the light one gets its share all the same (grpc-java#10458)", async () => {
  const picks = await withChance(seeded(1), async () => {
    const balancer = createRoundRobin();
    return Array.from({ length: 300 }, (_, second) =>
      // Three requests in each second, of which the light one has one in 30.
      picksOf(balancer, endpointsOf([20, 9 + (second % 2), 1]), 3),
    ).flat();
  });
  const share = picks.filter((one) => one === 2).length / picks.length;
  expect(share).toBeGreaterThan(1 / 60);
  expect(share).toBeLessThan(1 / 15);
});

test("instances that start together do not all begin with the same endpoint (envoy#3271)", async () => {
  const firsts = await Promise.all(
    Array.from({ length: 200 }, (_, seed) =>
      withChance(seeded(seed), async () => picksOf(createRoundRobin(), endpointsOf([1, 1, 1, 1, 1]), 1)[0]!),
    ),
  );
  for (let endpoint = 0; endpoint < 5; endpoint++)
    expect(firsts.filter((first) => first === endpoint).length).toBeGreaterThan(20);
});

test("an endpoint of ten that leaves moves at most 12 % of the keys, and none between those that stay (envoy#22558)", () => {
  // What the compiler makes of an expression.
  const key = ((one: Exchange) => one.path) as Expression<string>;
  const keys = Array.from({ length: 10_000 }, (_, index) => fakeExchange({ path: `/tenants/${index}` }));
  const all = endpointsOf(Array.from({ length: 10 }, () => 1));
  const set = new EndpointSet(all, createConsistentHash({ key, balance: 100 }));
  const homes = (): string[] => keys.map((one) => set.picker!.pick(one)!.url);
  for (const leaving of all) {
    const before = homes();
    set.mark(leaving, "draining", true);
    const after = homes();
    const moved = before.filter((home, index) => home !== after[index]);
    expect(new Set(moved)).toEqual(new Set([leaving.url]));
    expect(moved.length / keys.length).toBeLessThanOrEqual(0.12);
    set.mark(leaving, "draining", false);
    expect(homes()).toEqual(before);
  }
});
