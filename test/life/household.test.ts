import { describe, expect, it } from "vitest";
import { Alone } from "../../runtime/life/alone.ts";
import { Household } from "../../runtime/life/household.ts";
import { NobodyHolds } from "../../runtime/life/hub.ts";
import type { Living } from "../../runtime/life/living.ts";
import { StartError } from "../../runtime/life/start-error.ts";
import { settled, TurnedClock } from "../harness/turned-clock.ts";
import { listening, NotedLog, open, thing } from "./support/things.ts";

function household(...living: readonly Living[]): { readonly house: Household; readonly log: NotedLog } {
  const log = new NotedLog();
  return { house: new Household(living, new Alone(living), log), log };
}

describe("the order of a process", () => {
  it("starts in the order of who needs whom, and stops in reverse, each once", async () => {
    const done: string[] = [];
    const noting = (name: string): Living =>
      thing(name, {
        hold: () => void done.push(`${name} holds`),
        start: async () => void done.push(`${name} starts`),
        drain: () => void done.push(`${name} drains`),
        stop: async () => void done.push(`${name} stops`),
      });
    const { house } = household(noting("store"), noting("limit"));
    await house.start();
    house.drain();
    await Promise.all([house.stop(), house.stop()]);
    expect(done).toEqual([
      "store holds",
      "limit holds",
      "store starts",
      "limit starts",
      "store drains",
      "limit drains",
      "limit stops",
      "store stops",
    ]);
  });

  it("waits for a thing that the gateway does not serve without, and not for another one", async () => {
    const [needed, beside] = [open(), open()];
    const { house } = household(
      thing("beside", { required: false, start: () => beside.promise }),
      thing("needed", { start: () => needed.promise }),
    );
    let isStarted = false;
    const started = house.start().then(() => void (isStarted = true));
    await settled();
    expect(isStarted).toBe(false);
    expect(house.report()).toEqual([
      { name: "beside", required: false, readiness: { ready: true } },
      { name: "needed", required: true, readiness: { ready: false, why: "is starting" } },
    ]);
    needed.resolve();
    await started;
    expect(house.report().map(({ readiness }) => readiness.ready)).toEqual([true, true]);
  });

  it("does not start without a thing that it needs: the error names it and says why, and what had started is stopped", async () => {
    const done: string[] = [];
    const { house } = household(
      thing("stores.default", { stop: () => void done.push("stores.default stopped") }),
      thing("identity.keys", { start: () => Promise.reject(new Error("cannot reach issuer:443")) }),
      thing("late", { start: () => void done.push("late started"), stop: () => void done.push("late stopped") }),
    );
    const error = await house.start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({
      message: "identity.keys did not start, and the gateway does not serve without it: cannot reach issuer:443",
      exitCode: 69,
    });
    expect(done).toEqual(["stores.default stopped"]);
  });

  it("gives up a start that does not end", async () => {
    const clock = new TurnedClock();
    const { house } = household(thing("slow", { start: () => new Promise(() => {}) }));
    const started = house.start().catch((error: unknown) => (error as Error).message);
    await clock.turn(29_999);
    expect(house.report()[0]!.readiness).toEqual({ ready: false, why: "is starting" });
    await clock.turn(1);
    expect(await started).toBe("slow did not start, and the gateway does not serve without it: not within 30 s");
  });

  it("serves with a thing that failed to start where it may, says so, and why", async () => {
    const { house, log } = household(
      thing("exporter", {
        required: false,
        start: () => {
          throw new Error("no route to collector:4317");
        },
      }),
    );
    await house.start();
    await settled();
    expect(log.lines).toEqual([
      'error a part of the gateway did not start {"thing":"exporter","reason":"no route to collector:4317"}',
    ]);
    expect(house.report()).toEqual([
      { name: "exporter", required: false, readiness: { ready: true }, failure: "did not start: no route to collector:4317" },
    ]);
  });

  it("does not wait for ever for a thing to stop, and those that it needs stop behind it", async () => {
    const clock = new TurnedClock();
    const { house, log } = household(thing("store"), thing("stuck", { stop: () => new Promise(() => {}) }));
    await house.start();
    const stopped = house.stop();
    await clock.turn(3_000);
    await stopped;
    expect(log.lines).toEqual(['warning a part of the gateway did not stop in time {"thing":"stuck"}']);
    expect(clock.waiting).toBe(0);
  });

  it("goes on where one fails to drain, to stop, or to say how it is", async () => {
    const fail = (): never => {
      throw new Error("a bug");
    };
    const done: string[] = [];
    const { house, log } = household(
      thing("last", { stop: () => void done.push("last stopped") }),
      thing("broken", { readiness: fail, state: fail, metrics: fail, drain: fail, stop: fail }),
    );
    await house.start();
    expect(house.report()[1]).toEqual({
      name: "broken",
      required: true,
      readiness: { ready: false, why: "cannot say whether it is ready" },
    });
    expect(house.metrics()).toEqual([]);
    house.drain();
    await house.stop();
    expect(done).toEqual(["last stopped"]);
    expect(log.lines.every((line) => line.includes('"thing":"broken"') && line.includes('"reason":"a bug"'))).toBe(true);
  });
});

