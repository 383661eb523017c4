import { beforeEach, describe, expect, it, vi } from "vitest";
import type { StartValue } from "../../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { EndpointSet } from "../../../runtime/upstream/attempts/endpoint-set.ts";
import { createLevels } from "../../../runtime/upstream/balance/levels.ts";
import { createRoundRobin } from "../../../runtime/upstream/balance/round-robin.ts";
import { createSlowStart } from "../../../runtime/upstream/balance/slow-start.ts";
import { createSticky, type Sticky } from "../../../runtime/upstream/balance/sticky.ts";
import { createRandom } from "../../../runtime/upstream/balance/two-choices.ts";
import type { Endpoint } from "../../../runtime/upstream/endpoint.ts";
import type { LoadBalancer } from "../../../runtime/upstream/load-balancer.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

let now = 0;

beforeEach(() => {
  now = 1_000_000;
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  let seed = 1;
  vi.spyOn(Math, "random").mockImplementation(() => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  });
  return () => vi.restoreAllMocks();
});

const endpointsOf = (count: number): Endpoint[] =>
  Array.from({ length: count }, (_, index) => ({ url: `http://e${index}`, weight: 1, marks: 0 }) as Endpoint);

const x = fakeExchange();

function shares(set: EndpointSet, of: (index: number) => number = (index) => index): readonly number[] {
  const counts: number[] = set.all.map(() => 0);
  for (let turn = 0; turn < 20_000; turn++) counts[of(set.all.indexOf(set.picker!.pick(x)!))]!++;
  return counts.map((count) => count / 20_000);
}

describe("zones and regions", () => {
  /** Of its own zone, nearby, and far away: five of each. */
  const setOf = (priority = 0): EndpointSet => {
    const zones = ["eu-1", "eu-2", "us-1"];
    const places = Array.from({ length: 15 }, (_, index) => ({
      zone: zones[Math.floor(index / 5)]!,
      priority: index < 5 ? priority : 0,
    }));
    return new EndpointSet(endpointsOf(15), createLevels({ loadBalancer: createRandom(), places, zone: "eu-1" as StartValue, region: ["eu-2", "eu-3"] })); // biome-ignore format: one line
  };
  const share = (set: EndpointSet): readonly number[] => shares(set, (index) => Math.floor(index / 5)).slice(0, 3);
  const lose = (set: EndpointSet, from: number, to: number): void => {
    for (const endpoint of set.all.slice(from, to)) set.mark(endpoint, "unhealthy", true);
  };

  it("what the own zone cannot take spills over to zones nearby, and only what they cannot take goes far", () => {
    const set = setOf();
    expect(share(set)).toEqual([1, 0, 0]);
    lose(set, 0, 3);
    const [own, near, far] = share(set);
    expect([own!.toFixed(1), near!.toFixed(1), far]).toEqual(["0.6", "0.4", 0]);
    lose(set, 3, 5);
    expect(share(set)).toEqual([0, 1, 0]);
    lose(set, 5, 10);
    expect(share(set)).toEqual([0, 0, 1]);
  });

  it("a priority counts before any distance", () => {
    expect(share(setOf(1))).toEqual([0, 1, 0]);
  });
});

describe("priorities", () => {
  /** Ten of priority 0, ten of 1. */
  const setOf = (): EndpointSet => {
    const places = Array.from({ length: 20 }, (_, index) => ({ priority: index < 10 ? 0 : 1 }));
    return new EndpointSet(endpointsOf(20), createLevels({ loadBalancer: createRandom(), places }));
  };
  const share = (set: EndpointSet): number => shares(set, (index) => (index < 10 ? 0 : 1))[0]!;

  // Envoy's documentation of priority levels: with an overprovisioning factor of 1.4 these shares stay with the first level.
  it.each([
    [100, 1],
    [80, 1],
    [70, 0.98],
    [50, 0.7],
    [30, 0.42],
    [10, 0.14],
    [0, 0],
  ])("with %i %% of the first working, it takes a share of %d", (percent, expected) => {
    const set = setOf();
    for (const endpoint of set.all.slice(0, 10 - percent / 10)) set.mark(endpoint, "unhealthy", true);
    expect(share(set)).toBeCloseTo(expected, 1);
  });

  it("panic sends nothing to a level where all fail while another works (Envoy, Panic threshold: none while priorities suffice)", () => {
    const places = [{ priority: 0 }, { priority: 0 }, { priority: 1 }];
    const levels = createLevels({ loadBalancer: createRandom(), places });
    const set = new EndpointSet(endpointsOf(3), levels, { below: 0.5, refuses: false });
    set.mark(set.all[0]!, "unhealthy", true);
    set.mark(set.all[1]!, "ejected", true);
    expect(set.isPanicking).toBe(true);
    expect(shares(set)).toEqual([0, 0, 1]);
    set.mark(set.all[2]!, "unhealthy", true);
    // Where none works, the first level is as good as any.
    expect(shares(set)[2]).toBe(0);
  });

  it("another endpoint for a further attempt is of the same level where there is one, else of the next", () => {
    const places = [{ priority: 0 }, { priority: 0 }, { priority: 1 }];
    const [a, b, c] = endpointsOf(3);
    const { picker } = new EndpointSet([a!, b!, c!], createLevels({ loadBalancer: createRoundRobin(), places }));
    expect(picker!.another(x, [a!])).toBe(b);
    const set = new EndpointSet([a!, b!, c!], createLevels({ loadBalancer: createRoundRobin(), places }));
    set.mark(b!, "unhealthy", true);
    expect(set.picker!.another(x, [a!])).toBe(c);
  });
});

