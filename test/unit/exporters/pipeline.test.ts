import { expect, test } from "vitest";
import { BoundedQueue } from "../../../runtime/exporters/bounded-queue.ts";
import type { Outcome } from "../../../runtime/exporters/outcome.ts";
import { Pipeline, type PipelineConfig } from "../../../runtime/exporters/pipeline.ts";
import type { QueueBounds } from "../../../runtime/exporters/queue.ts";
import { clock as time } from "../../../runtime/life/clock.ts";
import { timers } from "../../../runtime/life/timers.ts";
import type { Log } from "../../../runtime/log/log.ts";
import { settled, TurnedClock } from "../../harness/turned-clock.ts";

const taken: Outcome = { kind: "taken", rejected: 0 };
const away: Outcome = { kind: "later", why: "nothing listens there" };

/** A pipeline of numbers, the batches that it sent, and what the other side says; an undefined answer never comes. */
function piped(
  answer: (batch: readonly number[], attempt: number) => Outcome | undefined,
  {
    queue = { items: 1_000, bytes: 1e9, ageMs: 300_000, full: "dropOldest" },
    ...config
  }: Partial<PipelineConfig<number, readonly number[]>> & { readonly queue?: QueueBounds & { readonly ageMs: number } } = {},
) {
  const clock = new TurnedClock();
  const batches: (readonly number[])[] = [];
  const lines: string[] = [];
  const log: Log = {
    write: (level, event, fields) => void lines.push(`${level} ${event} ${JSON.stringify(fields)}`),
    with: () => log,
  };
  const state = { most: 0, open: 0 };
  const pipeline = new Pipeline<number, readonly number[]>({
    signal: "traces",
    createQueue: (dropped) => new BoundedQueue(queue, { count: () => 1, bytes: () => 100 }, dropped),
    ageMs: queue.ageMs,
    batch: { items: 10, delayMs: 1_000 },
    concurrency: 4,
    ship: async (items, signal) => {
      batches.push(items);
      state.most = Math.max(state.most, ++state.open);
      const outcome = answer(items, batches.length);
      const came = outcome ?? (await new Promise<Outcome>((resolve) => signal.addEventListener("abort", () => resolve(away))));
      state.open--;
      return came;
    },
    ...config,
  });
  pipeline.start(log);
  const take = (from: number, to: number): void => {
    for (let item = from; item <= to; item++) pipeline.take(item, time.monotonic());
  };
  const { figures } = pipeline;
  /** Of all that was taken, nothing is unaccounted for. */
  const sum = (): number => figures.sent + figures.rejected + figures.dropped + figures.failed + pipeline.waiting.items;
  return { clock, pipeline, batches, lines, state, take, figures, sum };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test("a batch is sent when it is full, or when its first item has waited for as long as it may", async () => {
  const { clock, take, batches } = piped(() => taken);
  take(1, 10);
  await clock.turn(0);
  expect(batches).toEqual([range(1, 10)]);
  take(11, 13);
  await clock.turn(999);
  expect(batches.length).toBe(1);
  await clock.turn(1);
  expect(batches[1]).toEqual([11, 12, 13]);
  expect(clock.waiting).toBe(0);
});

test("taking an item never sends: that is for later", () => {
  const { take, batches } = piped(() => taken);
  take(1, 500);
  expect(batches).toEqual([]);
});

test("telemetry row 22: no more than the bound are on their way at the same time", async () => {
  const { clock, take, state, figures } = piped(() => undefined);
  take(1, 500);
  await clock.turn(10_000);
  expect([state.most, figures.sent]).toEqual([4, 0]);
});

test("telemetry row 22: what failed is sent again after a pause that doubles, one at a time, until it gets there", async () => {
  let isAway = true;
  const { clock, take, batches, figures, state, lines, sum } = piped(() => (isAway ? away : taken));
  take(1, 40);
  await clock.turn(0);
  expect(batches.length).toBe(4);
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 7; attempt++) {
    pauses.push(clock.next);
    state.most = 0;
    await clock.turn(clock.next);
    expect([batches.length, state.most]).toEqual([5 + attempt, 1]);
  }
  for (const [index, pause] of pauses.entries()) {
    const longest = Math.min(30_000, 1_000 * 2 ** index);
    expect([pause >= longest / 2, pause <= longest]).toEqual([true, true]);
  }
  expect([figures.sent, sum()]).toEqual([0, 40]);
  isAway = false;
  await clock.turn(31_000);
  expect([figures.sent, sum()]).toEqual([40, 40]);
  expect(batches.slice(-4).toSorted(([one = 0], [other = 0]) => one - other)).toEqual([
    range(1, 10),
    range(11, 20),
    range(21, 30),
    range(31, 40),
  ]);
  expect(lines.at(-1)).toMatch(/^info exports succeed again /);
});

