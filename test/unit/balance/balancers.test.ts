import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Expression } from "../../../runtime/exchange/exchange.ts";
import { fail } from "../../../runtime/expressions/error.ts";
import { clock } from "../../../runtime/life/clock.ts";
import type { Attempt } from "../../../runtime/upstream/attempts/attempt.ts";
import { type Outcome, outcomeOf, outcomes } from "../../../runtime/upstream/attempts/outcome.ts";
import { createConsistentHash } from "../../../runtime/upstream/balance/consistent-hash.ts";
import { EndpointLoad } from "../../../runtime/upstream/balance/endpoint-load.ts";
import { createLeastRequests, createPowerOfTwo, createRandom } from "../../../runtime/upstream/balance/two-choices.ts";
import { WeightedDraw } from "../../../runtime/upstream/balance/weighted-draw.ts";
import type { Carrier } from "../../../runtime/upstream/carrier.ts";
import type { Endpoint } from "../../../runtime/upstream/endpoint.ts";
import type { LoadBalancer } from "../../../runtime/upstream/load-balancer.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { seededChance } from "../../harness/seeded-chance.ts";

let now = 0;

beforeEach(() => {
  now = 1_000_000;
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  vi.spyOn(Math, "random").mockImplementation(seededChance(7));
  return () => vi.restoreAllMocks();
});

/** What a balancer sees of endpoints. */
const endpointsOf = (weights: readonly number[]): readonly Endpoint[] => {
  const total = { inFlight: 0 };
  return weights.map((weight, index) => {
    const known: Pick<Endpoint, "url" | "weight" | "basePath" | "marks" | "load"> = {
      url: `http://e${index}`,
      weight,
      basePath: "",
      marks: 0,
      load: new EndpointLoad(total),
    };
    return known as Endpoint;
  });
};

interface Behaviour {
  readonly ms: number;
  readonly outcome: Outcome;
  readonly isOvertaken?: true;
}

/** Requests that come at an even rate over a time, and the share of each endpoint among those of the last half. */
function simulate(
  balancer: LoadBalancer,
  endpoints: readonly Endpoint[],
  behave: (index: number) => Behaviour,
  { perSecond = 1000, seconds = 10 } = {},
): readonly number[] {
  const counts = endpoints.map(() => 0);
  const under: { readonly end: number; readonly finish: () => void }[] = [];
  const x = fakeExchange();
  const picker = balancer.over(endpoints, endpoints);
  const total = perSecond * seconds;
  for (let request = 0; request < total; request++) {
    now += 1000 / perSecond;
    for (const one of under.filter(({ end }) => end <= now)) {
      under.splice(under.indexOf(one), 1);
      one.finish();
    }
    const endpoint = picker.pick(x);
    const index = endpoints.indexOf(endpoint);
    if (request >= total / 2) counts[index]!++;
    const { ms, outcome, isOvertaken } = behave(index);
    const [began, end] = [now, now + ms];
    endpoint.load!.began();
    under.push({ end, finish: () => endpoint.load!.ended(outcome, end - began, end, isOvertaken) });
  }
  return counts.map((count) => count / (total / 2));
}

const healthy: Behaviour = { ms: 5, outcome: "ok" };

