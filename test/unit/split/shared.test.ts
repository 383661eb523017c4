import { describe, expect, test } from "vitest";
import { Judge } from "../../../runtime/policies/split/roll-out/judge.ts";
import type { Counts, RollOutPlan } from "../../../runtime/policies/split/roll-out/plan.ts";
import { type Look, Shared, type SharedConfig } from "../../../runtime/policies/split/roll-out/shared.ts";
import { type Failed, isFailed } from "../../../runtime/stores/store.ts";

/** The records of one space, in which a test may write what it likes. */
class Written {
  readonly #changes: (readonly [key: string, value: string | null])[] = [];

  put(key: string, value: string | null): void {
    this.#changes.push([key, value]);
  }

  get keys(): ReadonlySet<string> {
    return new Set(this.#changes.map(([key]) => key));
  }

  shared(metrics: number): Shared {
    const records = {
      put: async (key: string, value: string): Promise<boolean> => {
        this.put(key, value);
        return true;
      },
      changes: async (since: { readonly version: number } | undefined) => ({
        era: "1",
        version: this.#changes.length,
        changed: this.#changes.slice(since?.version ?? 0),
        isPart: false,
        isDamaged: false,
      }),
    };
    const claims = { claim: async () => ({ state: "mine" }), release: async () => true };
    // Nothing else of them is used here.
    return new Shared(
      { store: { records: () => records }, claims: { open: () => claims } } as unknown as SharedConfig,
      "a",
      metrics,
    );
  }
}

const seen = (fresh: number, failed: number, old: number, oldFailed: number): Counts => ({
  fresh: { all: fresh, bad: [failed] },
  old: { all: old, bad: [oldFailed] },
});

const plan: RollOutPlan = {
  base: 0,
  steps: [{ share: 0.5, after: 60_000, until: null, hold: false }],
  metrics: [{ name: "errors", allowed: 0.001, bound: null }],
  minimum: 100,
  callers: 0,
  falseAlarms: 0.01,
};

const looked = (look: Look | Failed): Look => {
  if (isFailed(look)) throw new Error(look.failed);
  return look;
};

describe("instances that share a store", () => {
  test("are compared all the same where it forgot the last counts of one: nothing is counted twice, and a bad release goes", async () => {
    const written = new Written();
    const shared = written.shared(1);
    const put = (counts: Counts): void => written.put("counts other", JSON.stringify(counts));
    put(seen(100, 0, 100, 0));
    expect(looked(await shared.look(undefined)).periods).toEqual([]);
    // A replica that was behind has taken over, until the instance counts again.
    put(seen(90, 0, 95, 0));
    const fallen = looked(await shared.look(undefined)).periods;
    put(seen(110, 5, 112, 0));
    const after = looked(await shared.look(undefined)).periods;
    expect([fallen, after]).toEqual([[], [seen(10, 5, 12, 0)]]);
    const judge = new Judge(plan, 0);
    for (const period of [...fallen, ...after, seen(20, 20, 20, 0)]) judge.observe(period, 1_000);
    expect(judge.standing.phase).toBe("rolledBack");
  });

  test("count from nothing in each run, and do not take what a run before it had for new", async () => {
    const written = new Written();
    const shared = written.shared(1);
    const put = (counts: Counts): void => written.put("counts other", JSON.stringify(counts));
    const period = async (counts: Counts): Promise<readonly Counts[]> => {
      put(counts);
      return looked(await shared.look(undefined)).periods;
    };
    await period(seen(100, 9, 100, 0));
    expect(await period({ ...seen(40, 1, 50, 0), run: 1 })).toEqual([{ ...seen(40, 1, 50, 0), run: 1 }]);
    // A replica that was behind.
    expect(await period(seen(100, 9, 100, 0))).toEqual([]);
    expect(await period({ ...seen(45, 1, 50, 0), run: 1 })).toEqual([{ ...seen(5, 0, 0, 0), run: 1 }]);
    // Its own.
    expect(looked(await shared.look({ ...seen(9, 9, 9, 9), run: 1 })).periods).toEqual([{ ...seen(9, 9, 9, 9), run: 1 }]);
    expect(looked(await shared.look({ ...seen(2, 0, 2, 0), run: 2 })).periods).toEqual([{ ...seen(2, 0, 2, 0), run: 2 }]);
  });

  describe("where callers are told apart", () => {
    const by = (...callers: readonly number[]): Counts => ({
      ...seen(0, 0, 5, 0),
      bad: callers.map((caller) => [caller, 1, 1] as const),
      callers: "00".repeat(128),
    });
    const told = async (shared: Shared, counts: Counts): Promise<readonly number[]> =>
      looked(await shared.look(counts)).periods.flatMap(({ bad = [] }) => bad.map(([caller]) => caller));

    test("hear of each bad request once, however many there have been", async () => {
      const shared = new Written().shared(1);
      const all: number[] = [];
      for (let second = 0; second < 30; second++) {
        const callers = Array.from({ length: 100 }, (_, index) => second * 100 + index);
        expect(await told(shared, by(...callers))).toEqual(callers);
        all.push(...callers);
      }
      expect(all).toHaveLength(3_000);
      expect(await told(shared, by())).toEqual([]);
    });

    test("hear of a caller again who has a bad request in a later step as well", async () => {
      const shared = new Written().shared(1);
      expect(await told(shared, by(1, 2))).toEqual([1, 2]);
      expect(await told(shared, by(3))).toEqual([3]);
      expect(await told(shared, by(1, 2, 3))).toEqual([1, 2, 3]);
    });

    const perCaller: RollOutPlan = { ...plan, callers: 1, steps: [plan.steps[0]!, { ...plan.steps[0]!, share: 1 }] };
    /** One of the instances takes over from another, which has written what it decided. */
    const successorOf = async (judge: Judge): Promise<Judge> => {
      const written = new Written();
      await written.shared(1).write({ standing: judge.standing, evidence: judge.evidence, order: "" });
      const { standing, evidence } = looked(await written.shared(1).look(undefined)).written!;
      const next = new Judge(perCaller, 2_000);
      next.adopt(standing, evidence);
      return next;
    };
    const badOf = (judge: Judge): number => judge.standing.counts.fresh.bad[0]!;

    test("count no caller once more when another one decides, in this step", async () => {
      const judge = new Judge(perCaller, 0);
      judge.observe(by(1, 2, 3), 1_000);
      let next = judge;
      for (let takeOver = 0; takeOver < 5; takeOver++) {
        next = await successorOf(next);
        next.observe(by(1, 2, 3), 3_000);
        expect(badOf(next)).toBe(3);
      }
      next.observe(by(1, 4), 4_000);
      expect(badOf(next)).toBe(4);
      // In the next step each counts again, whoever decides.
      next.order({ do: "continue" }, 5_000);
      next = await successorOf(next);
      next.observe(by(1, 2), 6_000);
      expect(badOf(next)).toBe(2);
    });

    test("write no more callers than others read, the last ones", async () => {
      const judge = new Judge({ ...perCaller, metrics: [{ name: "errors", allowed: 0.9, bound: null }] }, 0);
      for (let second = 1; second <= 30; second++)
        judge.observe(
          {
            ...by(...Array.from({ length: 100 }, (_, index) => second * 100 + index)),
            fresh: { all: 10_000, bad: [0] },
          },
          second * 1_000,
        );
      expect(judge.evidence.bad).toHaveLength(1_024);
      expect(judge.evidence.bad!.at(-1)).toBe(3_099);
      const next = await successorOf(judge);
      const before = badOf(next);
      next.observe(by(3_099, 3_000, 2_900, 5_000), 60_000);
      expect(badOf(next)).toBe(before + 1);
    });

    test("do not go on from what is no list of callers", async () => {
      const judge = new Judge(perCaller, 0);
      judge.observe(by(1), 1_000);
      const record = { standing: judge.standing, evidence: judge.evidence, order: "" };
      const read = async (bad: unknown): Promise<unknown> => {
        const written = new Written();
        written.put("standing", JSON.stringify({ ...record, evidence: { ...record.evidence, bad } }));
        return looked(await written.shared(1).look(undefined)).written;
      };
      for (const bad of [{}, "1", [-1], [0.5], ["1"], [null], Array(1_025).fill(1)]) expect(await read(bad)).toBeUndefined();
      for (const bad of [undefined, [], [1]]) expect(await read(bad)).toBeDefined();
    });

    test("tell in which region it was", async () => {
      const written = new Written();
      const shared = written.shared(1);
      for (let second = 0; second < 2; second++)
        expect(looked(await shared.look({ ...by(second), region: "eu" })).periods).toMatchObject([{ region: "eu" }]);
    });
  });

  test("do not trust the comparison where users of one of them are not distributed as the shares say", async () => {
    const written = new Written();
    const [one, other] = [written.shared(1), written.shared(1)];
    expect(looked(await one.look(undefined)).hasWrongShares).toBe(false);
    expect(looked(await other.look(seen(10, 0, 5, 0), true)).hasWrongShares).toBe(true);
    expect(looked(await one.look(seen(10, 0, 10, 0))).hasWrongShares).toBe(true);
    // It is gone, and its counts with it.
    for (const key of written.keys) if (key.startsWith("counts ")) written.put(key, null);
    expect(looked(await one.look(undefined)).hasWrongShares).toBe(false);
  });

  test("know what another one has decided", async () => {
    const written = new Written();
    const judge = new Judge(plan, 1_000);
    for (let second = 1; second <= 30; second++) judge.observe(seen(10, 10, 10, 0), second * 1_000);
    const decided = { standing: judge.standing, evidence: judge.evidence, order: "7" };
    expect(decided.standing.phase).toBe("rolledBack");
    await written.shared(1).write(decided);
    await written.shared(1).tell("8", { do: "restart" });
    const look = looked(await written.shared(1).look(undefined));
    expect(look.written).toMatchObject({ standing: { phase: "rolledBack", counts: judge.standing.counts }, order: "7" });
    expect([look.written!.evidence.epochs.length, look.order]).toEqual([1, { id: "8", order: { do: "restart" } }]);
  });

  test.each([
    ["no JSON", "{"],
    ["no counts", "{}"],
    ["nothing", "null"],
    ["texts", JSON.stringify({ fresh: { all: "1", bad: ["0"] }, old: { all: "1", bad: ["0"] } })],
    ["less than nothing", JSON.stringify(seen(-5, 0, 3, 0))],
    ["more failures than requests", JSON.stringify(seen(5, 6, 3, 0))],
  ])("do not stop for what one of them did not write: %s", async (_, text) => {
    const written = new Written();
    const shared = written.shared(1);
    for (const key of ["counts other", "standing", "order"]) written.put(key, text);
    const look = looked(await shared.look(seen(1, 0, 1, 0)));
    expect(look).toEqual({
      decides: true,
      periods: [seen(1, 0, 1, 0)],
      written: undefined,
      order: undefined,
      hasWrongShares: false,
    });
    for (const key of ["counts other", "standing", "order"]) written.put(key, text);
    expect(looked(await shared.look(undefined)).periods).toEqual([]);
  });
});
