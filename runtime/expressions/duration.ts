import { fail } from "./error.ts";

/** A span of time to the nanosecond, within what 64 bits of nanoseconds hold (292 years). */
export class Duration {
  /** Rounded down: -1.5 s is -2 s and 500,000,000 ns. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanos: number;

  constructor(seconds: number, nanos: number) {
    this.seconds = seconds;
    this.nanos = nanos;
  }
}

/** `nanos` may be any safe integer. */
export function durationOf(seconds: number, nanos: number): Duration {
  const carry = Math.floor(nanos / 1e9);
  const [whole, rest] = [seconds + carry, nanos - carry * 1e9];
  // ±(2^63 − 1) nanoseconds are 9,223,372,036.854775807 s.
  if (
    whole > 9_223_372_036 ||
    whole < -9_223_372_037 ||
    (whole === 9_223_372_036 && rest > 854_775_807) ||
    (whole === -9_223_372_037 && rest < 145_224_192)
  ) {
    fail("duration out of range");
  }
  return new Duration(whole, rest);
}

const unitNanos = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ns: 1n,
} as const;

/** Reads `1h30m`, `-1.5s`, `250ms`: Go's form, which CEL takes. */
export function durationFromString(text: string): Duration {
  // Its digits become integers, which takes more than one step for each.
  if (text.length > 400) return fail("duration out of range");
  if (!/^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|m|s|us|µs|μs|ns))+)$/.test(text))
    return fail("not a duration as in 1h30m or 1.5s");
  let nanos = 0n;
  for (const part of text.matchAll(/(\d*)\.?(\d*)(h|ms|m|s|us|µs|μs|ns)/g)) {
    const unit = unitNanos[part[3] as keyof typeof unitNanos];
    // What a fraction has beyond nanoseconds is dropped.
    nanos += BigInt(part[1] || 0) * unit + (BigInt(part[2] || 0) * unit) / 10n ** BigInt(part[2]!.length);
  }
  if (text.startsWith("-")) nanos = -nanos;
  if (nanos > 0x7fffffffffffffffn || nanos < -0x7fffffffffffffffn) return fail("duration out of range");
  const seconds = nanos / 1_000_000_000n;
  return durationOf(Number(seconds), Number(nanos - seconds * 1_000_000_000n));
}

/** Seconds with as many digits of a fraction as needed: `-1.5s`. */
export function durationText({ seconds, nanos }: Duration): string {
  const negative = seconds < 0;
  const [whole, rest] = negative && nanos > 0 ? [-(seconds + 1), 1e9 - nanos] : [Math.abs(seconds), nanos];
  return `${negative ? "-" : ""}${whole}${rest === 0 ? "" : `.${String(rest).padStart(9, "0").replace(/0+$/, "")}`}s`;
}

export function addDuration(a: Duration, b: Duration): Duration {
  return durationOf(a.seconds + b.seconds, a.nanos + b.nanos);
}

export function subtractDuration(a: Duration, b: Duration): Duration {
  return durationOf(a.seconds - b.seconds, a.nanos - b.nanos);
}

/** Whole units of `length` seconds, rounded towards zero. */
function wholeUnits({ seconds, nanos }: Duration, length: number): number {
  return Math.trunc((seconds < 0 && nanos > 0 ? seconds + 1 : seconds) / length) + 0;
}

export function hoursOfDuration(duration: Duration): number {
  return wholeUnits(duration, 3600);
}

export function minutesOfDuration(duration: Duration): number {
  return wholeUnits(duration, 60);
}

export function secondsOfDuration(duration: Duration): number {
  return wholeUnits(duration, 1);
}

/** The milliseconds beside the whole seconds. */
export function millisecondsOfDuration({ seconds, nanos }: Duration): number {
  return Math.trunc((seconds < 0 && nanos > 0 ? nanos - 1e9 : nanos) / 1e6) + 0;
}
