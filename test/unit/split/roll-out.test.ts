import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { chanceOf } from "../../../runtime/policies/fault-injection/chance.ts";
import { CallerCount } from "../../../runtime/policies/split/roll-out/callers.ts";
import { evidenceOf, gainOverBound, gainOverOld, noWealth, plus } from "../../../runtime/policies/split/roll-out/evidence.ts";
import { Judge } from "../../../runtime/policies/split/roll-out/judge.ts";
import { added, type Counts, type RollOutPlan, type StepPlan } from "../../../runtime/policies/split/roll-out/plan.ts";
import { countsIn } from "../../../runtime/policies/split/roll-out/recorded.ts";
import { type FirstAttemptAt, type Sample, Samples } from "../../../runtime/policies/split/roll-out/samples.ts";
import { TurnedClock } from "../../../runtime/policies/split/roll-out/turned-clock.ts";
import { firstAttemptAt } from "../../../runtime/upstream/attempts/first-attempt.ts";

const step = (share: number, more: Partial<StepPlan> = {}): StepPlan => ({
  share,
  after: 60_000,
  until: null,
  hold: false,
  ...more,
});

const plan = (more: Partial<RollOutPlan> = {}): RollOutPlan => ({
  base: 0,
  steps: [step(0.05), step(0.25), step(1)],
  metrics: [
    { name: "errors", allowed: 0.001, bound: null },
    { name: "p99", allowed: 0.01, bound: 300 },
  ],
  minimum: 100,
  callers: 0,
  falseAlarms: 0.01,
  ...more,
});

/** Requests to the new service and those that failed, and the same of the old one. */
const seen = (fresh: number, failed: number, old: number, oldFailed: number, slow = 0): Counts => ({
  fresh: { all: fresh, bad: [failed, slow] },
  old: { all: old, bad: [oldFailed, 0] },
});

describe("the evidence", () => {
  test("has an expectation of 1 where both services are alike, whatever share is bad", () => {
    // Exactly: each number of bad requests in the new arm with its hypergeometric chance.
    for (const [fresh, old, bad] of [
      [10, 190, 3],
      [40, 60, 25],
      [5, 5, 9],
    ] as const) {
      let [mean, whole] = [0, 0];
      for (let count = Math.max(0, bad - old); count <= Math.min(bad, fresh); count++) {
        const chance = (choose(fresh, count) * choose(old, bad - count)) / choose(fresh + old, bad);
        whole += chance;
        mean += chance * evidenceOf(gainOverOld({ all: fresh, bad: count }, { all: old, bad: bad - count }));
      }
      expect(whole).toBeCloseTo(1, 9);
      expect(mean).toBeCloseTo(1, 9);
    }
    let mean = 0;
    for (let count = 0; count <= 30; count++)
      mean += choose(30, count) * 0.02 ** count * 0.98 ** (30 - count) * evidenceOf(gainOverBound({ all: 30, bad: count }, 0.02));
    expect(mean).toBeCloseTo(1, 9);
  });

  test("grows with what is worse, and not with what is better", () => {
    const worse = gainOverOld({ all: 100, bad: 10 }, { all: 1_900, bad: 2 });
    expect(evidenceOf(worse)).toBeGreaterThan(1e6);
    expect(evidenceOf(gainOverOld({ all: 100, bad: 0 }, { all: 1_900, bad: 100 }))).toBeLessThan(1);
    expect(evidenceOf(plus(worse, noWealth))).toBe(evidenceOf(worse));
  });

  test("stays a number where everything fails", () => {
    const all = gainOverOld({ all: 20_000, bad: 20_000 }, { all: 20_000, bad: 0 });
    expect(all.every(Number.isFinite)).toBe(true);
    // What processes and stores tell each other is JSON, which has no other numbers.
    expect(Number.isFinite(evidenceOf(all))).toBe(true);
    expect(evidenceOf(gainOverOld({ all: 20_000, bad: 20_000 }, { all: 20_000, bad: 20_000 }))).toBeCloseTo(1, 9);
  });
});

