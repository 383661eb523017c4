/** Milliseconds by every way in which people shorten a unit, longest first. */
const timeUnits = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
type TimeUnit = keyof typeof timeUnits;
const sizeUnits = { GiB: 1024 ** 3, MiB: 1024 ** 2, KiB: 1024, B: 1 } as const;

/** The largest unit that measures it without a rest: 5000 ms is `5s`. */
function inUnits(amount: number, units: Readonly<Record<string, number>>): string | undefined {
  const unit = Object.entries(units).find(([, size]) => amount % size === 0) ?? ["", Number.NaN];
  return amount === 0 ? `0${Object.keys(units).at(-1)}` : Number.isInteger(amount) ? `${amount / unit[1]}${unit[0]}` : undefined;
}

/** `5000`, `1.5 s`, `1m30s`, `5 minutes`, `PT5M`, `1w`. */
export function repairedDuration(text: string): string | undefined {
  if (/^\d+$/.test(text)) return inUnits(bareDuration(Number(text)), timeUnits);
  // ISO 8601 has a `T` where hours begin; a month has no length.
  const iso = /^P(?:(\d+)D)?(?:T(\S+))?$/i.exec(text);
  const parts = iso === null ? text : `${iso[1] === undefined ? "" : `${iso[1]}d`}${iso[2] ?? ""}`;
  if (!/^(\d+(\.\d+)? *[a-z]+[ ,]*)+$/i.test(parts)) return undefined;
  let milliseconds = 0;
  for (const [, number, written] of parts.matchAll(/(\d+(?:\.\d+)?) *([a-z]+)/gi)) {
    const week = /^w(eeks?)?$/i.test(written!) ? 7 : 1;
    const unit = week === 7 ? "d" : timeUnit(written!);
    if (unit === undefined) return undefined;
    milliseconds += Number(number) * week * timeUnits[unit];
  }
  return inUnits(Math.round(milliseconds * 1000) / 1000, timeUnits);
}

/**
 * A number alone counts what other products count in such a number: thousands are milliseconds (Envoy, Node), full minutes
 * and what is below a hundred are seconds (nginx, HAProxy).
 */
function bareDuration(number: number): number {
  const isSeconds = number < 100 || (number % 60 === 0 && number % 500 !== 0);
  return isSeconds ? number * 1000 : number;
}

/** `1MB`, `1.5 MB`, `64k`, `65536`, `10 megabytes`. */
export function repairedSize(text: string): string | undefined {
  const [, number, prefix] = /^(\d+(?:[._]\d+)*) *([kmgt])?(?:i?b|i|[a-z]*bytes?)?$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  const power = prefix === undefined ? 0 : "kmgt".indexOf(prefix.toLowerCase()) + 1;
  return inUnits(Number(number.replaceAll("_", "")) * 1024 ** power, sizeUnits);
}

/** `100`, `100 per minute`, `100r/s`, `100 requests/hour`, `5 per 10 seconds`. */
export function repairedRate(text: string): string | undefined {
  const [, number, , times, written] =
    /^(\d[\d,_]*) *(?:r|req|rq|requests?|calls?)?(?: *(\/|per|p|every|each) *(\d+)? *([a-z]+))?$/i.exec(text) ?? [];
  const unit = written === undefined ? "s" : timeUnit(written);
  if (number === undefined || unit === undefined || unit === "ms") return undefined;
  return `${number.replaceAll(/[,_]/g, "")}/${times === "1" ? "" : (times ?? "")}${unit}`;
}

/** `seconds` → `s`. A capital `M` may be a month. */
function timeUnit(written: string): TimeUnit | undefined {
  const text = written.toLowerCase();
  if (written === "M" || text === "") return undefined;
  if (Object.hasOwn(timeUnits, text)) return text as TimeUnit;
  const names: readonly (readonly [RegExp, TimeUnit])[] = [
    [/^(msecs?|millis|milliseconds?)$/, "ms"],
    [/^(secs?|seconds?)$/, "s"],
    [/^(mins?|minutes?)$/, "m"],
    [/^(hrs?|hours?)$/, "h"],
    [/^days?$/, "d"],
  ];
  return names.find(([pattern]) => pattern.test(text))?.[1];
}
