import { clock } from "./clock.ts";

/** How work goes on beside requests. */
export interface Pace {
  /** Milliseconds of work at a time: what a request may wait for it. */
  readonly slice: number;
  /** Milliseconds that everything else has between two slices: at most an eleventh of the thread is worked away. */
  readonly rest: number;
}

/** Of work that comes again and again, such as scrapes. */
const often: Pace = { slice: 0.1, rest: 1 };

/**
 * Of work that comes with a change from outside: to stop and go on takes the thread some of a tenth of a millisecond as well, and others
 * have what is at hand in the caches of the processor meanwhile.
 */
export const seldom: Pace = { slice: 1, rest: 10 };

/**
 * Work that is not urgent, step by step in slices between which requests are answered: a step is what `steps` does for the
 * next of them, and what `each` does with it. To leave the event loop alone for a moment is not enough, as a request
 * comes through it several times, and would wait for a slice each time.
 */
export async function inSlices<Step>(
  steps: Iterable<Step>,
  each: (step: Step) => void | Promise<void>,
  { slice, rest }: Pace = often,
): Promise<void> {
  let since = clock.monotonic();
  for (const step of steps) {
    const waited = each(step);
    if (waited === undefined) {
      if (clock.monotonic() - since < slice) continue;
      await rested(rest);
    } else {
      await waited;
    }
    since = clock.monotonic();
  }
}

/** A timer does nothing but resolve. */
const rested = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The same for steps that come to something, of work that comes seldom. */
export async function resultInSlices<Result>(steps: Generator<unknown, Result>): Promise<Result> {
  let result: { readonly of: Result } | undefined;
  function* toItsEnd(): Generator<undefined, void> {
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        result = { of: step.value };
        return;
      }
      yield;
    }
  }
  await inSlices(toItsEnd(), () => {}, seldom);
  // It has come to its end.
  return result!.of;
}