describe("a roll-out", () => {
  /** `each` in each second from `from` on, in seconds. */
  const play = (judge: Judge, from: number, seconds: number, each: Counts, doubt?: string): void => {
    for (let second = from + 1; second <= from + seconds; second++) {
      judge.observe(each, second * 1_000);
      judge.advance(second * 1_000, doubt);
    }
  };

  test("goes through its steps while all is well, and is complete", () => {
    const judge = new Judge(plan(), 0);
    play(judge, 0, 59, seen(10, 0, 190, 0));
    expect(judge.standing).toMatchObject({ phase: "running", step: 0, share: 0.05, why: "lasts until 1970-01-01T00:01:00.000Z" });
    play(judge, 59, 1, seen(10, 0, 190, 0));
    expect(judge.standing).toMatchObject({ step: 1, share: 0.25 });
    play(judge, 60, 60, seen(50, 0, 150, 0));
    expect(judge.standing).toMatchObject({ step: 2, share: 1 });
    play(judge, 120, 60, seen(200, 0, 0, 0));
    expect(judge.standing).toMatchObject({ phase: "complete", share: 1 });
    // What it has reached is no longer judged.
    play(judge, 180, 10, seen(200, 200, 0, 0));
    expect(judge.standing.phase).toBe("complete");
  });

  test("waits without traffic, and says so (argo-rollouts#1905)", () => {
    const judge = new Judge(plan(), 0);
    play(judge, 0, 300, seen(0, 0, 200, 0));
    expect(judge.standing).toMatchObject({ step: 0, why: "held: the new service has had no requests in this step" });
    play(judge, 300, 1, seen(99, 0, 200, 0));
    expect(judge.standing).toMatchObject({ step: 0, why: "held: the new service has had 99 of 100 requests in this step" });
    play(judge, 301, 1, seen(1, 0, 200, 0));
    expect(judge.standing.step).toBe(1);
  });

  test("is rolled back for errors and for latency, to the share that it began with", () => {
    for (const [metric, bad] of [
      ["errors", seen(10, 3, 190, 1)],
      ["p99", seen(10, 0, 190, 0, 4)],
    ] as const) {
      const judge = new Judge(plan({ base: 0.01 }), 0);
      play(judge, 0, 30, bad);
      expect(judge.standing).toMatchObject({ phase: "rolledBack", share: 0.01 });
      expect(judge.standing.why.startsWith(`${metric}: bad are `)).toBe(true);
    }
  });

  test("is not rolled back for what the old service does as well, nor for what its objective allows", () => {
    const outage = new Judge(plan(), 0);
    play(outage, 0, 59, seen(10, 5, 190, 95));
    expect(outage.standing.phase).toBe("running");
    // 0.9% are slow, and none with the old service: 1% is promised.
    const slower = new Judge(plan(), 0);
    play(slower, 0, 600, seen(1_000, 0, 1_000, 0, 9));
    expect(slower.standing.phase).not.toBe("rolledBack");
  });

  test("is held while it is in doubt, or users are not distributed as they should be", () => {
    const judge = new Judge(plan(), 0);
    for (let second = 1; second <= 55; second++) judge.observe(seen(10, 0, 190, 0), second * 1_000);
    judge.observe(seen(10, 3, 190, 0), 56_000);
    judge.advance(61_000, undefined);
    expect(judge.standing).toMatchObject({ phase: "running", step: 0 });
    expect(judge.standing.why).toMatch(/^held: errors may be worse, and it is not sure yet \(bad are 0\.54% of 560 requests/);
    const crooked = new Judge(plan(), 0);
    play(crooked, 0, 90, seen(10, 0, 190, 0), "held: users");
    expect(crooked.standing).toMatchObject({ step: 0, why: "held: users" });
  });

  test("ends a step neither before `until` nor, with `hold`, before somebody says so", () => {
    const judge = new Judge(plan({ steps: [step(0.05, { until: 100_000 }), step(0.25, { hold: true }), step(1)] }), 0);
    play(judge, 0, 99, seen(10, 0, 190, 0));
    expect(judge.standing.step).toBe(0);
    play(judge, 99, 101, seen(10, 0, 190, 0));
    expect(judge.standing).toMatchObject({ step: 1, why: "held: waits for `continue`" });
    expect(judge.order({ do: "continue" }, 200_000)).toBeUndefined();
    expect(judge.standing.step).toBe(2);
  });

  test("judges what has nobody to be compared with by its bound, and by how the old service was", () => {
    const good = new Judge(plan({ steps: [step(1)] }), 0);
    play(good, 0, 59, seen(200, 0, 0, 0));
    expect(good.standing.phase).toBe("running");
    const bad = new Judge(plan({ steps: [step(1)] }), 0);
    play(bad, 0, 30, seen(200, 10, 0, 0));
    expect(bad.standing).toMatchObject({ phase: "rolledBack", share: 0 });
    // Three of 100 failed before, and do so now.
    const same = new Judge(plan({ steps: [step(0.5), step(1)] }), 0);
    play(same, 0, 60, seen(100, 3, 100, 3));
    expect(same.standing.step).toBe(1);
    play(same, 60, 59, seen(200, 6, 0, 0));
    expect(same.standing.phase).toBe("running");
  });

  test("finds what becomes bad after hours", () => {
    const judge = new Judge(plan({ steps: [step(0.05, { after: 86_400_000 }), step(1)] }), 0);
    play(judge, 0, 4 * 3_600, seen(10, 0, 190, 0));
    play(judge, 4 * 3_600, 60, seen(10, 1, 190, 0));
    expect(judge.standing.phase).toBe("rolledBack");
    expect(judge.evidence.epochs.length).toBeLessThanOrEqual(8);
  });

  test("goes on where another process was, also with other steps", () => {
    const judge = new Judge(plan(), 0);
    play(judge, 0, 80, seen(10, 0, 190, 0));
    const next = new Judge(plan({ steps: [step(0.01), step(0.05), step(0.25), step(1)] }), 80_000);
    next.adopt(JSON.parse(JSON.stringify(judge.standing)), JSON.parse(JSON.stringify(judge.evidence)));
    expect(next.standing).toMatchObject({ step: 2, share: 0.25 });
    expect(next.evidence).toEqual(judge.evidence);
  });

  test("is not held for as long as a clock goes back, nor ended before its time where it goes forward", () => {
    const back = new Judge(plan(), 1e9);
    play(back, 1e6, 30, seen(10, 0, 190, 0));
    back.turned(-1e9);
    play(back, 30, 29, seen(10, 0, 190, 0));
    expect(back.standing.step).toBe(0);
    play(back, 59, 1, seen(10, 0, 190, 0));
    expect(back.standing.step).toBe(1);
    const forward = new Judge(plan(), 0);
    play(forward, 0, 30, seen(10, 0, 190, 0));
    forward.turned(3_600_000);
    play(forward, 3_630, 29, seen(10, 0, 190, 0));
    expect(forward.standing.step).toBe(0);
    play(forward, 3_659, 1, seen(10, 0, 190, 0));
    expect(forward.standing.step).toBe(1);
  });

  test("knows a clock that was turned from one that goes on, and from one that is set right bit by bit", () => {
    let [wall, monotonic] = [Date.UTC(2026, 11, 1), 500];
    vi.spyOn(clock, "wall").mockImplementation(() => wall);
    vi.spyOn(clock, "monotonic").mockImplementation(() => monotonic);
    onTestFinished(() => void vi.restoreAllMocks());
    const turned = new TurnedClock();
    const looks = [0, 3_600_000, 0, -86_400_000, 400].map((by) => {
      wall += 1_000 + by;
      monotonic += 1_000.25;
      return turned.look();
    });
    expect(looks).toEqual([0, 3_600_000, 0, -86_400_000, 0]);
  });

  test("goes on from a step that another clock says has not begun yet", () => {
    const other = new Judge(plan(), 3_600_000);
    const judge = new Judge(plan(), 0);
    judge.adopt(other.standing, other.evidence);
    play(judge, 0, 60, seen(10, 0, 190, 0));
    expect(judge.standing.step).toBe(1);
  });

  test("goes on where another process was that had other metrics, without what that one had against it", () => {
    const other = new Judge(plan({ metrics: [{ name: "p50", allowed: 0.5, bound: 100 }, { name: "p95", allowed: 0.05, bound: 200 }] }), 0); // biome-ignore format: one line
    for (let second = 1; second <= 60; second++) other.observe(seen(10, 0, 190, 0), second * 1_000);
    other.observe(seen(10, 0, 190, 0, 6), 60_000);
    expect(other.standing).toMatchObject({ phase: "running", verdicts: [{}, { metric: "p95" }] });
    const judge = new Judge(plan(), 60_000);
    judge.adopt(other.standing, other.evidence);
    judge.advance(60_000, undefined);
    expect([judge.standing.why, judge.standing.verdicts]).toEqual(["held: the new service has had no requests in this step", []]);
    expect(judge.evidence.epochs.flatMap(({ wealth }) => wealth.flat(2)).every((one) => one === 0)).toBe(true);
  });

  test("obeys a hand until it is let go on, with the last step that has no larger share", () => {
    const judge = new Judge(plan(), 0);
    expect(judge.order({ do: "set", share: 0.4 }, 1_000)).toBeUndefined();
    play(judge, 1, 600, seen(80, 80, 120, 0));
    expect(judge.standing).toMatchObject({ phase: "byHand", share: 0.4 });
    expect(judge.order({ do: "continue" }, 601_000)).toBeUndefined();
    expect(judge.standing).toMatchObject({ phase: "running", step: 1, share: 0.25, since: 601_000 });
    expect(judge.order({ do: "rollBack" }, 602_000)).toBeUndefined();
    expect(judge.order({ do: "continue" }, 603_000)).toContain("`restart`");
    expect(judge.order({ do: "restart" }, 604_000)).toBeUndefined();
    expect(judge.standing).toMatchObject({ phase: "running", step: 0 });
  });

  test("raises no more false alarms than it says where all that is bad comes in bursts, of both services alike", () => {
    const chance = chanceOf(7);
    let rolledBack = 0;
    for (let run = 0; run < 200; run++) {
      const judge = new Judge(plan({ steps: [step(0.05, { after: 1e9 })] }), 0);
      for (let second = 1; second <= 120; second++) {
        const failing = chance() < 0.1 ? 0.4 : 0.001;
        const count = (all: number): number => Array.from({ length: all }, () => chance()).filter((one) => one < failing).length;
        judge.observe(seen(10, count(10), 190, count(190)), second * 1_000);
      }
      if (judge.standing.phase === "rolledBack") rolledBack++;
    }
    // Two are to be expected at most; eight would be seen once in 1,000.
    expect(rolledBack).toBeLessThan(8);
  });
});

describe("what a request says of a service", () => {
  const attempt = (more: object) => ({ startedAt: 10, headAt: 60, endedAt: 80, status: 200, error: "", carrier: {}, ...more });
  const of = (attempts: readonly object[], more: object = {}) =>
    firstAttemptAt("next", {
      upstream: { service: "next", startedAt: 10, attempts, ...more },
    } as unknown as Pick<Exchange, "upstream">);

  test("is what its first attempt says, however it ended", () => {
    expect(of([attempt({})])).toEqual({ hasFailed: false, isAbandoned: false, took: 50 });
    expect(of([attempt({ status: 500 }), attempt({})])).toEqual({ hasFailed: true, isAbandoned: false, took: 50 });
    expect(of([attempt({ status: 404 })])).toMatchObject({ hasFailed: false });
    expect(of([attempt({ status: 503, wantsLess: true })])).toMatchObject({ hasFailed: true });
    expect(of([attempt({ status: 0, headAt: 0, error: "ECONNRESET" })])).toEqual({
      hasFailed: true,
      isAbandoned: false,
      took: 70,
    });
    expect(of([attempt({ status: 0, headAt: 0, error: "timeout" })])).toMatchObject({ hasFailed: true });
    expect(of([attempt({ status: 0, headAt: 0, error: "ECONNREFUSED", carrier: undefined })])).toMatchObject({ hasFailed: true });
  });

  test("is how long it was waited for, where the client left before the head of an answer", () => {
    const left = { status: 0, headAt: 0, error: "abandoned", hasArrived: true };
    expect(of([attempt(left)])).toEqual({ hasFailed: false, isAbandoned: true, took: 70 });
    // The caller gave no more time.
    expect(of([attempt({ ...left, error: "deadline" })])).toMatchObject({ isAbandoned: true });
    // The answer had begun, or nothing had reached the service.
    expect(of([attempt({ error: "abandoned" })])).toBeUndefined();
    expect(of([attempt({ ...left, hasArrived: false })])).toBeUndefined();

    const samples = samplesOf({ hasFailed: false, isAbandoned: true, took: 400 });
    samples.add(sample({ isFresh: true }), 0);
    // The service would have had time: 300 ms are allowed.
    samples.add(sample({ isFresh: true, waited: 150 }), 0);
    expect(samples.take()).toEqual({ fresh: { all: 1, bad: [0, 1] }, old: { all: 0, bad: [0, 0] } });
  });

  test("leaves out the time in which the client was waited for", () => {
    const samples = samplesOf({ hasFailed: false, isAbandoned: false, took: 400 });
    samples.add(sample({ waited: 99 }), 0);
    samples.add(sample({ waited: 100 }), 0);
    samples.add(sample({ waited: 5_000 }), 0);
    expect(samples.take()?.old).toEqual({ all: 3, bad: [0, 1] });
  });

  test("is nothing where the gateway refused, one client is meant, or another service was asked", () => {
    for (const none of [{ error: "poolFull" }, { status: 429 }])
      expect(of([attempt(none)]), JSON.stringify(none)).toBeUndefined();
    expect(of([])).toBeUndefined();
    expect(firstAttemptAt("next", { upstream: undefined })).toBeUndefined();
    // A breaker that is open: only the fallback was asked.
    expect(of([attempt({ startedAt: 20 })], { service: "fallback", startedAt: 20 })).toBeUndefined();
    // The fallback was asked after an attempt that failed.
    expect(of([attempt({ status: 500 }), attempt({ startedAt: 90 })], { service: "fallback", startedAt: 90 })).toMatchObject({
      hasFailed: true,
    });
  });

  test("counts once for a user and second, and each time for requests of nobody", () => {
    const samples = samplesOf({ hasFailed: true, isAbandoned: false, took: 400 });
    for (let request = 0; request < 5; request++) samples.add(sample({ isFresh: true, place: 4_711 }), 0);
    for (let request = 0; request < 5; request++) samples.add(sample({}), 0);
    expect(samples.take()).toEqual({ fresh: { all: 1, bad: [1, 1] }, old: { all: 5, bad: [5, 5] } });
    expect(samples.take()).toBeUndefined();
    samples.add(sample({ isFresh: true, place: 4_711 }), 0);
    expect(samples.take()?.fresh.all).toBe(1);
  });
});

const samplesOf = (first: ReturnType<FirstAttemptAt>, tellsCallers = false): Samples =>
  new Samples(plan().metrics, () => first, tellsCallers);

/** Of nobody, to the old service, unless it says otherwise. */
const sample = ({ ip = "192.0.2.1", subject, ...more }: Partial<Sample> & { ip?: string; subject?: string }): Sample => {
  const identity = subject === undefined ? undefined : { scheme: "key", subject, roles: [], scopes: [] };
  // What callers are told apart by.
  const x = { peer: { ip }, identity } as unknown as Exchange;
  return { x, service: "next", isFresh: false, place: undefined, waited: 0, ...more };
};

describe("where clients choose their service", () => {
  const failed = { hasFailed: true, isAbandoned: false, took: 1 };

  test("a caller with a bad request does not count any more in the step, whoever it says it is", () => {
    const samples = samplesOf(failed, true);
    for (let user = 0; user < 1_000; user++) samples.add(sample({ isFresh: true, place: user }), 3);
    const first = samples.take()!;
    expect(first).toMatchObject({ fresh: { all: 0 }, old: { all: 0 }, bad: [[expect.any(Number), 1, 0b01]] });
    samples.add(sample({ isFresh: true, place: 9 }), 3);
    expect(samples.take()).toBeUndefined();
    // The next step, another address, and somebody who is known.
    samples.add(sample({ isFresh: true }), 4);
    samples.add(sample({ isFresh: true, ip: "192.0.2.2" }), 4);
    samples.add(sample({ isFresh: true, subject: "erin" }), 4);
    samples.add(sample({ isFresh: true, subject: "erin", ip: "192.0.2.3" }), 4);
    expect(samples.take()!.bad).toHaveLength(3);
  });

  test("addresses of one subscriber are one caller (RFC 6177)", () => {
    const samples = samplesOf(failed, true);
    for (let host = 1; host < 100; host++) samples.add(sample({ isFresh: true, ip: `2001:db8:1:2::${host.toString(16)}` }), 0);
    samples.add(sample({ isFresh: true, ip: "2001:db8:1:3::1" }), 0);
    expect(samples.take()!.bad).toHaveLength(2);
  });

  test("good requests of a caller count once a second", () => {
    const samples = samplesOf({ hasFailed: false, isAbandoned: false, took: 1 }, true);
    for (let user = 0; user < 100; user++) samples.add(sample({ isFresh: true, place: user }), 0);
    expect(samples.take()).toMatchObject({ fresh: { all: 1, bad: [0, 0] }, bad: [] });
  });

  test("a bad request that several processes and instances tell of counts once", () => {
    const judge = new Judge(plan({ callers: 1 }), 0);
    for (let second = 1; second <= 20; second++)
      judge.observe({ ...seen(10, 0, 190, 0), bad: [[7, 1, 0b01]], callers: "00".repeat(128) }, second * 1_000);
    expect(judge.standing).toMatchObject({ phase: "running", counts: { fresh: { all: 201, bad: [1, 0] } } });
    // The control: of twenty callers, they are proof.
    for (let second = 21; second <= 40; second++)
      judge.observe({ ...seen(10, 0, 190, 0), bad: [[second, 1, 0b01]] }, second * 1_000);
    expect(judge.standing.phase).toBe("rolledBack");
  });

  test("a step does not end before enough callers had the new service", () => {
    const judge = new Judge(plan({ callers: 20 }), 0);
    const count = new CallerCount();
    const seenBy = (callers: number, from = 0): void => {
      for (let caller = from; caller < from + callers; caller++) count.add(caller * 7_919);
      judge.observe({ ...seen(1_000, 0, 1_000, 0), bad: [], callers: count.text }, 1_000);
      judge.advance(61_000, undefined);
    };
    seenBy(3);
    expect(judge.standing).toMatchObject({ step: 0, why: "held: the new service has had requests of 3 of 20 callers" });
    seenBy(25, 3);
    expect(judge.standing.step).toBe(1);
  });

  test("callers are counted right within a tenth up to a hundred, by any number of processes", () => {
    for (const callers of [1, 5, 20, 100]) {
      const [one, other] = [new CallerCount(), new CallerCount()];
      for (let caller = 0; caller < callers; caller++)
        (caller % 2 === 0 ? one : other).add(Math.imul(caller + 1, 0x9e3779b1) >>> 0);
      one.join(other.text);
      expect(Math.abs(one.estimate - callers), String(callers)).toBeLessThanOrEqual(Math.ceil(callers / 10));
    }
  });

  test("records of a store have them, and what is none of ours is not read", () => {
    const counts: Counts = { ...seen(1, 0, 2, 0), bad: [[5, 1, 3]], callers: "0f".repeat(128) };
    expect(countsIn(JSON.stringify(counts))).toEqual(counts);
    for (const wrong of [{ bad: [[1]] }, { bad: [[1, -1, 2]] }, { bad: 1 }, { callers: "zz" }, { callers: 1 }])
      expect(countsIn(JSON.stringify({ ...counts, ...wrong })), JSON.stringify(wrong)).toBeUndefined();
    // What is new since the last look.
    const more = added(counts, { ...seen(4, 0, 4, 0), bad: [[6, 0, 1]], callers: "00".repeat(128) });
    expect(added(more, counts, -1)).toMatchObject({ fresh: { all: 4 }, bad: [[6, 0, 1]], callers: "0f".repeat(128) });
  });
});

function choose(all: number, some: number): number {
  let ways = 1;
  for (let index = 1; index <= some; index++) ways = (ways * (all - some + index)) / index;
  return ways;
}
