import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clock } from "../../../runtime/life/clock.ts";
import { type Hub, NobodyHolds } from "../../../runtime/life/hub.ts";
import type { Json } from "../../../runtime/life/json.ts";
import type { Life } from "../../../runtime/life/life.ts";
import { createEvenWindows, FixedWindow } from "../../../runtime/limits/fixed-window.ts";
import type { Law } from "../../../runtime/limits/law.ts";
import { SlidingWindow } from "../../../runtime/limits/sliding-window.ts";
import { TokenBucket } from "../../../runtime/limits/token-bucket.ts";
import { createMemoryStore, type MemoryStore } from "../../../runtime/stores/memory/memory-store.ts";
import { type Counters, type Failed, isFailed, type Taken } from "../../../runtime/stores/store.ts";
import { settled, TurnedClock } from "../../harness/turned-clock.ts";
import { NotedLog } from "../../life/support/things.ts";

interface Group {
  readonly workers: readonly Counters[];
  /** What each does now and then. */
  tick(): void;
  readonly asked: () => number;
  readonly log: NotedLog;
  /** Its process is gone; another has its place. */
  kill(index: number): Counters;
}

/** Several processes and the one that holds, without processes: questions cross a border that JSON crosses. */
function group(law: () => Law, size: number, hold: readonly Law[] = [law()]): Group {
  const limit = (one: Law) => ({ id: "limit", law: one, maxKeys: 1000 });
  const newStore = (): MemoryStore => createMemoryStore({ name: "default", maxBytes: 10_000 });
  const primary = newStore();
  for (const one of hold) primary.counters(limit(one));
  let answer: ((question: Json, from: number) => Json) | undefined;
  const leaving: ((from: number) => void)[] = [];
  const hub: Hub = {
    answer: (_topic, by) => void (answer = by),
    left: (listener) => void leaving.push(listener),
  };
  if (hold.length > 0) primary.hold(hub);
  const log = new NotedLog();
  let asked = 0;
  const ticks: (() => unknown)[] = [];
  const start = (index: number, from: number): Counters => {
    const store = newStore();
    const counters = store.counters(limit(law()));
    const life = {
      log,
      group: { size, index },
      every: (_milliseconds: number, work: () => unknown) => {
        ticks.push(work);
        return { soon() {}, stop() {} };
      },
      events: () => ({ publish() {}, subscribe() {} }),
      ask: async (_topic: string, question: Json) => {
        asked++;
        const asJson = JSON.parse(JSON.stringify(question)) as Json;
        await settled();
        if (answer === undefined) throw new NobodyHolds("nobody");
        return JSON.parse(JSON.stringify(answer(asJson, from))) as Json;
      },
    } as unknown as Life;
    store.start(life);
    return counters;
  };
  const workers = Array.from({ length: size }, (_, index) => start(index, index + 1));
  let next = size + 1;
  return {
    workers,
    tick: () => {
      for (const work of ticks) work();
    },
    log,
    asked: () => asked,
    kill(index) {
      for (const listener of leaving) listener(index + 1);
      return (workers[index] = start(index, next++));
    },
  };
}

const outcome = (answer: Taken | Failed): boolean => {
  if (isFailed(answer)) throw new Error(answer.failed);
  return answer.passed;
};

describe.each<[string, (limit: number) => Law, (limit: number, times: readonly number[]) => void]>([
  [
    "a sliding window",
    (limit) => new SlidingWindow({ limit, window: 10_000 }),
    (limit, times) => expect(mostWithin(times, 10_000)).toBeLessThanOrEqual(limit),
  ],
  [
    "a token bucket",
    (limit) => new TokenBucket({ limit, window: 10_000, burst: limit }),
    (limit, times) => {
      for (const spans of [1, 2, 3]) expect(mostWithin(times, spans * 10_000)).toBeLessThanOrEqual(limit * (1 + spans));
    },
  ],
  [
    "a fixed window",
    (limit) => new FixedWindow({ limit, windows: createEvenWindows({ window: 10_000 }) }),
    (limit, times) => {
      const sums = new Map<number, number>();
      for (const time of times) sums.set(Math.floor(time / 10_000), (sums.get(Math.floor(time / 10_000)) ?? 0) + 1);
      expect(Math.max(0, ...sums.values())).toBeLessThanOrEqual(limit);
    },
  ],
])("%s over a group of processes", (_name, lawOf, holds) => {
  it.each([7, 300])("of %i never lets more pass, whoever asks when, and whoever is killed", async (limit) => {
    const turned = new TurnedClock();
    const steps = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 60 })),
      {
        minLength: 20,
        maxLength: 60,
      },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { workers, kill, tick } = group(() => lawOf(limit), 3);
        const times: number[] = [];
        for (const [wait, index, count] of all) {
          await turned.turn(wait);
          if (wait > 200) tick();
          if (count === 60) kill(index);
          const time = clock.wall();
          for (const answer of await Promise.all(Array.from({ length: count }, () => workers[index]!.take("caller", 1))))
            if (outcome(answer)) times.push(time);
        }
        holds(limit, times);
      }),
      { numRuns: 30 },
    );
  });

  it("lets all of it pass where one process gets all requests, less what others have on lease", async () => {
    new TurnedClock();
    const { workers, asked } = group(() => lawOf(1000), 2);
    let passed = 0;
    for (let request = 0; request < 1500; request++) if (outcome(await workers[0]!.take("caller", 1))) passed++;
    expect(passed).toBe(1000);
    // On lease, most are answered without asking.
    expect(asked()).toBeLessThan(50);
  });
});