it("endpoints of the gateway's zone go before others of the same priority", () => {
  const places = [
    { priority: 0, zone: "a" },
    { priority: 0, zone: "b" },
    { priority: 1, zone: "a" },
  ];
  const set = new EndpointSet(endpointsOf(3), createLevels({ loadBalancer: createRandom(), places, zone: "b" }));
  expect(shares(set)).toEqual([0, 1, 0]);
  set.mark(set.all[1]!, "ejected", true);
  expect(shares(set)[0]).toBe(1);
  set.mark(set.all[0]!, "ejected", true);
  expect(shares(set)[2]).toBe(1);
});

it("zones of endpoints say nothing where the gateway has none", () => {
  const places = [{ priority: 0, zone: "a" }, { priority: 0 }, { priority: 1 }];
  const set = new EndpointSet(endpointsOf(3), createLevels({ loadBalancer: createRandom(), places }));
  expect(shares(set)[0]).toBeCloseTo(0.5, 1);
  expect(shares(set)[1]).toBeCloseTo(0.5, 1);
});

describe("slow start", () => {
  const setOf = (balancer: LoadBalancer): EndpointSet =>
    new EndpointSet(endpointsOf(4), createSlowStart({ loadBalancer: balancer, slowStart: 10_000 }));

  it.each([
    ["random", createRandom],
    ["roundRobin", createRoundRobin],
  ])("%s: one that came back gets a little at first, and its whole share in time (envoy#23946)", (_, create) => {
    const set = setOf(create());
    expect(shares(set)[0]).toBeCloseTo(0.25, 1);
    for (const round of [1, 2]) {
      set.mark(set.all[0]!, "unhealthy", true);
      now += round * 1_000;
      set.mark(set.all[0]!, "unhealthy", false);
      // Never nothing (envoy#19437).
      expect(shares(set)[0]).toBeGreaterThan(0.015);
      expect(shares(set)[0]).toBeLessThan(0.04);
      now += 5_000;
      expect(shares(set)[0]).toBeCloseTo(0.125, 1);
      now += 5_000;
      expect(shares(set)[0]).toBeCloseTo(0.25, 1);
    }
  });
});

describe("a sticky cookie", () => {
  const key = "0123456789abcdef" as StartValue;
  const stickyOf = (change: { readonly key?: StartValue; readonly maxAge?: number } = {}): Sticky =>
    createSticky({ cookie: "route", path: "/", sameSite: "Lax", key, ...change });

  /** What a client is told to keep by the endpoint. */
  function cookieOf(sticky: Sticky, endpoint: Endpoint, sent = "", secure = false): string | undefined {
    const headers = new HeaderList([]);
    const client = fakeExchange({ headers: sent === "" ? [] : ["Cookie", sent], peer: { secure } });
    sticky.remember(client, endpoint, headers);
    return headers.get("set-cookie");
  }

  it("keeps a client with the endpoint that answered it, in every instance with the same key", () => {
    const endpoints = endpointsOf(5);
    const value = cookieOf(stickyOf(), endpoints[3]!)!.split(";")[0]!;
    const client = fakeExchange({ headers: ["Cookie", `a=1; ${value}; b=2`] });
    const elsewhere = endpointsOf(5);
    const picker = stickyOf().around(createRandom()).over(elsewhere, elsewhere);
    for (let turn = 0; turn < 50; turn++) expect(picker.pick(client)).toBe(elsewhere[3]);
    expect(cookieOf(stickyOf(), elsewhere[3]!, value)).toBeUndefined();
  });

  it("does not start with a key that can be guessed, and says which one that is", () => {
    expect(() => stickyOf({ key: "short" as StartValue })).toThrow(
      "The key of the sticky cookie route has less than 16 characters. Give `sticky.key` of the service a longer one.",
    );
  });

  it("survives the loss of its endpoint: another is chosen, and remembered", () => {
    const endpoints = endpointsOf(3);
    const sticky = stickyOf();
    const value = cookieOf(sticky, endpoints[0]!)!.split(";")[0]!;
    const set = new EndpointSet(endpoints, sticky.around(createRandom()));
    set.mark(endpoints[0]!, "unhealthy", true);
    const other = set.picker!.pick(fakeExchange({ headers: ["Cookie", value] }))!;
    expect(other).not.toBe(endpoints[0]);
    expect(cookieOf(sticky, other, value)).toMatch(/^route=/);
  });

  it("tells nobody where endpoints are, and cannot be made up without the key", () => {
    const value = cookieOf(stickyOf(), endpointsOf(1)[0]!)!;
    expect(value).not.toContain("e0");
    expect(cookieOf(stickyOf({ key: "fedcba9876543210" as StartValue }), endpointsOf(1)[0]!)).not.toBe(value);
  });

  it("has attributes that keep it from scripts and from plain connections", () => {
    const [endpoint] = endpointsOf(1);
    expect(cookieOf(stickyOf({ maxAge: 60 }), endpoint!, "", true)).toMatch(
      /^route=[\w-]{22}; Path=\/; Max-Age=60; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(cookieOf(stickyOf(), endpoint!)).not.toContain("Secure");
  });

  it.each(["route=", "route=nobody", "; ;=;route", "routes=x"])(
    "a cookie that is none of ours is as good as none: %s",
    (sent) => {
      const endpoints = endpointsOf(3);
      const picker = stickyOf().around(createRandom()).over(endpoints, endpoints);
      expect(endpoints).toContain(picker.pick(fakeExchange({ headers: ["Cookie", sent] })));
    },
  );
});