test("telemetry row 21: after `Retry-After: 30` nothing is sent for 30 s", async () => {
  const { clock, take, batches } = piped((_, attempt) => (attempt === 1 ? { ...away, pauseMs: 30_000 } : taken) as Outcome);
  take(1, 10);
  await clock.turn(0);
  take(11, 30);
  await clock.turn(29_999);
  expect(batches.length).toBe(1);
  await clock.turn(1);
  expect(batches).toEqual([range(1, 10), range(1, 10), range(11, 20), range(21, 30)]);
});

test("telemetry row 21: a batch that still gets through does not shorten the `Retry-After` of another", async () => {
  const { clock, take, batches } = piped((_, attempt) => (attempt === 1 ? { ...away, pauseMs: 30_000 } : taken) as Outcome);
  take(1, 20);
  await clock.turn(0);
  take(21, 40);
  await clock.turn(29_999);
  expect(batches).toEqual([range(1, 10), range(11, 20)]);
  await clock.turn(1);
  expect(batches.slice(2)).toEqual([range(1, 10), range(21, 30), range(31, 40)]);
});

test("telemetry row 21: of two batches that are to wait, the longer pause counts, whatever gets through meanwhile", async () => {
  const pauses = [30_000, 5_000];
  const { clock, take, batches } = piped((_, attempt) => {
    const pauseMs = pauses[attempt - 1];
    return pauseMs === undefined ? taken : { ...away, pauseMs };
  });
  take(1, 30);
  await clock.turn(29_999);
  expect(batches.length).toBe(3);
  await clock.turn(1);
  expect(batches.length).toBe(5);
});

test("telemetry row 21: a batch that is too large is halved, and a single item that is too large is dropped and counted", async () => {
  const tooLarge: Outcome = { kind: "tooLarge", why: "413" };
  const { clock, take, batches, figures, sum } = piped((items) => (items.includes(3) ? tooLarge : taken));
  take(1, 10);
  await clock.turn(0);
  expect(batches).toEqual([range(1, 10), [1, 2, 3, 4, 5], range(6, 10), [1, 2, 3], [4, 5], [1, 2], [3]]);
  expect([figures.sent, figures.dropped, sum()]).toEqual([9, 1, 10]);
});

test("after a batch was too large they are smaller, and grow again when many have got there", async () => {
  const { clock, take, batches } = piped((items) => (items.length > 5 ? { kind: "tooLarge", why: "413" } : taken));
  take(1, 10);
  await clock.turn(0);
  take(11, 20);
  await clock.turn(0);
  expect(batches.map(({ length }) => length)).toEqual([10, 5, 5, 5, 5]);
  take(1, 100);
  await clock.turn(1_000);
  expect(batches.filter(({ length }) => length === 10).length).toBeGreaterThan(1);
});

test("telemetry row 20: what the other side refused of a batch is counted and never sent again", async () => {
  const { clock, take, batches, figures, lines } = piped(() => ({ kind: "taken", rejected: 5, why: "it says: too old" }));
  take(1, 10);
  await clock.turn(60_000);
  expect([batches.length, figures.sent, figures.rejected]).toEqual([1, 5, 5]);
  expect(lines).toEqual([
    'warning some of what is exported is lost {"signal":"traces","reason":"it says: too old","waiting":0,"lost":5}',
  ]);
});

test("telemetry row 21: what is refused for good is counted as failed and never sent again", async () => {
  const { clock, take, batches, figures } = piped(() => ({ kind: "refused", why: "400" }));
  take(1, 10);
  await clock.turn(60_000);
  expect([batches.length, figures.failed]).toEqual([1, 10]);
});

test.each([
  ["dropOldest", range(961, 1_000)],
  ["dropNewest", range(5, 40)],
] as const)("a full queue drops what `full: %s` says, and counts it", async (full, expected) => {
  const { clock, take, pipeline, figures, batches, sum } = piped((_, attempt) => (attempt === 1 ? away : taken), {
    queue: { items: 40, bytes: 1e9, ageMs: 300_000, full },
    batch: { items: 4, delayMs: 1_000 },
    concurrency: 1,
  });
  take(1, 4);
  await clock.turn(0);
  // The four that are to be sent again hold their place.
  take(5, 1_000);
  expect([pipeline.waiting.items, figures.dropped, sum()]).toEqual([40, 960, 1_000]);
  await clock.turn(2_000);
  expect(batches.slice(2).flat()).toEqual(full === "dropNewest" ? expected : expected.slice(4));
});

