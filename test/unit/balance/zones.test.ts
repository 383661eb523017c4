import { beforeEach, describe, expect, it, vi } from "vitest";
import { clock } from "../../../runtime/life/clock.ts";
import type { Life } from "../../../runtime/life/life.ts";
import type { Attempt } from "../../../runtime/upstream/attempts/attempt.ts";
import { EndpointSet } from "../../../runtime/upstream/attempts/endpoint-set.ts";
import type { Outcome } from "../../../runtime/upstream/attempts/outcome.ts";
import { createRandom } from "../../../runtime/upstream/balance/two-choices.ts";
import { createZoneLevels } from "../../../runtime/upstream/balance/zones/zone-levels.ts";
import { medianOf, OpenSamples, slowerScore, ZoneSamples } from "../../../runtime/upstream/balance/zones/zone-samples.ts";
import { sharesOf } from "../../../runtime/upstream/balance/zones/zone-shares.ts";
import { createZones, type Zones, type ZonesConfig } from "../../../runtime/upstream/balance/zones/zones.ts";
import type { Endpoint, Place } from "../../../runtime/upstream/endpoint.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { seededChance } from "../../harness/seeded-chance.ts";

let now = 0;

beforeEach(() => {
  now = 1_000_000;
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  vi.spyOn(Math, "random").mockImplementation(seededChance(7));
  return () => vi.restoreAllMocks();
});

describe("shares of zones", () => {
  /** Level, weight, what it can bear and what it is given of that. */
  const shares = (...zones: readonly [level: number, weight: number, bears: number, held: number][]): number[] =>
    sharesOf(zones.map(([level, weight, bears, held]) => ({ level, weight, bears, held }))).map((share) =>
      Number(share.toFixed(3)),
    );

  it("the first level has all that it can bear, the next ones the rest", () => {
    expect(shares([0, 2, 1, 1], [1, 2, 1, 1])).toEqual([1, 0]);
    expect(shares([0, 2, 0.7, 1], [1, 2, 0.2, 1], [2, 2, 1, 1])).toEqual([0.7, 0.2, 0.1]);
  });

  it("zones of one level share by weight, each as far as it can bear it", () => {
    expect(shares([0, 3, 1, 1], [0, 1, 1, 1])).toEqual([0.75, 0.25]);
    expect(shares([0, 3, 0.5, 1], [0, 1, 1, 1])).toEqual([0.5, 0.5]);
  });

  it("what a zone is not given goes to others, and back to it where they cannot bear it", () => {
    expect(shares([0, 1, 1, 0.4], [1, 1, 1, 1])).toEqual([0.4, 0.6]);
    expect(shares([0, 1, 1, 0], [1, 1, 0.3, 1])).toEqual([0.7, 0.3]);
    expect(shares([0, 1, 1, 0])).toEqual([1]);
    expect(shares([0, 1, 0.2, 1], [0, 1, 0.3, 0])).toEqual([0.2, 0.3]);
  });
});

describe("which zone is slower", () => {
  const times = (count: number, mean: number, chance: () => number): number[] =>
    Array.from({ length: count }, () => -mean * Math.log(1 - chance())).sort((one, other) => one - other);

  it("is sure of five times as long where twice is allowed, and by chance of nothing that is equal", () => {
    const chance = seededChance(3);
    let [found, wrong] = [0, 0];
    for (let run = 0; run < 500; run++) {
      if (slowerScore(times(64, 100, chance), times(64, 20, chance), 2) >= 3) found++;
      if (slowerScore(times(64, 20, chance), times(64, 20, chance), 1.25) >= 3) wrong++;
    }
    expect(found).toBeGreaterThan(400);
    expect(wrong).toBe(0);
  });

  it("needs more than a few answers, and takes two milliseconds for noise", () => {
    expect(slowerScore([100, 100, 100], [10, 10, 10], 2)).toBeLessThan(3);
    expect(slowerScore(Array(64).fill(2.9), Array(64).fill(1), 2)).toBeLessThan(0);
    expect(slowerScore(Array(64).fill(3.1), Array(64).fill(1), 2)).toBeGreaterThan(3);
  });

  it("is not swayed by a few answers that take for ever", () => {
    const most = Array<number>(60).fill(20);
    expect(slowerScore([...most, 9_000, 9_000, 9_000, 9_000], Array(64).fill(20), 1.25)).toBeLessThan(0);
  });
});

