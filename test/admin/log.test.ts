import { expect, onTestFinished, test, vi } from "vitest";
import { logError } from "../../runtime/http/log-error.ts";
import { clock } from "../../runtime/life/clock.ts";
import { logging } from "../../runtime/log/level.ts";
import { createLog, say } from "../../runtime/log/log.ts";
import { logLines } from "./support.ts";

/** Time that a test turns. */
function turned(): (milliseconds: number) => void {
  let now = 1_000_000;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const monotonic = vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  const wall = vi.spyOn(clock, "wall").mockImplementation(() => Date.UTC(2026, 11, 1));
  onTestFinished(() => {
    monotonic.mockRestore();
    wall.mockRestore();
    vi.useRealTimers();
  });
  return (milliseconds) => {
    now += milliseconds;
    vi.advanceTimersByTime(milliseconds);
  };
}

const time = "2026-12-01T00:00:00.000Z";

test("an event is one JSON line with its fields; what the process does is said in sentences", () => {
  turned();
  const lines = logLines();
  createLog({ thing: "stores.default" }).with({ node: "a:1" }).write("warning", "store lost", { tries: 3, why: undefined });
  say("info", "shop listens");
  expect(lines).toEqual([
    `{"time":"${time}","level":"warning","message":"store lost","thing":"stores.default","node":"a:1","tries":3}`,
    "gatewright: shop listens",
  ]);
});

test("--log-format json: every line is JSON; --log-format text: events are for people, with the stack below", () => {
  turned();
  const lines = logLines();
  logging.format = "json";
  say("info", "shop listens");
  logging.format = "text";
  say("info", "shop listens");
  createLog().write("info", "list fetched", { url: "https://a/b", entries: 7, note: "two words" });
  logError("it broke", new Error("because"));
  expect(lines.slice(0, 3)).toEqual([
    `{"time":"${time}","level":"info","message":"shop listens"}`,
    "gatewright: shop listens",
    `${time} info: list fetched (url=https://a/b entries=7 note="two words")`,
  ]);
  expect(lines[3]).toMatch(new RegExp(`^${time} error: it broke\nError: because\n {4}at `));
});

test("the level is that of now, and what is below it is not counted either", () => {
  const turn = turned();
  const lines = logLines();
  const log = createLog();
  logging.level = "error";
  for (let index = 0; index < 100; index++) log.write("warning", "slow");
  logging.level = "warning";
  log.write("warning", "slow");
  log.write("info", "fine");
  turn(60_000);
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(["slow"]);
});

test("one event writes sixty lines a minute, then how many more there were, with no further event to bring it about", () => {
  const turn = turned();
  const lines = logLines();
  const log = createLog({ thing: "a" });
  for (let index = 0; index < 1_294; index++) log.write("warning", "service down", { index });
  // Others are not held up.
  createLog({ thing: "b" }).write("warning", "service down");
  log.write("warning", "something else");
  expect(lines.length).toBe(62);
  turn(60_000);
  expect(lines.length).toBe(63);
  expect(JSON.parse(lines[62]!)).toEqual({ time, level: "warning", message: "service down", more: 1_234 });
  logging.format = "text";
  for (let index = 0; index < 61; index++) log.write("warning", "service down");
  turn(60_000);
  expect(lines.at(-1)).toBe(`${time} warning: … and 1 more like it: service down`);
  turn(600_000);
  expect(lines.length).toBe(124);
});

test("events without number share a count, so that memory is bounded", () => {
  const turn = turned();
  const lines = logLines();
  for (let index = 0; index < 3_000; index++) createLog().write("warning", `no connection to ${index}`);
  expect(lines.length).toBe(1_060);
  turn(60_000);
  expect(JSON.parse(lines.at(-1)!)).toEqual({ time, level: "warning", message: "other events", more: 1_940 });
});

test("errors of two places, or of two operations, are told apart", () => {
  turned();
  const lines = logLines();
  const here = () => new Error("x");
  const there = () => new Error("x");
  for (let index = 0; index < 100; index++) {
    logError("a request failed", here());
    logError("a request failed", there());
  }
  expect(lines.length).toBe(120);
});
