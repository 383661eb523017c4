import { clock } from "../../life/clock.ts";

/** Milliseconds of work at a time, and of sleep behind it. */
const burst = 0.1;
const sleep = 0.5;

/**
 * For a thread that has nothing else to do: it sleeps between two of the things that it makes, so that a core it works on is
 * free again and again. How nice a thread is does not help who wakes up meanwhile: Linux lets a thread that runs have its slice
 * of some milliseconds, and nine requests in ten are over by then.
 */
export function* inBursts<Made>(all: Iterable<Made | undefined>): Generator<Made> {
  const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
  let since = clock.monotonic();
  for (const made of all) {
    if (made !== undefined) yield made;
    if (clock.monotonic() - since < burst) continue;
    Atomics.wait(nobodyWakes, 0, 0, sleep);
    since = clock.monotonic();
  }
}