test("the bound in bytes holds as the one in items does", () => {
  const { take, pipeline, figures } = piped(() => taken, {
    queue: { items: 1e6, bytes: 1_000, ageMs: 300_000, full: "dropNewest" },
  });
  take(1, 50);
  expect([pipeline.waiting, figures.dropped]).toEqual([{ items: 10, bytes: 1_000, oldestMs: 0 }, 40]);
});

test("what is older than it may be is dropped, also where it is to be sent again", async () => {
  const { clock, take, pipeline, figures, sum } = piped(() => ({ ...away, pauseMs: 40_000 }), {
    queue: { items: 1_000, bytes: 1e9, ageMs: 60_000, full: "dropOldest" },
  });
  take(1, 25);
  await clock.turn(30_000);
  expect(pipeline.waiting.oldestMs).toBe(30_000);
  take(26, 30);
  await clock.turn(55_000);
  expect([pipeline.waiting.items, figures.dropped, sum()]).toEqual([5, 25, 30]);
});

test("telemetry row 23: a collector that is dead for a million items costs bounded memory, one line a minute, and each is counted", async () => {
  const { clock, take, pipeline, figures, lines, sum } = piped(() => away, {
    queue: { items: 8_000, bytes: 1e9, ageMs: 300_000, full: "dropOldest" },
    batch: { items: 512, delayMs: 1_000 },
  });
  // 5,000 a second for 200 seconds.
  for (let second = 0; second < 200; second++) {
    take(1, 5_000);
    await clock.turn(1_000);
    expect(pipeline.waiting.items).toBeLessThanOrEqual(8_000);
  }
  expect([figures.sent, figures.dropped, sum()]).toEqual([0, 1_000_000 - pipeline.waiting.items, 1_000_000]);
  // One at the beginning of each minute; pauses are as long as half a minute.
  expect([lines.length >= 3, lines.length <= 4]).toEqual([true, true]);
  expect(lines.every((line) => line.startsWith("warning exports fail "))).toBe(true);
});

test("a collector that is slow costs the same, and the log says why", async () => {
  const slow = async (): Promise<Outcome> =>
    new Promise((resolve) => timers.after(2_000, { broke: () => {} }, () => resolve(taken)));
  const { clock, take, figures, lines, pipeline, sum } = piped(() => taken, {
    queue: { items: 2_000, bytes: 1e9, ageMs: 300_000, full: "dropOldest" },
    batch: { items: 100, delayMs: 1_000 },
    ship: slow,
  });
  for (let second = 0; second < 100; second++) {
    take(1, 1_000);
    await clock.turn(1_000);
  }
  // Four batches of a hundred each two seconds.
  expect([pipeline.waiting.items, figures.sent, sum()]).toEqual([1_600, 20_000, 100_000]);
  expect(lines.length).toBe(2);
  expect(lines[0]).toMatch(/^warning some of what is exported is lost .*the queue is full: more comes than the collector takes/);
});

test("telemetry row 25: at the end all is sent, for as long as there is time, and the rest is counted", async () => {
  let answered = 0;
  const { clock, take, pipeline, figures, lines, sum } = piped(() => (++answered > 8 ? undefined : taken));
  take(1, 200);
  const end = pipeline.end(2_500);
  await clock.turn(2_500);
  await end;
  expect([figures.sent, figures.dropped, sum(), clock.waiting]).toEqual([80, 120, 200, 0]);
  expect(lines).toEqual(['warning the gateway ends before all was exported {"signal":"traces","lost":120}']);
  take(1, 5);
  await clock.turn(10_000);
  expect([figures.dropped, clock.waiting]).toEqual([125, 0]);
});

test.each([
  ["is away", away, 3],
  ["wants to be left alone for a minute", { ...away, pauseMs: 60_000 }, 1],
] as const)("the end does not wait for a collector that %s", async (_, outcome, most) => {
  const { clock, take, pipeline, figures, batches } = piped(() => outcome, { concurrency: 1 });
  take(1, 10);
  await clock.turn(1);
  const end = pipeline.end(2_500).then(() => clock);
  await clock.turn(most === 1 ? 0 : 1_000);
  await end;
  expect([batches.length, figures.dropped]).toEqual([most, 10]);
});

test("with nothing to send the end is there at once", async () => {
  const { pipeline, clock } = piped(() => taken);
  await Promise.all([pipeline.end(2_500), settled()]);
  expect(clock.waiting).toBe(0);
});
