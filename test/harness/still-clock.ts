import { afterEach, beforeEach, onTestFinished } from "vitest";
import { clock } from "../../runtime/life/clock.ts";

export interface StillClock {
  /** Milliseconds since the epoch, and what monotonic time counts from 0 on. */
  wall: number;
  monotonic: number;
  pass(milliseconds: number): void;
}

/** All of time for the tests of a file: it stands still until it is turned. */
export function stillClock(wall = Date.UTC(2027, 0, 15, 12)): StillClock {
  const { monotonic, wall: realWall } = clock;
  const turned: StillClock = {
    wall,
    monotonic: 6_000_000,
    pass(milliseconds) {
      turned.wall += milliseconds;
      turned.monotonic += milliseconds;
    },
  };
  beforeEach(() => {
    turned.wall = wall;
    turned.monotonic = 6_000_000;
    clock.monotonic = () => turned.monotonic;
    clock.wall = () => turned.wall;
  });
  afterEach(() => {
    clock.monotonic = monotonic;
    clock.wall = realWall;
  });
  return turned;
}

/**
 * Monotonic time for one test: it stands still until it is turned, so that whoever answers at all answers in time, on every
 * machine. Timers and the time of day go on.
 */
export function stillMonotonic(): Pick<StillClock, "pass"> {
  const { monotonic } = clock;
  let now = monotonic();
  clock.monotonic = () => now;
  onTestFinished(() => void (clock.monotonic = monotonic));
  return { pass: (milliseconds) => void (now += milliseconds) };
}
