import { describe, expect, it } from "vitest";
import { clock } from "../../../runtime/life/clock.ts";
import type { Attempt } from "../../../runtime/upstream/attempts/attempt.ts";
import { createEjection, type Ejection, type EjectionConfig } from "../../../runtime/upstream/attempts/ejection.ts";
import { EndpointSet } from "../../../runtime/upstream/attempts/endpoint-set.ts";
import type { Outcome } from "../../../runtime/upstream/attempts/outcome.ts";
import { createRandom } from "../../../runtime/upstream/balance/two-choices.ts";
import type { Endpoint } from "../../../runtime/upstream/endpoint.ts";
import { TurnedClock } from "../../harness/turned-clock.ts";

const config: EjectionConfig = {
  service: "orders",
  consecutive: 5,
  minimum: 20,
  window: 10_000,
  eject: 10_000,
  maxEject: 60_000,
  most: 0.5,
};

const endpointsOf = (count: number): Endpoint[] =>
  Array.from({ length: count }, (_, index) => ({ url: `http://e${index}`, weight: 1, marks: 0 }) as Endpoint);

function watched(count: number, change: Partial<EjectionConfig> = {}): { set: EndpointSet; ejection: Ejection } {
  const ejection = createEjection({ ...config, ...change });
  const set = new EndpointSet(endpointsOf(count), createRandom());
  ejection.watch(set);
  return { set, ejection };
}

function tell(ejection: Ejection, endpoint: Endpoint, outcome: Outcome, count = 1, ms = 5): void {
  for (let index = 0; index < count; index++) {
    const now = clock.monotonic();
    ejection.ended({ endpoint, startedAt: now - ms, headAt: now, endedAt: now } as Attempt, outcome);
  }
}

const isEjected = (set: EndpointSet): boolean[] => set.all.map((endpoint) => set.has(endpoint, "ejected"));

describe("an endpoint is ejected", () => {
  it("after failures one after another, and taken back in time", async () => {
    const time = new TurnedClock();
    const { set, ejection } = watched(3);
    tell(ejection, set.all[0]!, "serverError", 4);
    expect(isEjected(set)).toEqual([false, false, false]);
    tell(ejection, set.all[0]!, "serverError");
    expect(isEjected(set)).toEqual([true, false, false]);
    expect(set.usable).toEqual([set.all[1], set.all[2]]);
    await time.turn(9_999);
    expect(isEjected(set)[0]).toBe(true);
    await time.turn(1);
    expect(isEjected(set)[0]).toBe(false);
  });

  it("by its share of failures, once enough is known", () => {
    new TurnedClock();
    const { set, ejection } = watched(3, { consecutive: 1_000, errorRate: 0.5 });
    for (let index = 0; index < 9; index++) {
      tell(ejection, set.all[0]!, "reset");
      tell(ejection, set.all[0]!, "ok");
    }
    tell(ejection, set.all[0]!, "reset");
    expect(isEjected(set)[0]).toBe(false);
    tell(ejection, set.all[0]!, "reset");
    expect(isEjected(set)[0]).toBe(true);
  });

  it("where its answers take several times as long as those of the others", () => {
    new TurnedClock();
    const { set, ejection } = watched(3, { slower: 3 });
    for (let index = 0; index < 200; index++) {
      tell(ejection, set.all[0]!, "ok", 1, 200);
      tell(ejection, set.all[1]!, "ok", 1, 20);
      tell(ejection, set.all[2]!, "ok", 1, 30);
    }
    expect(isEjected(set)).toEqual([true, false, false]);
  });

  it("not where it is slower by what nobody notices", () => {
    new TurnedClock();
    const { set, ejection } = watched(3, { slower: 3 });
    for (let index = 0; index < 200; index++)
      for (const [endpoint, ms] of [
        [0, 8],
        [1, 1],
        [2, 1],
      ] as const)
        tell(ejection, set.all[endpoint]!, "ok", 1, ms);
    expect(isEjected(set)).toEqual([false, false, false]);
  });

  it.each<Outcome>(["local", "abandoned", "overloaded"])("never for what says nothing about it: %s (envoy#25487)", (outcome) => {
    new TurnedClock();
    const { set, ejection } = watched(3, { errorRate: 0.1 });
    tell(ejection, set.all[0]!, outcome, 1_000);
    expect(isEjected(set)).toEqual([false, false, false]);
  });
});