const attemptAt = (endpoint: Endpoint, startedAt = now): Attempt =>
  ({ endpoint, startedAt, headAt: 0, endedAt: 0, status: 0, error: "" }) as unknown as Attempt;

function end(attempt: Attempt, ms: number): Attempt {
  return Object.assign(attempt, { headAt: attempt.startedAt + ms, endedAt: attempt.startedAt + ms });
}

describe("how long answers of a zone take", () => {
  const endpoint = {} as Endpoint;
  function samplesOf(...all: readonly [outcome: Outcome, ms: number][]): ZoneSamples {
    const open = new OpenSamples();
    const samples = new ZoneSamples(open);
    for (const [outcome, ms] of all) {
      const attempt = attemptAt(endpoint);
      samples.began(attempt);
      open.ended(end(attempt, ms), outcome);
      now += 100;
    }
    return samples;
  }
  const ok = (count: number, ms = 20): [Outcome, number][] => Array.from({ length: count }, () => ["ok", ms]);

  it("is known from five answers on, for a minute", () => {
    expect(samplesOf(...ok(4)).sorted(now)).toEqual([]);
    const five = samplesOf(...ok(5));
    expect(five.sorted(now)).toEqual([20, 20, 20, 20, 20]);
    expect(five.sorted(now + 60_000)).toEqual([]);
  });

  it("failures that come quickly do not make a zone quick", () => {
    expect(samplesOf(...ok(5), ["serverError", 1], ["unsent", 0], ["timeoutHead", 3_000]).sorted(now).slice(5)).toEqual([1_000, 1_000, 3_000]); // biome-ignore format: one line
  });

  it("what clients did not wait for counts where it took long, and what is the gateway's own does not", () => {
    expect(samplesOf(...ok(5), ["abandoned", 5], ["abandoned", 500], ["local", 700]).sorted(now)).toEqual([20, 20, 20, 20, 20, 500]); // biome-ignore format: one line
  });

  it("a zone that does not answer is slow before any time-out says so", () => {
    const samples = samplesOf(...ok(5));
    for (let count = 0; count < 10; count++, now += 100) samples.began(attemptAt(endpoint));
    expect(medianOf(samples.sorted(now + 3_000))).toBeGreaterThan(3_000);
  });

  it("is not that of a single moment: of many attempts at once, one is looked at", () => {
    const open = new OpenSamples();
    const samples = new ZoneSamples(open);
    for (let count = 0; count < 1_000; count++, now += 1) {
      const attempt = attemptAt(endpoint);
      samples.began(attempt);
      open.ended(end(attempt, 20), "ok");
    }
    expect(samples.sorted(now)).toHaveLength(13);
  });
});

const x = fakeExchange();

interface Played {
  readonly zones: Zones;
  readonly set: EndpointSet;
  /** Requests in each second, each of which takes so long as its zone says; the share of each zone. */
  seconds(count: number, ms: Readonly<Record<string, number>>): readonly Readonly<Record<string, number>>[];
  /** Part of its share that a zone is given. */
  held(zone: string): number;
  lose(zone: string, isLost: boolean): void;
  readonly log: { readonly event: string; readonly zone: unknown }[];
}

const zonesOf = (text: string): readonly Place[] =>
  text.split(" ").flatMap((one) => {
    const [zone, priority = "0"] = one.split("/");
    return [
      { zone: zone!, priority: Number(priority) },
      { zone: zone!, priority: Number(priority) },
    ];
  });