describe("work that is done again and again", () => {
  it("begins at once, and again a while after it has ended, a tenth more or less, never twice at a time", async () => {
    const clock = new TurnedClock();
    const { living, life } = listening();
    const { house } = household(living);
    await house.start();
    let running = 0;
    let runs = 0;
    let end = open();
    life().every(1_000, async () => {
      runs++;
      expect(++running).toBe(1);
      await end.promise;
      running--;
    });
    await settled();
    expect(runs).toBe(1);
    // However long it takes: the time counts from its end.
    await clock.turn(60_000);
    expect(runs).toBe(1);
    const pauses = new Set<number>();
    for (let round = 2; round < 40; round++) {
      end.resolve();
      end = open();
      await settled();
      pauses.add(clock.next);
      expect(clock.next).toBeGreaterThanOrEqual(900);
      expect(clock.next).toBeLessThanOrEqual(1_100);
      await clock.turn(clock.next);
      expect(runs).toBe(round);
    }
    expect(pauses.size).toBeGreaterThan(10);
    await house.stop();
    expect(clock.waiting).toBe(0);
  });

  it("goes on after work that throws, at once or later, and says so", async () => {
    const clock = new TurnedClock();
    const { living, life } = listening();
    const { house, log } = household(living);
    await house.start();
    let runs = 0;
    life().every(1_000, () => {
      runs++;
      if (runs === 1) throw new Error("at once");
      return runs === 2 ? Promise.reject(new Error("later")) : undefined;
    });
    await clock.turn(2_300);
    expect(runs).toBe(3);
    expect(log.lines).toEqual([
      'warning background work failed, and is tried again {"thing":"toy","reason":"at once"}',
      'warning background work failed, and is tried again {"thing":"toy","reason":"later"}',
    ]);
    await house.stop();
  });

  it("comes sooner where it is asked to: now, or behind the work that is being done, once", async () => {
    const clock = new TurnedClock();
    const { living, life } = listening();
    const { house } = household(living);
    await house.start();
    let runs = 0;
    let end = open();
    const every = life().every(1_000, () => {
      runs++;
      return end.promise;
    });
    await settled();
    every.soon();
    every.soon();
    await settled();
    expect(runs).toBe(1);
    end.resolve();
    end = open();
    await settled();
    expect(runs).toBe(2);
    end.resolve();
    await settled();
    expect(clock.waiting).toBe(1);
    every.soon();
    await settled();
    expect([runs, clock.waiting]).toEqual([3, 1]);
    every.stop();
    every.soon();
    await clock.turn(10_000);
    expect([runs, clock.waiting]).toEqual([3, 0]);
  });

  it("ends with the process: the work that is being done is told, and none follows", async () => {
    const clock = new TurnedClock();
    const { living, life } = listening();
    const { house, log } = household(living);
    await house.start();
    const told: string[] = [];
    life().every(
      1_000,
      (signal) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            told.push("to end");
            reject(new Error("ended"));
          });
        }),
    );
    await settled();
    await house.stop();
    await clock.turn(10_000);
    expect([told, clock.waiting, log.lines]).toEqual([["to end"], 0, []]);
    life().every(1, () => void told.push("begun behind the end"));
    await settled();
    expect(told).toEqual(["to end"]);
  });
});

