import { describe, expect, test } from "vitest";
import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import { CallerCount } from "../../../runtime/policies/split/roll-out/callers.ts";
import { Judge } from "../../../runtime/policies/split/roll-out/judge.ts";
import { added, type Counts } from "../../../runtime/policies/split/roll-out/plan.ts";
import { countsIn } from "../../../runtime/policies/split/roll-out/recorded.ts";
import { type FirstAttemptAt, type Sample, Samples } from "../../../runtime/policies/split/roll-out/samples.ts";
import { firstAttemptAt } from "../../../runtime/upstream/attempts/first-attempt.ts";
import { plan, seen } from "./plan.ts";

describe("what a request says of a service", () => {
  const attempt = (more: object) => ({ startedAt: 10, headAt: 60, endedAt: 80, status: 200, error: "", carrier: {}, ...more });
  const of = (attempts: readonly object[], more: object = {}) =>
    firstAttemptAt("next", {
      upstream: { service: "next", startedAt: 10, attempts, ...more },
    } as unknown as Exchange);

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