/** A gateway of zone `a`, for which `b` is near, with two endpoints in each zone and 100 requests a second. */
function played(places: readonly Place[], change: Partial<ZonesConfig> = {}): Played {
  const zones = createZones({
    service: "orders",
    places,
    zone: "a",
    region: ["b"],
    byLatency: false,
    slower: 2,
    probe: 0.05,
    ...change,
  });
  const endpoints = places.map((_, index) => ({ url: `http://e${index}`, weight: 1, marks: 0 }) as Endpoint);
  const set = new EndpointSet(endpoints, createZoneLevels({ loadBalancer: createRandom(), zones }));
  zones.watch(set);
  let review = (): void => {};
  const log: Played["log"][number][] = [];
  const write = (_level: unknown, event: string, fields: { readonly zone: unknown }): void =>
    void log.push({ event, zone: fields.zone });
  zones.start({ log: { write }, every: (_ms: number, work: () => void) => (review = work) } as unknown as Life);
  const second = (ms: Readonly<Record<string, number>>): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (let count = 0; count < 100; count++, now += 10) {
      const attempt = attemptAt(set.picker!.pick(x)!);
      const { name } = zones.of(attempt.endpoint);
      zones.began(attempt);
      zones.ended(end(attempt, ms[name]! * (0.5 + Math.random())), "ok");
      counts[name] = (counts[name] ?? 0) + 0.01;
    }
    review();
    return counts;
  };
  return {
    zones,
    set,
    log,
    seconds: (count, ms) => Array.from({ length: count }, () => second(ms)),
    held: (zone) =>
      Number.parseFloat((zones.state() as { zone: string; held: string }[]).find((one) => one.zone === zone)!.held) / 100,
    lose(zone, isLost) {
      for (const endpoint of endpoints) if (zones.of(endpoint).name === zone) set.mark(endpoint, "unhealthy", isLost);
    },
  };
}

describe("a zone that is slower than another", () => {
  it("loses its requests little by little, and no second moves more than a tenth of them", () => {
    const { seconds, held, log } = played(zonesOf("a b"));
    seconds(20, { a: 20, b: 20 });
    expect(held("a")).toBe(1);
    const given: number[] = [];
    for (let second = 0; second < 25; second++) {
      seconds(1, { a: 200, b: 20 });
      given.push(held("a"));
    }
    for (const [index, one] of given.entries()) expect((given[index - 1] ?? 1) - one).toBeLessThanOrEqual(0.101);
    expect(given.at(-1)).toBe(0);
    expect(log).toEqual([{ event: "requests leave a zone that is slower than another", zone: "a" }]);
    // It is measured, and nothing else.
    expect(seconds(1, { a: 200, b: 20 })[0]!.a ?? 0).toBeLessThanOrEqual(0.05);
  });

  it("keeps them while it is not as much slower as is asked for, and gets none back while it still is nearly so", () => {
    const almost = played(zonesOf("a b"));
    almost.seconds(60, { a: 36, b: 20 });
    expect(almost.held("a")).toBe(1);
    const { seconds, held } = played(zonesOf("a b"));
    seconds(6, { a: 20, b: 20 });
    while (held("a") > 0.5) seconds(1, { a: 200, b: 20 });
    seconds(70, { a: 35, b: 20 });
    const before = held("a");
    seconds(30, { a: 35, b: 20 });
    expect(held("a")).toBe(before);
  });

  it("comes back within twenty seconds, and after each relapse in twice the time", () => {
    const { seconds, held, log } = played(zonesOf("a b"));
    const secondsUntil = (ms: number, wanted: number): number => {
      let count = 0;
      while (held("a") !== wanted) {
        seconds(1, { a: ms, b: 20 });
        if (++count > 400) throw new Error(`held ${held("a")}`);
      }
      return count;
    };
    seconds(10, { a: 20, b: 20 });
    const back: number[] = [];
    for (let round = 0; round < 3; round++) {
      secondsUntil(200, 0);
      back.push(secondsUntil(20, 1));
    }
    // With what was measured before it was well, which is forgotten in a minute.
    expect(back[0]).toBeGreaterThanOrEqual(20);
    expect(back[0]).toBeLessThan(90);
    expect(back[1]! - back[0]!).toBeGreaterThan(15);
    expect(back[2]! - back[1]!).toBeGreaterThan(30);
    expect(log.map(({ event }) => event).slice(0, 2)).toEqual([
      "requests leave a zone that is slower than another",
      "zone has its share again",
    ]);
  });

  it("is not left for one of another priority, whatever that takes", () => {
    const { seconds, held } = played(zonesOf("a b/1"), { byLatency: true });
    seconds(40, { a: 200, "b priority 1": 20 });
    expect(held("a")).toBe(1);
  });

  it("is not left by what is measured unless that is asked for", () => {
    const { seconds, held } = played(zonesOf("a b c d"), { slower: undefined as never, byLatency: true });
    const found = seconds(40, { a: 200, b: 100, c: 20, d: 60 });
    // Which of c and d would be the quickest is known all the same.
    expect(found.every(({ a, b }) => a! >= 0.9 && b === undefined)).toBe(true);
    expect(held("a")).toBe(1);
  });
});

