import { describe, expect, it } from "vitest";
import { createCalendar } from "../../../runtime/limits/calendar.ts";
import { FixedWindow } from "../../../runtime/limits/fixed-window.ts";

const hour = 3_600_000;

const windowAt = (unit: "hour" | "day" | "month", timeZone: string, now: string): string[] => {
  const { start, end } = createCalendar({ unit, timeZone }).around(Date.parse(now));
  return [new Date(start).toISOString(), new Date(end).toISOString()];
};

describe("a day of the calendar", () => {
  it.each([
    // A day like any other, and from its first to its last millisecond.
    ["Europe/Berlin", "2027-01-15T12:00:00Z", "2027-01-14T23:00:00.000Z", "2027-01-15T23:00:00.000Z"],
    ["Europe/Berlin", "2027-01-14T23:00:00.000Z", "2027-01-14T23:00:00.000Z", "2027-01-15T23:00:00.000Z"],
    ["Europe/Berlin", "2027-01-15T22:59:59.999Z", "2027-01-14T23:00:00.000Z", "2027-01-15T23:00:00.000Z"],
    // 23 and 25 hours (OmniRoute#13671).
    ["Europe/Berlin", "2027-03-28T12:00:00Z", "2027-03-27T23:00:00.000Z", "2027-03-28T22:00:00.000Z"],
    ["Europe/Berlin", "2027-10-31T12:00:00Z", "2027-10-30T22:00:00.000Z", "2027-10-31T23:00:00.000Z"],
    // Without midnight: clocks went from 0:00 to 1:00.
    ["America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00.000Z", "2018-11-05T02:00:00.000Z"],
    ["America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-03T03:00:00.000Z", "2018-11-04T03:00:00.000Z"],
    ["Asia/Beirut", "2024-03-31T12:00:00Z", "2024-03-30T22:00:00.000Z", "2024-03-31T21:00:00.000Z"],
    // Midnight twice: clocks went from 24:00 back to 23:00.
    ["America/Sao_Paulo", "2018-02-18T02:30:00Z", "2018-02-17T02:00:00.000Z", "2018-02-18T03:00:00.000Z"],
    // Half hours and quarters.
    ["Asia/Kathmandu", "2027-01-15T18:14:59Z", "2027-01-14T18:15:00.000Z", "2027-01-15T18:15:00.000Z"],
    ["Australia/Lord_Howe", "2027-04-04T05:00:00Z", "2027-04-03T13:00:00.000Z", "2027-04-04T13:30:00.000Z"],
    ["UTC", "2028-02-29T23:59:59.999Z", "2028-02-29T00:00:00.000Z", "2028-03-01T00:00:00.000Z"],
  ])("in %s at %s is from %s to %s", (timeZone, now, start, end) => {
    expect(windowAt("day", timeZone, now)).toEqual([start, end]);
  });

  it("ends where the next one begins, all year round", () => {
    for (const timeZone of ["Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Tehran", "Africa/Casablanca"]) {
      const calendar = createCalendar({ unit: "day", timeZone });
      let { end } = calendar.around(Date.UTC(2026, 0, 1));
      for (let day = 0; day < 366; day++) {
        const next = calendar.around(end);
        expect(next.start).toBe(end);
        expect([23, 24, 25]).toContain((next.end - next.start) / hour);
        end = next.end;
      }
    }
  });
});

describe("a month of the calendar", () => {
  it.each([
    ["Europe/Berlin", "2027-02-15T12:00:00Z", "2027-01-31T23:00:00.000Z", "2027-02-28T23:00:00.000Z"],
    ["Europe/Berlin", "2027-03-31T21:59:59.999Z", "2027-02-28T23:00:00.000Z", "2027-03-31T22:00:00.000Z"],
    ["UTC", "2028-02-01T00:00:00.000Z", "2028-02-01T00:00:00.000Z", "2028-03-01T00:00:00.000Z"],
  ])("in %s at %s is from %s to %s", (timeZone, now, start, end) => {
    expect(windowAt("month", timeZone, now)).toEqual([start, end]);
  });
});

describe("an hour of the calendar", () => {
  it.each([
    ["Asia/Kathmandu", "2027-01-15T12:20:00Z", "2027-01-15T12:15:00.000Z", "2027-01-15T13:15:00.000Z"],
    // The hour that comes twice is two hours.
    ["Europe/Berlin", "2027-10-31T00:30:00Z", "2027-10-31T00:00:00.000Z", "2027-10-31T01:00:00.000Z"],
    ["Europe/Berlin", "2027-10-31T01:30:00Z", "2027-10-31T01:00:00.000Z", "2027-10-31T02:00:00.000Z"],
  ])("in %s at %s is from %s to %s", (timeZone, now, start, end) => {
    expect(windowAt("hour", timeZone, now)).toEqual([start, end]);
  });
});

it("a daily quota is reset once on each day, at local midnight, also where clocks are changed (OmniRoute#13671, aiproxy#640)", () => {
  for (const [from, day] of [
    ["2027-03-27T12:00:00Z", "2027-03-28"],
    ["2027-10-30T12:00:00Z", "2027-10-31"],
  ] as const) {
    const law = new FixedWindow({ limit: 1, windows: createCalendar({ unit: "day", timeZone: "Europe/Berlin" }) });
    const cells = { doubles: new Float64Array(2), counts: new Uint32Array(4) };
    const passes: string[] = [];
    for (let now = Date.parse(from); now < Date.parse(from) + 48 * hour; now += 60_000)
      if (law.take(cells, 0, now, 1, 1)) passes.push(new Date(now).toLocaleString("sv-SE", { timeZone: "Europe/Berlin" }));
    expect(passes.slice(1)).toEqual([`${day} 00:00:00`, expect.stringMatching(/ 00:00:00$/)]);
  }
});