describe("how many are ejected (envoy#27066)", () => {
  it.each([
    [1, 1, 0],
    [2, 0.5, 1],
    [3, 0.67, 2],
    [3, 0.5, 1],
    [4, 0.1, 0],
    [10, 0.25, 2],
  ])("of %i with at most %d: %i", (count, most, expected) => {
    new TurnedClock();
    const { set, ejection } = watched(count, { most: count === 1 ? 0.99 : most });
    for (const endpoint of set.all) tell(ejection, endpoint, "reset", 10);
    expect(isEjected(set).filter(Boolean)).toHaveLength(expected);
  });

  it("what active checks found is not bound by it (envoy#12076)", () => {
    new TurnedClock();
    const { set } = watched(4, { most: 0.1 });
    for (const endpoint of set.all.slice(0, 3)) set.mark(endpoint, "unhealthy", true);
    expect(set.usable).toEqual([set.all[3]]);
  });
});

it("one that comes back and fails again is ejected for longer, and counts anew (envoy#1491); good times shorten it again", async () => {
  const time = new TurnedClock();
  const { set, ejection } = watched(3);
  const [first] = set.all;
  for (const seconds of [10, 20, 30]) {
    tell(ejection, first!, "reset", 4);
    expect(isEjected(set)[0]).toBe(false);
    tell(ejection, first!, "reset");
    await time.turn(seconds * 1_000 - 1);
    expect(isEjected(set)[0]).toBe(true);
    await time.turn(1);
    expect(isEjected(set)[0]).toBe(false);
  }
  await time.turn(60_000);
  tell(ejection, first!, "reset", 5);
  await time.turn(10_000);
  expect(isEjected(set)[0]).toBe(false);
});

describe("panic", () => {
  const setOf = (below: number, refuses = false) => new EndpointSet(endpointsOf(10), createRandom(), { below, refuses });
  const chosen = (set: EndpointSet): number => {
    const seen = new Set<Endpoint>();
    for (let index = 0; index < 2_000; index++) seen.add(set.picker!.pick(undefined as never)!);
    return seen.size;
  };

  it("where none is left, all get requests; with `refuse`, none", () => {
    const [all, none] = [setOf(0), setOf(0, true)];
    for (const set of [all, none]) for (const endpoint of set.all) set.mark(endpoint, "unhealthy", true);
    expect([all.isPanicking, chosen(all)]).toEqual([true, 10]);
    expect([none.isPanicking, none.picker]).toEqual([false, undefined]);
  });

  it("begins below the bound and ends ten points above it", () => {
    const set = setOf(0.3);
    for (const endpoint of set.all.slice(0, 7)) set.mark(endpoint, "unhealthy", true);
    expect([set.isPanicking, chosen(set)]).toEqual([false, 3]);
    set.mark(set.all[7]!, "ejected", true);
    expect([set.isPanicking, chosen(set)]).toEqual([true, 10]);
    set.mark(set.all[0]!, "unhealthy", false);
    expect(set.isPanicking).toBe(true);
    set.mark(set.all[1]!, "unhealthy", false);
    expect(set.isPanicking).toBe(false);
  });

  it("never sends to those that are about to end", () => {
    const set = setOf(0.5);
    for (const endpoint of set.all) set.mark(endpoint, endpoint === set.all[0] ? "unhealthy" : "draining", true);
    expect(chosen(set)).toBe(1);
    set.mark(set.all[0]!, "draining", true);
    expect(set.picker).toBeUndefined();
  });
});