describe("a zone that does not work", () => {
  it("is made up for at once by the nearest that do, and begins with a tenth when it is back", () => {
    const { seconds, lose, held, log } = played(zonesOf("a b c"));
    seconds(6, { a: 20, b: 20, c: 20 });
    lose("a", true);
    expect(seconds(3, { a: 20, b: 20, c: 20 }).every(({ a, b }) => a === undefined && b! > 0.9)).toBe(true);
    lose("a", false);
    expect(seconds(1, { a: 20, b: 20, c: 20 })[0]!.a).toBeLessThan(0.25);
    seconds(20, { a: 20, b: 20, c: 20 });
    expect(held("a")).toBe(1);
    expect(log.map(({ event }) => event)).toEqual(["zone has no endpoint that works", "zone has its share again"]);
  });

  it("gets all when it is back where no other one works", () => {
    const { seconds, lose } = played(zonesOf("a b"));
    lose("a", true);
    seconds(3, { a: 20, b: 20 });
    lose("b", true);
    lose("a", false);
    expect(seconds(1, { a: 20, b: 20 })[0]).toEqual({ a: expect.closeTo(1, 6) });
  });

  it("is told apart from one that is slow, and from one that goes second to another that is as near", () => {
    const states = (zones: Zones): Readonly<Record<string, number>> => {
      const { samples } = zones.metrics().find(({ name }) => name === "gatewright_service_zone_state")!;
      return Object.fromEntries(samples.map(({ labels, value }) => [labels.replace('service="orders",', ""), value]));
    };
    const quiet = {
      'zone="a",state="slow"': 0,
      'zone="b",state="slow"': 0,
      'zone="a",state="down"': 0,
      'zone="b",state="down"': 0,
    };
    const slow = played(zonesOf("a b"));
    slow.seconds(6, { a: 20, b: 20 });
    expect(states(slow.zones)).toEqual(quiet);
    slow.seconds(20, { a: 200, b: 20 });
    expect(states(slow.zones)).toEqual({ ...quiet, 'zone="a",state="slow"': 1 });
    slow.lose("a", true);
    slow.seconds(2, { a: 20, b: 20 });
    expect(states(slow.zones)).toEqual({ ...quiet, 'zone="a",state="down"': 1 });
    // Neither of two that are as near as each other is the gateway's own: which one is quicker is for them to share.
    const second = played(zonesOf("a b"), { zone: "c", region: [], byLatency: true });
    second.seconds(40, { a: 200, b: 20 });
    expect(second.held("a")).toBe(0);
    expect(states(second.zones)).toEqual(quiet);
    expect(second.log).toEqual([{ event: "another zone that is as near is quicker, and goes first", zone: "a" }]);
  });

  it("by latency, the quickest of those that are equally near takes over, measured before it is needed where they are what is asked", () => {
    const { seconds, lose } = played(zonesOf("a c d"), { byLatency: true });
    seconds(80, { a: 20, c: 60, d: 20 });
    lose("a", true);
    const [first] = seconds(1, { a: 20, c: 60, d: 20 });
    expect(first!.d).toBeGreaterThan(0.9);
  });
});

it("a further attempt goes to zones that get requests before others", () => {
  const { set, zones } = played(zonesOf("a b"));
  const [one, other] = set.all;
  expect(set.picker!.another(x, [one!])).toBe(other);
  expect(zones.of(set.picker!.another(x, [one!, other!])!).name).toBe("b");
  expect(set.picker!.another(x, set.all)).toBeUndefined();
});

it("what a process found out is what the one after it begins with", () => {
  const before = played(zonesOf("a b"));
  before.seconds(6, { a: 20, b: 20 });
  while (before.held("a") > 0.3) before.seconds(1, { a: 200, b: 20 });
  const after = played(zonesOf("a b"));
  after.zones.adopt(before.zones.handOver());
  expect(after.held("a")).toBe(before.held("a"));
  expect(after.seconds(1, { a: 200, b: 20 })[0]!.a).toBeLessThan(0.5);
});

it.each(["constructor", "toString", "__proto__"])("a registry may call a zone %s", (name) => {
  const { seconds, held } = played([{ zone: "a" }, { zone: name }], { zone: name });
  expect(held(name)).toBe(1);
  expect(seconds(3, { a: 20, [name]: 20 }).every((counts) => Object.hasOwn(counts, name) && counts.a === undefined)).toBe(false);
  expect(held(name)).toBe(1);
  expect(held("a")).toBe(1);
});