describe("shares among endpoints", () => {
  it.each([
    ["random", createRandom],
    ["leastRequests", createLeastRequests],
    ["powerOfTwo", createPowerOfTwo],
  ])("%s: even among equals", (_, create) => {
    for (const share of simulate(create(), endpointsOf([1, 1, 1, 1]), () => healthy)) expect(share).toBeCloseTo(0.25, 1);
  });

  it("random: by weight", () => {
    const [light, heavy] = simulate(createRandom(), endpointsOf([1, 3]), () => healthy);
    expect(heavy! / light!).toBeGreaterThan(2.7);
    expect(heavy! / light!).toBeLessThan(3.3);
  });

  const goByLoad = [
    ["leastRequests", createLeastRequests],
    ["powerOfTwo", createPowerOfTwo],
  ] as const;

  // One request at a time, now and then two, dozens, hundreds.
  it.each(goByLoad.flatMap(([name, create]) => [10, 300, 4_000, 40_000].map((perSecond) => ({ name, create, perSecond }))))(
    "$name: by weight at $perSecond requests a second",
    ({ create, perSecond }) => {
      const [heavy, light] = simulate(create(), endpointsOf([9, 1]), () => healthy, {
        perSecond,
        seconds: perSecond > 1_000 ? 2 : 100,
      });
      expect(light).toBeGreaterThan(0.05);
      expect(light).toBeLessThan(0.2);
      expect(heavy! + light!).toBeCloseTo(1);
    },
  );

  it("powerOfTwo: little to a heavy one that fails at once", () => {
    const [failing] = simulate(createPowerOfTwo(), endpointsOf([9, 1]), (index) =>
      index === 0 ? { ms: 0.5, outcome: "reset" } : healthy,
    );
    expect(failing).toBeLessThan(0.15);
  });

  it.each(goByLoad)("%s: little to one that is twenty times as slow", (_, create) => {
    const [slow] = simulate(create(), endpointsOf([1, 1, 1]), (index) => (index === 0 ? { ms: 100, outcome: "ok" } : healthy));
    expect(slow).toBeLessThan(0.1);
  });

  it.each<Outcome>(["serverError", "overloaded", "unsent", "reset", "protocol"])(
    "powerOfTwo: at most 5 % to one of three that fails at once (%s)",
    (outcome) => {
      const [failing] = simulate(createPowerOfTwo(), endpointsOf([1, 1, 1]), (index) =>
        index === 0 ? { ms: 0.5, outcome } : healthy,
      );
      expect(failing).toBeLessThan(0.05);
    },
  );

  it.each<Outcome>(["abandoned", "local"])("powerOfTwo: %s says nothing about the endpoint", (outcome) => {
    const shares = simulate(createPowerOfTwo(), endpointsOf([1, 1, 1]), (index) => (index === 0 ? { ms: 5, outcome } : healthy));
    expect(shares[0]).toBeGreaterThan(0.2);
  });

  it.each<[string, Behaviour]>([
    ["another endpoint is always quicker", { ms: 12, outcome: "abandoned", isOvertaken: true }],
    ["clients always leave before it answers", { ms: 300, outcome: "abandoned" }],
  ])("powerOfTwo: at most 3 %% to one of three where %s: it may be frozen", (_, frozen) => {
    const [share] = simulate(createPowerOfTwo(), endpointsOf([1, 1, 1]), (index) => (index === 0 ? frozen : healthy));
    expect(share).toBeLessThan(0.03);
  });

  it("powerOfTwo: where another is quicker now and then, as chance has it, nobody loses its share", () => {
    let count = 0;
    const shares = simulate(createPowerOfTwo(), endpointsOf([1, 1, 1]), (index) =>
      index === 0 && ++count % 20 === 0 ? { ms: 12, outcome: "abandoned", isOvertaken: true } : healthy,
    );
    expect(shares[0]).toBeGreaterThan(0.1);
  });

  it("powerOfTwo: one that has recovered gets its share again", () => {
    const endpoints = endpointsOf([1, 1, 1]);
    const balancer = createPowerOfTwo();
    simulate(balancer, endpoints, (index) => (index === 0 ? { ms: 1, outcome: "reset" } : healthy));
    const shares = simulate(balancer, endpoints, () => healthy, { seconds: 120 });
    expect(shares[0]).toBeGreaterThan(0.25);
  });

  it("leaves nothing under way", () => {
    const endpoints = endpointsOf([1, 1]);
    simulate(createLeastRequests(), endpoints, () => healthy, { seconds: 1 });
    now += 1000;
    expect(endpoints.map(({ load }) => load!.inFlight).every((count) => count < 10)).toBe(true);
  });
});

/** The endpoints of a thousand keys, none of them under load. */
function homes(endpoints: readonly Endpoint[], balance = 100): readonly string[] {
  const key = ((x: { readonly path: string }) => x.path) as unknown as Expression<string>;
  const picker = createConsistentHash({ key, balance }).over(endpoints, endpoints);
  return Array.from({ length: 1000 }, (_, index) => picker.pick(fakeExchange({ path: `/tenant-${index}` })).url);
}

