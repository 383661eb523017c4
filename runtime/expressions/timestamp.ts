import type { Duration } from "./duration.ts";
import { durationOf } from "./duration.ts";
import { fail } from "./error.ts";
import type { Int } from "./int.ts";

/** A point in time between the years 1 and 9999, to the nanosecond. */
export class Timestamp {
  /** Seconds since the epoch, rounded down. */
  readonly seconds: number;
  /** 0 to 999,999,999, counted forward from `seconds`. */
  readonly nanos: number;

  constructor(seconds: number, nanos: number) {
    this.seconds = seconds;
    this.nanos = nanos;
  }
}

const firstSecond = -62_135_596_800;
const lastSecond = 253_402_300_799;

/** `nanos` between -10^9 and 2 · 10^9 are carried over. */
export function timestampOf(seconds: number, nanos: number): Timestamp {
  const carry = Math.floor(nanos / 1e9);
  const whole = seconds + carry;
  return whole >= firstSecond && whole <= lastSecond ? new Timestamp(whole, nanos - carry * 1e9) : fail("timestamp out of range");
}

/** Milliseconds since the epoch, as clocks give them. */
export function timestampOfMillis(millis: number): Timestamp {
  const seconds = Math.floor(millis / 1000);
  return timestampOf(seconds, Math.floor((millis - seconds * 1000) * 1e6));
}

export function timestampFromInt(seconds: Int): Timestamp {
  return timestampOf(Number(seconds), 0);
}

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Reads the date-time of RFC 3339 §5.6, with at most nine digits of a fraction. */
export function timestampFromString(text: string): Timestamp {
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(text);
  if (match === null) return fail("not a date and time as in 2027-01-31T12:00:00Z");
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = (daysOfMonth[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0);
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (day < 1 || day > days || hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59)
    return fail("no such date or time");
  // Date.UTC takes years below 100 for those of the twentieth century.
  const millis = new Date(0).setUTCFullYear(year, month - 1, day) + ((hour * 60 + minute) * 60 + second) * 1000;
  const offset = (match[8] === "-" ? -1 : 1) * (offsetHour * 60 + offsetMinute) * 60;
  return timestampOf(millis / 1000 - offset, Number((match[7] ?? "").padEnd(9, "0")));
}

/** RFC 3339 in UTC, with as many digits of a fraction as needed. */
export function timestampText({ seconds, nanos }: Timestamp): string {
  const text = new Date(seconds * 1000).toISOString();
  return `${text.slice(0, text.indexOf("."))}${nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`}Z`;
}

export function addTimestamp(a: Timestamp, b: Duration): Timestamp {
  return timestampOf(a.seconds + b.seconds, a.nanos + b.nanos);
}

export function subtractFromTimestamp(a: Timestamp, b: Duration): Timestamp {
  return timestampOf(a.seconds - b.seconds, a.nanos - b.nanos);
}

export function timestampDifference(a: Timestamp, b: Timestamp): Duration {
  return durationOf(a.seconds - b.seconds, a.nanos - b.nanos);
}

/** Negative, zero or positive; also for durations. */
export function compareTime(
  a: { readonly seconds: number; readonly nanos: number },
  b: { readonly seconds: number; readonly nanos: number },
): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}
