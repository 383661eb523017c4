import { fail } from "./error.ts";
import type { Timestamp } from "./timestamp.ts";

/** Reads a field of the calendar off a date that was shifted so that its UTC fields are local. */
function utc(timestamp: Timestamp): Date {
  return new Date(timestamp.seconds * 1000);
}

export function fullYear(timestamp: Timestamp): number {
  return utc(timestamp).getUTCFullYear();
}

/** Counted from 0. */
export function month(timestamp: Timestamp): number {
  return utc(timestamp).getUTCMonth();
}

/** Day of the month, counted from 1. */
export function date(timestamp: Timestamp): number {
  return utc(timestamp).getUTCDate();
}

/** Day of the month, counted from 0. */
export function dayOfMonth(timestamp: Timestamp): number {
  return utc(timestamp).getUTCDate() - 1;
}

/** 0 is Sunday. */
export function dayOfWeek(timestamp: Timestamp): number {
  return utc(timestamp).getUTCDay();
}

/** Counted from 0. */
export function dayOfYear(timestamp: Timestamp): number {
  const at = utc(timestamp);
  return Math.floor((at.getTime() - new Date(0).setUTCFullYear(at.getUTCFullYear(), 0, 1)) / 86_400_000);
}

export function hours(timestamp: Timestamp): number {
  return utc(timestamp).getUTCHours();
}

export function minutes(timestamp: Timestamp): number {
  return utc(timestamp).getUTCMinutes();
}

export function seconds(timestamp: Timestamp): number {
  return utc(timestamp).getUTCSeconds();
}

export function milliseconds({ nanos }: Timestamp): number {
  return Math.floor(nanos / 1e6);
}

/** The timestamp whose fields in UTC are those of `timestamp` in `zone`: a name of the IANA data base or `[+-]hh:mm`. */
export function inZone(timestamp: Timestamp, zone: string): Timestamp {
  return { seconds: timestamp.seconds + offsetSeconds(timestamp, zone), nanos: timestamp.nanos };
}

function offsetSeconds(timestamp: Timestamp, zone: string): number {
  const fixed = /^([+-]?)(\d\d?):(\d\d)$/.exec(zone);
  if (fixed !== null) {
    const [hour, minute] = [Number(fixed[2]), Number(fixed[3])];
    if (hour > 23 || minute > 59) return fail("no such time zone");
    return (fixed[1] === "-" ? -1 : 1) * (hour * 60 + minute) * 60;
  }
  if (zone === "" || zone === "UTC" || zone === "Z") return 0;
  const parts: Record<string, string> = {};
  for (const { type, value } of zoneFormat(zone).formatToParts(timestamp.seconds * 1000)) parts[type] = value;
  const year = parts.era === "BC" ? 1 - Number(parts.year) : Number(parts.year);
  const local =
    new Date(0).setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day)) +
    ((Number(parts.hour) * 60 + Number(parts.minute)) * 60 + Number(parts.second)) * 1000;
  return local / 1000 - timestamp.seconds;
}

function zoneFormat(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      hourCycle: "h23",
    });
  } catch {
    return fail("no such time zone");
  }
}
