import type { TimeWindow, Windows } from "./fixed-window.ts";

export interface CalendarConfig {
  readonly unit: "hour" | "day" | "month";
  /** Name of the IANA database that Node knows: `Europe/Berlin`. */
  readonly timeZone: string;
}

export const createCalendar = (config: CalendarConfig): Windows => new Calendar(config);

const hour = 3_600_000;
const second = 1000;

/** A little more than a day or month has anywhere, with a clock that is put back and a date line that is moved. */
const longest = { hour, day: 50 * hour, month: 33 * 24 * hour };

/**
 * Hours, days and months as clocks on the wall show them. A day begins with the first instant of its date: at midnight, or
 * where clocks go forward over midnight (America/Sao_Paulo until 2019, Asia/Beirut), at the time that comes instead. It has
 * 23 or 25 hours where clocks are changed.
 */
class Calendar implements Windows {
  declare readonly __made: true;
  readonly id: string;
  readonly longest: number;
  readonly #unit: CalendarConfig["unit"];
  readonly #local: Intl.DateTimeFormat;

  constructor({ unit, timeZone }: CalendarConfig) {
    this.id = `${unit} ${timeZone}`;
    this.#unit = unit;
    this.longest = longest[unit];
    this.#local = new Intl.DateTimeFormat("en-US", {
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

  around(now: number): TimeWindow {
    if (this.#unit === "hour") {
      // Clocks are changed by whole or half hours: an hour is one of the clock then in force, and has sixty minutes.
      const ahead = this.#clock(now) - Math.floor(now / second) * second;
      const start = Math.floor((now + ahead) / hour) * hour - ahead;
      return { start, end: start + hour };
    }
    const label = this.#label(now);
    return {
      start: this.#firstOf((time) => this.#label(time) >= label, now - this.longest, now),
      end: this.#firstOf((time) => this.#label(time) > label, now, now + this.longest),
    };
  }

  /** The first whole second from which on it holds: not at `before`, and at `after`. */
  #firstOf(holds: (time: number) => boolean, before: number, after: number): number {
    let no = Math.floor(before / second);
    let yes = Math.ceil(after / second);
    while (yes - no > 1) {
      const middle = Math.floor((no + yes) / 2);
      if (holds(middle * second)) yes = middle;
      else no = middle;
    }
    return yes * second;
  }

  /** Grows from one window to the next: days, or months, since the epoch, as the calendar on the wall shows them. */
  #label(time: number): number {
    const date = new Date(this.#clock(time));
    return this.#unit === "day" ? Math.floor(date.getTime() / (24 * hour)) : date.getUTCFullYear() * 12 + date.getUTCMonth();
  }

  /** What clocks show, read as if it were UTC. */
  #clock(time: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#local.formatToParts(time)) part[type] = Number(value);
    return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
  }
}
