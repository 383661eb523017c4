/** `2027-02-01T10:00`, with seconds or without (RFC 3339 §5.6 without an offset). */
const form = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?$/;

const day = 86_400_000;

/** What clocks show, in milliseconds as if it were UTC. Throws where there is no such date or time. */
export function parseLocalTime(text: string): number {
  const parts = form.exec(text);
  if (parts === null) throw new Error(`not a date and time without a time zone: ${text}`);
  const [, date, hour, minute, second = "00"] = parts;
  const shown = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
  // `Date` knows a 24:00 and goes on counting behind the end of a month.
  if (Number.isNaN(shown) || new Date(shown).toISOString().slice(0, 19) !== `${date}T${hour}:${minute}:${second}`)
    throw new Error(`no such date and time: ${text}`);
  return shown;
}

export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
    return true;
  } catch {
    return false;
  }
}

/** Clocks of one time zone. */
export class LocalClocks {
  readonly #format: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  }

  /**
   * The instant at which they show it, in milliseconds since the epoch. Of a time that they show twice the first is meant; where
   * they leave it out, it is as much later (RFC 5545 §3.3.5, "compatible" in ECMAScript's Temporal).
   */
  instantOf(shown: number): number {
    const [before, behind] = [shown - day, shown + day].map((time) => this.#shownAt(time) - time) as [number, number];
    const first = [shown - before, shown - behind].find((time) => this.#shownAt(time) === shown);
    return first ?? shown - before;
  }

  #shownAt(time: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(time)) part[type] = Number(value);
    return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
  }
}
