import { describe, expect, test } from "vitest";
import { isTimeZone, LocalClocks, parseLocalTime } from "../../../compiler/text/local-time.ts";

const at = (text: string, timeZone: string): string =>
  new Date(new LocalClocks(timeZone).instantOf(parseLocalTime(text))).toISOString();

describe("a date and time without a time zone", () => {
  test.each([
    "2027-02-29T10:00",
    "2027-02-01T24:00",
    "2027-02-01T10:60",
    "2027-13-01T10:00",
    "2027-02-01 10:00",
    "2027-02-01T10:00Z",
    "2027-02-01",
    "2027-02-01T10:00:60",
  ])("%s is none", (text) => {
    expect(() => parseLocalTime(text)).toThrow(text);
  });

  // The instants are those of the IANA database, as `date -d 'TZ="…" …'` of GNU coreutils tells them.
  test.each([
    ["2027-02-01T10:00", "UTC", "2027-02-01T10:00:00.000Z"],
    ["2027-02-01T10:00:30", "Europe/Berlin", "2027-02-01T09:00:30.000Z"],
    ["2027-07-01T10:00", "Europe/Berlin", "2027-07-01T08:00:00.000Z"],
    ["2027-02-01T10:00", "America/New_York", "2027-02-01T15:00:00.000Z"],
    ["2027-02-01T10:00", "Asia/Kathmandu", "2027-02-01T04:15:00.000Z"],
    ["2027-02-01T00:00", "Pacific/Kiritimati", "2027-01-31T10:00:00.000Z"],
    // On both sides of a change.
    ["2027-03-28T01:59", "Europe/Berlin", "2027-03-28T00:59:00.000Z"],
    ["2027-03-28T03:00", "Europe/Berlin", "2027-03-28T01:00:00.000Z"],
    ["2027-10-31T03:00", "Europe/Berlin", "2027-10-31T02:00:00.000Z"],
  ])("%s in %s is %s", (text, timeZone, instant) => {
    expect(at(text, timeZone)).toBe(instant);
  });

  test("one that clocks leave out is as much later", () => {
    expect(at("2027-03-28T02:30", "Europe/Berlin")).toBe("2027-03-28T01:30:00.000Z");
    // Half an hour only.
    expect(at("2027-10-03T02:10", "Australia/Lord_Howe")).toBe("2027-10-02T15:40:00.000Z");
  });

  test("of one that they show twice the first is meant", () => {
    expect(at("2027-10-31T02:30", "Europe/Berlin")).toBe("2027-10-31T00:30:00.000Z");
  });
});

test("time zones are those that this Node knows", () => {
  expect(isTimeZone("Europe/Berlin")).toBe(true);
  expect(isTimeZone("Berlin")).toBe(false);
});
