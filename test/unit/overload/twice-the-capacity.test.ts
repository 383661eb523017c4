import { describe, expect, onTestFinished, test } from "vitest";
import { clock } from "../../../runtime/life/clock.ts";
import { timers } from "../../../runtime/life/timers.ts";
import { adaptiveLimit } from "../../../runtime/overload/adaptive-limit.ts";
import { Limiter, type LimiterConfig } from "../../../runtime/overload/limiter.ts";
import type { Priority } from "../../../runtime/overload/priority.ts";
import { waitingLine } from "../../../runtime/overload/waiting-line.ts";
import { BusyService, Simulation } from "./busy-service.ts";
import { usualLine } from "./support.ts";

/** The limiter lives by the time of the simulation. */
function simulated(seed: string): Simulation {
  const simulation = new Simulation(seed);
  const before = { monotonic: clock.monotonic, after: timers.after };
  clock.monotonic = () => simulation.now;
  timers.after = (milliseconds, _owner, callback) => {
    let isCancelled = false;
    simulation.after(milliseconds, () => {
      if (!isCancelled) callback();
    });
    return {
      cancel: () => {
        isCancelled = true;
      },
    };
  };
  onTestFinished(() => {
    clock.monotonic = before.monotonic;
    timers.after = before.after;
  });
  return simulation;
}

interface Counts {
  asked: number;
  inTime: number;
}

/** Milliseconds in which an answer is of use. */
const useful = 200;

/**
 * A service that does 20 at a time and 20 ms for each, so 1,000 in a second, is asked for 2,000.
 *
 * @param shares of the classes, the most important first; where `isTold` is false, nobody tells the limiter of them
 * @param patience milliseconds after which a client leaves
 */
function underLoad(
  seed: string,
  config: LimiterConfig,
  shares: readonly number[],
  { isTold = true, patience = Number.POSITIVE_INFINITY, room = usualLine.max } = {},
): readonly Counts[] {
  const simulation = simulated(seed);
  const service = new BusyService(simulation, 20, 20);
  const limiter = new Limiter(config);
  const counts = shares.map((): Counts => ({ asked: 0, inTime: 0 }));
  const arrive = (): void => {
    simulation.after(simulation.exponential(0.5), arrive);
    let chance = simulation.random.next();
    const place = shares.findIndex((share) => (chance -= share) < 0);
    const counted = counts[place]!;
    const at = simulation.now;
    counted.asked++;
    const go = (): void => {
      const sent = simulation.now;
      service.ask(() => {
        if (simulation.now - at <= useful) counted.inTime++;
        limiter.leave(simulation.now - sent);
      });
    };
    if (limiter.enter()) go();
    else {
      // Who is shed gets 503, which is no answer in time.
      const waiting = limiter.wait(isTold ? (place as Priority) : 2, Number.POSITIVE_INFINITY, (end) => {
        if (end === "free") go();
      });
      if (waiting !== undefined && patience < Number.POSITIVE_INFINITY)
        simulation.after(patience, () => waiting.line.leave(waiting));
    }
  };
  arrive();
  simulation.run(60_000);
  expect(limiter.waiting).toBeLessThanOrEqual(room);
  return counts;
}

const shareInTime = ({ asked, inTime }: Counts): number => inTime / asked;
const fixed: LimiterConfig = { limit: 20, line: waitingLine(usualLine) };
const adaptive: LimiterConfig = {
  limit: 20,
  adaptive: adaptiveLimit({ min: 5, initial: 20, max: 1_000, tolerance: 1.5 }),
  line: waitingLine(usualLine),
};

describe.each([
  ["a fixed limit", fixed],
  ["one that adapts", adaptive],
] as const)("twice of what a service can do, behind %s", (_what, config) => {
  test.each(["one", "two", "three"])("at least 99 %% of what is important is answered within its deadline (%s)", (seed) => {
    const [critical] = underLoad(seed, config, [0.3, 0, 0, 0.7]);
    expect(critical!.asked).toBeGreaterThan(30_000);
    expect(shareInTime(critical!)).toBeGreaterThanOrEqual(0.99);
  });

  test("of four classes the least important pay first, and what the service can do is used", () => {
    const counts = underLoad("four", config, [0.1, 0.2, 0.3, 0.4]);
    const [critical, high, normal, low] = counts.map(shareInTime);
    expect(critical).toBeGreaterThanOrEqual(0.99);
    expect(high).toBeGreaterThanOrEqual(0.99);
    expect(normal).toBeLessThan(high!);
    expect(low).toBeLessThan(normal!);
    const answered = counts.reduce((sum, { inTime }) => sum + inTime, 0);
    expect(answered).toBeGreaterThan(0.9 * 60_000);
  });

  test("clients that leave while they wait take nothing from those who stay", () => {
    const [critical] = underLoad("leaving", config, [0.3, 0, 0, 0.7], { patience: 50 });
    expect(shareInTime(critical!)).toBeGreaterThanOrEqual(0.99);
  });

  // Without it the tests above could not fail.
  test("of a class that nobody is told of, half is lost", () => {
    const [critical] = underLoad("one", config, [0.3, 0, 0, 0.7], { isTold: false });
    expect(shareInTime(critical!)).toBeLessThan(0.7);
  });
});

test("without classes, a line that stands still answers half of all in time: the newest go first", () => {
  const [all] = underLoad("newest", fixed, [1]);
  expect(shareInTime(all!)).toBeGreaterThan(0.45);
  // First in, first out with the same room, but a target that is never missed: all wait for a tenth of a second.
  const patient = waitingLine({ max: 1_000, deadline: 1_000, target: 100_000, interval: 100_000 });
  const [late] = underLoad("newest", { limit: 20, line: patient }, [1], { room: 1_000 });
  expect(shareInTime(late!)).toBeLessThan(0.05);
});
