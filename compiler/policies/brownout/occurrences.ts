import type { BrownoutOptions, BrownoutWindow } from "../../../schema/policies.gen.ts";
import { parseDuration } from "../../text/formats.ts";
import { LocalClocks, parseLocalTime } from "../../text/local-time.ts";

/** One time that requests are refused, in milliseconds since the epoch. */
export interface Occurrence {
  readonly start: number;
  readonly end: number;
  /** JSON pointer of its window among the options. */
  readonly pointer: string;
}

const day = 86_400_000;

/** What `every` adds to the date, as clocks show it. */
const steps: Readonly<Record<NonNullable<BrownoutWindow["every"]>, number>> = { day, week: 7 * day };

/** All of them, the earliest first. The times of the day stay what they are where clocks are changed. */
export function occurrencesOf({ windows, timeZone = "UTC" }: BrownoutOptions): Occurrence[] {
  const clocks = new LocalClocks(timeZone);
  return windows
    .flatMap(({ start, duration, every, times = 1 }, index) => {
      const first = parseLocalTime(start);
      return Array.from({ length: times }, (_, repetition): Occurrence => {
        const instant = clocks.instantOf(first + repetition * (every === undefined ? 0 : steps[every]));
        return { start: instant, end: instant + parseDuration(duration), pointer: `/windows/${index}` };
      });
    })
    .sort((one, other) => one.start - other.start);
}
