import { type Contained, contained } from "./boundary.ts";

/** A timer that was set. */
export interface Timer {
  cancel(): void;
}

/** Milliseconds. Node takes a longer time for one of 1 ms. */
const longest = 2_147_483_647;

/** What sets timers. */
export interface Timers {
  /** Calls back once, after so many milliseconds at least, or after 24 days where they are more. A callback that throws ends `owner`, and not the process. */
  after(milliseconds: number, owner: Contained, callback: () => void): Timer;
}

/**
 * The one source of timers of what lives, apart from `clock`, so that a gateway in which nothing lives has no byte of it;
 * tests turn it by replacing its member. A timer keeps the process: a start that only waits for one would end it otherwise.
 */
export const timers: Timers = {
  after(milliseconds: number, owner: Contained, callback: () => void): Timer {
    const timer = setTimeout(contained(owner, callback), Math.min(milliseconds, longest));
    return { cancel: () => clearTimeout(timer) };
  },
};
