import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Living } from "../../runtime/life/living.ts";
import { thing } from "./support/things.ts";
import { delivered, ToyGroup, type ToyWorker } from "./support/worker-group.ts";

/** Notes who does the work of `names`: `list: 1` where worker 1 does. */
class Work {
  readonly #doing = new Map<string, number[]>();

  /** Of one worker, which is known only when it is made. */
  things(who: () => number, names: readonly string[]): Living[] {
    return names.map((name) =>
      thing(name, {
        own: ({ signal }) => {
          const id = who();
          this.#of(name).push(id);
          signal.addEventListener("abort", () =>
            this.#doing.set(
              name,
              this.#of(name).filter((one) => one !== id),
            ),
          );
        },
      }),
    );
  }

  /** A worker that is killed says nothing of it. */
  killed(id: number): void {
    for (const [name, doing] of this.#doing)
      this.#doing.set(
        name,
        doing.filter((one) => one !== id),
      );
  }

  of(name: string): readonly number[] {
    return this.#of(name);
  }

  #of(name: string): number[] {
    const doing = this.#doing.get(name) ?? [];
    this.#doing.set(name, doing);
    return doing;
  }
}

const names = ["a", "b", "c", "d"];

async function start(group: ToyGroup, work: Work, owned = names): Promise<ToyWorker> {
  let id = 0;
  const worker = group.worker(...work.things(() => id, owned));
  id = worker.id;
  await worker.house.start();
  return worker;
}

async function serving(group: ToyGroup, work: Work, owned = names): Promise<ToyWorker> {
  const worker = await start(group, work, owned);
  group.group.serving(worker.id);
  await delivered();
  return worker;
}

const perWorker = (work: Work): number[] => {
  const counts = new Map<number, number>();
  for (const id of names.flatMap((name) => work.of(name))) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts.values()].toSorted();
};

describe("work that one process does for all", () => {
  it("is done by one, from before the first is ready on, and is spread as others begin to serve", async () => {
    const [group, work] = [new ToyGroup(4), new Work()];
    const first = await start(group, work);
    await delivered();
    expect(names.map((name) => work.of(name))).toEqual([[first.id], [first.id], [first.id], [first.id]]);
    group.group.serving(first.id);
    await serving(group, work);
    expect(perWorker(work)).toEqual([2, 2]);
    await serving(group, work);
    await serving(group, work);
    expect(names.every((name) => work.of(name).length === 1)).toBe(true);
    expect(perWorker(work)).toEqual([1, 1, 1, 1]);
  });

  it("goes to another as soon as it is known that its process is gone, and back to none where none is left", async () => {
    const [group, work] = [new ToyGroup(2), new Work()];
    const [one, other] = [await serving(group, work), await serving(group, work)];
    one.kill();
    work.killed(one.id);
    await delivered();
    expect(names.map((name) => work.of(name))).toEqual(names.map(() => [other.id]));
    other.kill();
    work.killed(other.id);
    expect(names.map((name) => group.group.ownerOf(name))).toEqual(names.map(() => undefined));
    const third = await serving(group, work);
    expect(names.map((name) => work.of(name))).toEqual(names.map(() => [third.id]));
  });

  it("leaves one that drains while it still does, and is never without one", async () => {
    const [group, work] = [new ToyGroup(2), new Work()];
    const [one, other] = [await serving(group, work), await serving(group, work)];
    other.down.hold();
    group.group.leaving([one.id]);
    await delivered();
    // The new one does not know of it yet: nobody does it for a moment, as where one has died.
    other.down.release();
    await delivered();
    expect(names.map((name) => work.of(name))).toEqual(names.map(() => [other.id]));
  });

  it("moves once in a take-over, when the new ones serve: never to an old one, and back where they could not start", async () => {
    const [group, work] = [new ToyGroup(2), new Work()];
    const old = [await serving(group, work), await serving(group, work)];
    const before = names.map((name) => group.group.ownerOf(name));
    const given = await group.group.takeOver(undefined);
    const failing = await start(group, work, [...names, "new"]);
    await delivered();
    expect(names.map((name) => group.group.ownerOf(name))).toEqual(before);
    expect(work.of("new")).toEqual([failing.id]);
    failing.kill();
    work.killed(failing.id);
    given(false);
    expect(names.map((name) => group.group.ownerOf(name))).toEqual(before);
    expect(group.group.ownerOf("new")).toBeUndefined();

    const taken = await group.group.takeOver(undefined);
    const fresh = [await serving(group, work), await serving(group, work)];
    taken(true);
    expect(fresh.map(({ index }) => index)).toEqual([0, 1]);
    group.group.leaving(old.map(({ id }) => id));
    await delivered();
    expect(names.every((name) => work.of(name).length === 1)).toBe(true);
    expect(names.flatMap((name) => work.of(name)).every((id) => fresh.some((worker) => worker.id === id))).toBe(true);
    expect(perWorker(work)).toEqual([2, 2]);
  });

  it("goes to no process of a build that does not have the thing", async () => {
    const [group, work] = [new ToyGroup(2), new Work()];
    const [knowing, other] = [await serving(group, work, ["a"]), await serving(group, work, ["b"])];
    expect([work.of("a"), work.of("b")]).toEqual([[knowing.id], [other.id]]);
    knowing.kill();
    expect(group.group.ownerOf("a")).toBeUndefined();
  });

  it("is done by exactly one whenever all that was said has come, whatever becomes of the processes", async () => {
    const step = fc.oneof(
      fc.constant({ kind: "start" as const, who: 0 }),
      fc.record({ kind: fc.constantFrom("kill" as const, "leave" as const), who: fc.nat(5) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const [group, work] = [new ToyGroup(3), new Work()];
        let alive: { worker: ToyWorker; isLeaving: boolean }[] = [];
        for (const { kind, who } of steps) {
          if (kind === "start") alive.push({ worker: await serving(group, work), isLeaving: false });
          const chosen = alive[who % Math.max(1, alive.length)];
          if (kind === "leave" && chosen !== undefined) {
            chosen.isLeaving = true;
            group.group.leaving([chosen.worker.id]);
          }
          if (kind === "kill" && chosen !== undefined) {
            chosen.worker.kill();
            work.killed(chosen.worker.id);
            alive = alive.filter((one) => one !== chosen);
          }
          await delivered();
          const able = alive.filter(({ isLeaving }) => !isLeaving).map(({ worker }) => worker.id);
          for (const name of names) {
            expect(work.of(name).length).toBe(able.length === 0 ? 0 : 1);
            expect(work.of(name).every((id) => able.includes(id))).toBe(true);
          }
        }
        for (const { worker } of alive) await worker.house.stop();
      }),
      { numRuns: 60 },
    );
  });
});
