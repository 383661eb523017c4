import { expect, onTestFinished, test } from "vitest";
import { occurrencesOf } from "../../../compiler/policies/brownout/occurrences.ts";
import type { Life } from "../../../runtime/life/life.ts";
import { createBrownout } from "../../../runtime/policies/brownout/index.ts";
import { TurnedClock } from "../../harness/turned-clock.ts";

const midnight = Date.UTC(2026, 11, 1);
const minute = 60_000;

test("one process tells of what is planned, of each begin and of each end, and is done behind the last", async () => {
  const turned = new TurnedClock();
  const edges = [1, 2, 5, 7].map((minutes) => midnight + minutes * minute + 30_000);
  const brownout = createBrownout({ at: "policies.yaml:3", status: 410, edges });
  const lines: string[] = [];
  const ending = new AbortController();
  const log = {
    write: (level: string, message: string, fields: object) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
  };
  // What `own` uses of a life.
  brownout.own({ log, signal: ending.signal } as unknown as Life);
  expect(lines).toEqual(['info brown-outs are planned {"next":"2026-12-01T00:01:30Z","nextUntil":"2026-12-01T00:02:30Z"}']);
  await turned.turn(89_999);
  expect(lines).toHaveLength(1);
  await turned.turn(1);
  expect(lines.splice(1)).toEqual(['warning a brown-out has begun {"until":"2026-12-01T00:02:30Z"}']);
  expect(brownout.state()).toEqual({
    openUntil: "2026-12-01T00:02:30Z",
    next: "2026-12-01T00:05:30Z",
    nextUntil: "2026-12-01T00:07:30Z",
    refused: 0,
  });
  await turned.turn(minute);
  expect(lines.splice(1)).toEqual([
    'info the brown-out is over {"next":"2026-12-01T00:05:30Z","nextUntil":"2026-12-01T00:07:30Z"}',
  ]);
  await turned.turn(10 * minute);
  expect(lines.splice(1)).toEqual([
    'warning a brown-out has begun {"until":"2026-12-01T00:07:30Z"}',
    "info the brown-out is over {}",
  ]);
  expect(turned.waiting).toBe(0);
});

test("nothing is awake behind the end of a tenure", async () => {
  const turned = new TurnedClock();
  const ending = new AbortController();
  const brownout = createBrownout({ at: "here", status: 503, edges: [midnight + minute, midnight + 2 * minute] });
  brownout.own({ log: { write: () => {} }, signal: ending.signal } as unknown as Life);
  expect(turned.waiting).toBe(1);
  ending.abort();
  expect(turned.waiting).toBe(0);
});

test("a window that comes again keeps its time of the day where clocks are changed", () => {
  const every = (step: "day" | "week", start: string): string[] =>
    occurrencesOf({
      windows: [{ start, duration: "10m", every: step, times: 3 }],
      timeZone: "Europe/Berlin",
      status: 410,
    }).map((one) => new Date(one.start).toISOString().slice(0, 16));
  expect(every("day", "2027-03-27T10:00")).toEqual(["2027-03-27T09:00", "2027-03-28T08:00", "2027-03-29T08:00"]);
  expect(every("week", "2027-10-24T10:00")).toEqual(["2027-10-24T08:00", "2027-10-31T09:00", "2027-11-07T09:00"]);
});

test("a window that begins at a midnight that clocks leave out or show twice, and one that crosses such a night, is as long as it says", () => {
  const at = (timeZone: string, start: string, duration: string): string[] =>
    occurrencesOf({ windows: [{ start, duration }], timeZone, status: 410 }).flatMap((one) =>
      [one.start, one.end].map((time) => new Date(time).toISOString().slice(0, 16)),
    );
  // At 00:00 they show 01:00.
  expect(at("Asia/Beirut", "2027-03-28T00:00", "30m")).toEqual(["2027-03-27T22:00", "2027-03-27T22:30"]);
  // From 00:00 to 01:00 twice: the first time counts.
  expect(at("America/Havana", "2027-11-07T00:30", "1h")).toEqual(["2027-11-07T04:30", "2027-11-07T05:30"]);
  expect(at("Europe/Berlin", "2027-03-27T23:30", "4h")).toEqual(["2027-03-27T22:30", "2027-03-28T02:30"]);
  expect(at("Europe/Berlin", "2027-10-30T23:30", "4h")).toEqual(["2027-10-30T21:30", "2027-10-31T01:30"]);
});

test("windows are in order, however they are written", () => {
  const windows = [
    { start: "2027-02-02T00:00", duration: "1h" },
    { start: "2027-02-01T00:00", duration: "1h", every: "day" as const, times: 3 },
  ];
  const pointers = occurrencesOf({ windows: [windows[1]!, windows[0]!], status: 410 }).map(({ pointer }) => pointer);
  expect(pointers).toEqual(["/windows/0", "/windows/0", "/windows/1", "/windows/0"]);
});

test("clocks are made once for all windows: each costs as much as hundreds of looks at them", () => {
  const real = Intl.DateTimeFormat;
  onTestFinished(() => void (Intl.DateTimeFormat = real));
  let made = 0;
  Intl.DateTimeFormat = new Proxy(real, {
    construct: (format, parts: ConstructorParameters<typeof Intl.DateTimeFormat>) => {
      made++;
      return new format(...parts);
    },
  });
  const windows = [{ start: "2027-02-01T00:00", duration: "1h", every: "day" as const, times: 53 }];
  expect(occurrencesOf({ windows, timeZone: "Europe/Berlin", status: 410 })).toHaveLength(53);
  expect(made).toBe(1);
});