describe("a group of processes", () => {
  const small = (): Law => new TokenBucket({ limit: 5, window: 60_000, burst: 5 });
  const large = (): Law => new TokenBucket({ limit: 1000, window: 60_000, burst: 1000 });

  it("lets one of those that come together ask for a lease, and the others have of it", async () => {
    new TurnedClock();
    const { workers, asked } = group(large, 2);
    const answers = await Promise.all(Array.from({ length: 100 }, () => workers[0]!.take("caller", 1)));
    expect(answers.map(outcome).filter(Boolean)).toHaveLength(100);
    expect(asked()).toBe(1);
  });

  it("renews a lease that is in use before it is over: nobody waits for one as time goes by", async () => {
    const turned = new TurnedClock();
    // A lease of ten seconds' limit lasts one, and is looked at three times.
    const { workers, tick } = group(() => new TokenBucket({ limit: 10_000, window: 10_000, burst: 10_000 }), 2);
    expect(outcome(await workers[0]!.take("caller", 1))).toBe(true);
    for (let third = 0; third < 30; third++) {
      for (let request = 0; request < 20; request++) {
        const answer = workers[0]!.take("caller", 1);
        // At once: an answer that is waited for is a promise.
        expect(answer).toMatchObject({ passed: true });
      }
      await turned.turn(333);
      tick();
      await settled();
      await settled();
    }
  });

  it("gives back what nobody uses of a lease before it is over", async () => {
    const turned = new TurnedClock();
    const { workers, tick } = group(large, 2);
    for (let request = 0; request < 10; request++) await workers[0]!.take("caller", 1);
    expect(((await workers[1]!.look("caller")) as { left: number }).left).toBeLessThan(900);
    for (let third = 0; third < 6; third++) {
      await turned.turn(1600);
      tick();
      await settled();
      await settled();
    }
    // Ten were used; the bucket fills while the time passes.
    expect(((await workers[1]!.look("caller")) as { left: number }).left).toBeGreaterThanOrEqual(990);
  });

  it("counts exactly where each request is asked for", async () => {
    new TurnedClock();
    const { workers } = group(small, 4);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => workers[index % 4]!.take("caller", 1)));
    expect(answers.map(outcome).filter(Boolean)).toHaveLength(5);
  });

  it("keeps its counts when a process is killed", async () => {
    new TurnedClock();
    const { workers, kill } = group(small, 2);
    for (let time = 0; time < 5; time++) expect(outcome(await workers[0]!.take("caller", 1))).toBe(true);
    expect(outcome(await kill(0).take("caller", 1))).toBe(false);
  });

  it("takes what a killed process had on lease for used, until it would be over", async () => {
    const turned = new TurnedClock();
    const { workers, kill } = group(large, 2);
    expect(outcome(await workers[0]!.take("caller", 1))).toBe(true);
    const before = await workers[1]!.look("caller");
    kill(0);
    expect(await workers[1]!.look("caller")).toMatchObject({ left: (before as { left: number }).left });
    await turned.turn(60_000);
    expect(await workers[1]!.look("caller")).toMatchObject({ left: 1000 });
  });

  it("asks nobody about a caller that is over", async () => {
    new TurnedClock();
    const { workers, asked } = group(small, 2);
    for (let time = 0; time < 6; time++) await workers[0]!.take("caller", 1);
    const before = asked();
    for (let time = 0; time < 100; time++) expect(outcome(await workers[0]!.take("caller", 1))).toBe(false);
    expect(asked()).toBe(before);
  });

  it("divides a limit that nobody holds, and says so once: never over", async () => {
    new TurnedClock();
    const { workers, log } = group(small, 3, []);
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => workers[index % 3]!.take(`caller`, 1)));
    expect(answers.map(outcome).filter(Boolean)).toHaveLength(5);
    expect(log.lines.filter((line) => line.startsWith("warning limit is divided among workers"))).toHaveLength(3);
  });

  it("divides a limit of which the holder knows another kind", async () => {
    new TurnedClock();
    const { workers } = group(small, 2, [large()]);
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => workers[index % 2]!.take("caller", 1)));
    expect(answers.map(outcome).filter(Boolean)).toHaveLength(5);
  });

  it("settles what was reserved, and forgets whom it is told to", async () => {
    new TurnedClock();
    const { workers } = group(large, 2);
    const taken = await workers[0]!.take("caller", 100);
    if (isFailed(taken)) throw new Error(taken.failed);
    workers[0]!.settle("caller", 100, taken.at, 30);
    await settled();
    await settled();
    const standing = (await workers[1]!.look("caller")) as { left: number };
    expect(await workers[1]!.reset("caller")).toBe(true);
    // The lease of the first one is what is left of it.
    expect(((await workers[1]!.look("caller")) as { left: number }).left).toBe(standing.left + 30);
  });
});

/** The most that any span of this length let pass. */
function mostWithin(times: readonly number[], span: number): number {
  let first = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while (time - times[first]! >= span) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
