import { describe, expect, test } from "vitest";
import { AdaptiveLimit } from "../../../runtime/overload/adaptive-limit.ts";
import { BusyService, Simulation } from "./busy-service.ts";

const second = 1_000;
const minute = 60 * second;

/** Requests come in at a rate, those beyond the limit are turned away, and the limit learns of the others. */
class Limited {
  readonly simulation: Simulation;
  readonly service: BusyService;
  readonly limit: AdaptiveLimit;
  /** Requests per second. */
  rate: number;
  inFlight = 0;
  /** Limits since the last look, once a second. */
  seen: number[] = [];

  constructor(rate: number, { slots = 20, mean = 20, initial = 20, min = 2, max = 1_000, seed = "adaptive" } = {}) {
    this.simulation = new Simulation(seed);
    this.service = new BusyService(this.simulation, slots, mean);
    this.limit = new AdaptiveLimit({ min, max, initial, tolerance: 1.5 });
    this.rate = rate;
    this.#arrive();
    this.#look();
  }

  run(until: number): this {
    this.simulation.run(until);
    return this;
  }

  #look(): void {
    this.simulation.after(second, () => {
      this.seen.push(this.limit.value);
      this.#look();
    });
  }

  #arrive(): void {
    if (this.rate === 0) return;
    this.simulation.after(this.simulation.exponential(1_000 / this.rate), () => {
      if (this.inFlight < this.limit.value) this.#ask();
      this.#arrive();
    });
  }

  /** Begins again after a rest. */
  resume(rate: number): void {
    this.rate = rate;
    this.#arrive();
  }

  #ask(): void {
    this.inFlight++;
    const at = this.simulation.now;
    this.service.ask(() => {
      this.limit.learn(this.simulation.now - at, this.inFlight, this.simulation.now);
      this.inFlight--;
    });
  }
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

// 20 at a time, 20 ms each: 1,000 in a second is what the service can do.
describe.each(["a", "b", "c"])("a service that does 20 at a time (%s)", (seed) => {
  test("twice of what it can do: it is kept busy, and what waits inside it stays short", () => {
    const gateway = new Limited(2_000, { seed }).run(minute);
    gateway.seen = [];
    const before = gateway.service.answered;
    gateway.run(2 * minute);
    expect(gateway.service.answered - before).toBeGreaterThan(0.95 * 60_000);
    expect(average(gateway.seen)).toBeGreaterThan(20);
    expect(average(gateway.seen)).toBeLessThan(60);
  });

  test("a beginning that is far too low comes up to what the service can do", () => {
    const gateway = new Limited(2_000, { seed, initial: 2 }).run(minute);
    expect(average(gateway.seen.slice(-20))).toBeGreaterThan(18);
  });

  test("half of its slots are gone: the limit follows", () => {
    const gateway = new Limited(2_000, { seed }).run(minute);
    const before = average(gateway.seen.slice(-20));
    gateway.service.slots = 10;
    gateway.run(2 * minute);
    expect(average(gateway.seen.slice(-20))).toBeLessThan(0.75 * before);
  });
});

test("hours without requests, and a trickle of them, leave the limit as it is", () => {
  const gateway = new Limited(2_000).run(minute);
  gateway.rate = 0;
  gateway.run(minute + second);
  const before = gateway.limit.value;
  gateway.run(180 * minute);
  expect(gateway.limit.value).toBe(before);
  gateway.resume(20);
  gateway.run(240 * minute);
  expect(gateway.limit.value).toBe(before);
});

test("it never leaves its bounds, and there is no time at which it falls to the lowest to measure", () => {
  const gateway = new Limited(2_000, { min: 7, max: 31, initial: 20 }).run(10 * minute);
  expect(Math.min(...gateway.seen)).toBeGreaterThan(14);
  expect(Math.max(...gateway.seen)).toBeLessThanOrEqual(31);
  gateway.service.mean = 2_000;
  gateway.run(12 * minute);
  expect(Math.min(...gateway.seen)).toBeGreaterThanOrEqual(7);
});

test("an hour of twice of what a service can do does not let the limit grow without end", () => {
  const gateway = new Limited(2_000).run(60 * minute);
  expect(average(gateway.seen.slice(-60))).toBeLessThan(80);
});

test("a service that has become slower for good is no overload for ever", () => {
  const gateway = new Limited(2_000, { slots: 200 }).run(minute);
  gateway.service.mean = 60;
  gateway.run(5 * minute);
  const then = gateway.limit.value;
  gateway.run(60 * minute);
  expect(gateway.limit.value).toBeGreaterThan(2 * then);
});