it("a life of much work is no leak to Node", async () => {
  const { living, life } = listening();
  const { house } = household(living);
  await house.start();
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  for (let index = 0; index < 30; index++) {
    life()
      .latest(`list ${index}`)
      .subscribe(() => {});
    life().every(60_000, () => {});
  }
  await settled();
  process.off("warning", note);
  await house.stop();
  expect(warnings).toEqual([]);
});

describe("the only process", () => {
  it("answers what it is asked as the holder, and says where nobody holds", async () => {
    const { living, life } = listening();
    const holder = thing("holder", { hold: (hub) => hub.answer("double", (question) => [question, question]) });
    const { house } = household(holder, living);
    await house.start();
    expect(await life().ask("double", 4)).toEqual([4, 4]);
    await expect(life().ask("other", 4)).rejects.toBeInstanceOf(NobodyHolds);
    expect(life().group).toEqual({ size: 1, index: 0 });
  });

  it("has no topic that two hold", () => {
    const holder = (name: string): Living => thing(name, { hold: (hub) => hub.answer("limits", () => 1) });
    expect(() => household(holder("one"), holder("other"))).toThrow("two living things hold limits");
  });

  it("owns: from the start of the thing on, until the process stops", async () => {
    const done: string[] = [];
    const { house } = household(
      thing("list", {
        start: () => void done.push("starts"),
        own: ({ signal }) => {
          done.push("owns");
          signal.addEventListener("abort", () => done.push("owns no more"));
        },
        stop: () => void done.push("stops"),
      }),
    );
    await house.start();
    expect(house.report()).toEqual([{ name: "list", required: true, readiness: { ready: true }, isOwner: true }]);
    await house.stop();
    expect(done).toEqual(["starts", "owns", "owns no more", "stops"]);
  });

  it("may wait in `start` for what `own` publishes", async () => {
    const living = thing("list", {
      start: ({ latest, signal }) =>
        new Promise<void>((resolve) => {
          expect(signal.aborted).toBe(false);
          latest<number>("list").subscribe(() => resolve());
        }),
      own: ({ latest }) => latest<number>("list").publish(1),
    });
    const { house } = household(living);
    await house.start();
    expect(house.report()[0]!.readiness.ready).toBe(true);
  });

  it("tries again, later and later, to own what could not be owned, without what the attempt left going", async () => {
    const clock = new TurnedClock();
    let attempts = 0;
    const begun: number[] = [];
    const { house, log } = household(
      thing("list", {
        own: (life) => {
          const attempt = ++attempts;
          life.every(100, () => void begun.push(attempt));
          if (attempt < 3) throw new Error("no descriptor left");
        },
      }),
    );
    await house.start();
    await clock.turn(3_000);
    expect(attempts).toBe(3);
    expect(log.lines.length).toBe(2);
    begun.length = 0;
    await clock.turn(1_000);
    expect(new Set(begun)).toEqual(new Set([3]));
    await house.stop();
    expect(clock.waiting).toBe(0);
  });

  it("gives latest values at once, to whoever comes later too, and events in one order", async () => {
    const { living, life } = listening();
    const { house, log } = household(living);
    await house.start();
    const seen: unknown[] = [];
    const list = life().latest<number>("list");
    expect(list.value).toBeUndefined();
    list.subscribe((value) => void seen.push(`early ${value}`));
    list.publish(1);
    list.subscribe(() => {
      throw new Error("a listener that fails");
    });
    list.subscribe((value) => void seen.push(`late ${value}`));
    list.publish(2);
    expect([list.value, life().latest("list").value]).toEqual([2, 2]);
    expect(seen).toEqual(["early 1", "late 1", "early 2", "late 2"]);
    seen.length = 0;
    const events = life().events<string>("purge");
    events.subscribe(
      (event) => {
        if (event === "a") events.publish("b");
        seen.push(`first ${event}`);
      },
      () => {},
    );
    events.subscribe(
      (event) => void seen.push(`second ${event}`),
      () => {},
    );
    events.publish("a");
    expect(seen).toEqual(["first a", "second a", "first b", "second b"]);
    expect(log.lines).toEqual([]);
    await house.stop();
    events.publish("c");
    list.publish(3);
    expect(seen.length).toBe(4);
  });
});