describe("consistentHash", () => {
  it("sends a key to the same endpoint, in whatever order the configuration has them", () => {
    const endpoints = endpointsOf([1, 1, 1, 1, 1]);
    expect(homes(endpoints)).toEqual(homes([...endpoints].reverse()));
  });

  it("spreads keys by weight", () => {
    const all = homes(endpointsOf([1, 1, 2]));
    const share = (url: string): number => all.filter((home) => home === url).length / 1000;
    expect(share("http://e2")).toBeGreaterThan(0.4);
    expect(share("http://e2")).toBeLessThan(0.6);
  });

  it("moves only the keys of an endpoint that is gone", () => {
    const endpoints = endpointsOf([1, 1, 1, 1, 1]);
    const [before, after] = [homes(endpoints), homes(endpoints.slice(0, 4))];
    const moved = before.filter((home, index) => home !== after[index]);
    expect(new Set(moved)).toEqual(new Set(["http://e4"]));
  });

  it("goes elsewhere where an endpoint has more than its share, and to the same place again", () => {
    const endpoints = endpointsOf([1, 1, 1, 1]);
    const key = (() => "tenant") as unknown as Expression<string>;
    const picker = createConsistentHash({ key, balance: 1.25 }).over(endpoints, endpoints);
    const x = fakeExchange();
    const home = picker.pick(x);
    for (const { load } of endpoints) for (let count = 0; count < 10; count++) load!.began();
    for (let count = 0; count < 10; count++) home.load!.began();
    const second = picker.pick(x);
    expect(second).not.toBe(home);
    expect(picker.pick(x)).toBe(second);
    expect(picker.another(x, [home])).not.toBe(home);
  });

  it("never exceeds the bound, whatever the keys are", () => {
    const endpoints = endpointsOf([1, 1, 1, 1, 1, 1, 1, 1]);
    const key = (() => "all the same") as unknown as Expression<string>;
    const picker = createConsistentHash({ key, balance: 1.25 }).over(endpoints, endpoints);
    for (let count = 1; count <= 800; count++) {
      const endpoint = picker.pick(fakeExchange());
      endpoint.load!.began();
      expect(endpoint.load!.inFlight).toBeLessThanOrEqual(Math.ceil((1.25 * count) / 8));
    }
  });

  it("draws one for a request without a key", () => {
    const key = (() => fail("no such key")) as unknown as Expression<string>;
    const endpoints = endpointsOf([1, 1]);
    const picker = createConsistentHash({ key, balance: 2 }).over(endpoints, endpoints);
    const seen = Array.from({ length: 100 }, () => picker.pick(fakeExchange()).url);
    expect(new Set(seen).size).toBe(2);
    expect(picker.another(fakeExchange(), [endpoints[0]!])).toBe(endpoints[1]);
  });
});

describe("WeightedDraw", () => {
  it.each([[[1, 1, 1]], [[1, 2, 3, 4]], [[1000, 1]], [[7]]])("draws each of %j as often as its weight says", (weights) => {
    const draw = new WeightedDraw(weights);
    const counts = weights.map(() => 0);
    for (let count = 0; count < 100_000; count++) counts[draw.next()]!++;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, weight] of weights.entries()) expect(counts[index]! / 100_000).toBeCloseTo(weight / total, 2);
  });
});

describe("how an attempt ended", () => {
  const carrier = {} as Carrier;

  it.each<[Outcome, [error: string, wasConnected: boolean, status: number, wantsLess?: boolean]]>([
    ["ok", ["", true, 200]],
    ["ok", ["", true, 404]],
    ["ok", ["", true, 101]],
    ["overloaded", ["", true, 429, true]],
    ["overloaded", ["", true, 503, true]],
    ["serverError", ["", true, 503]],
    ["serverError", ["", true, 500]],
    ["serverError", ["", true, 599]],
    ["unsent", ["ECONNREFUSED", false, 0]],
    ["unsent", ["connectTimeout", false, 0]],
    ["unsent", ["refusedStream", true, 0]],
    ["reset", ["ECONNRESET", true, 0]],
    ["reset", ["ECONNRESET", true, 200]],
    ["timeoutHead", ["timeout", true, 0]],
    ["timeoutBody", ["timeout", true, 200]],
    ["protocol", ["invalidAnswer", true, 0]],
    ["local", ["poolFull", false, 0]],
    ["local", ["EMFILE", false, 0]],
    ["abandoned", ["abandoned", true, 200]],
  ])("%s: %j", (outcome, [error, wasConnected, status, wantsLess = false]) => {
    const attempt: Pick<Attempt, "error" | "carrier" | "status" | "wantsLess"> = {
      error,
      carrier: wasConnected ? carrier : undefined,
      status,
      wantsLess,
    };
    expect(outcomeOf(attempt as Attempt)).toBe(outcome);
    expect(outcomes[outcome]).toBeDefined();
  });
});
