import { describe, expect, it, vi } from "vitest";
import { NobodyHolds, Unanswered } from "../../runtime/life/hub.ts";
import { settled, TurnedClock } from "../harness/turned-clock.ts";
import { listening, thing } from "./support/things.ts";
import { delivered, ToyGroup } from "./support/worker-group.ts";

describe("a question to the holder", () => {
  it("is answered for the group, and the holder knows who asks, and who has left", async () => {
    const counts = new Map<number, number>();
    const left: number[] = [];
    const holder = thing("limits", {
      hold: (hub) => {
        hub.answer("take", (_question, from) => {
          counts.set(from, (counts.get(from) ?? 0) + 1);
          return [...counts.values()].reduce((sum, count) => sum + count, 0);
        });
        hub.left((from) => void left.push(from));
      },
    });
    const group = new ToyGroup(2, [holder]);
    const [one, other] = [listening(), listening()];
    const [first, second] = [await group.serving(one.living), await group.serving(other.living)];
    expect([one.life().group, other.life().group]).toEqual([
      { size: 2, index: 0 },
      { size: 2, index: 1 },
    ]);
    const answers = await Promise.all([one, other, one].map(({ life }) => life().ask("take", null)));
    expect(answers.toSorted()).toEqual([1, 2, 3]);
    expect(counts).toEqual(
      new Map([
        [first.id, 2],
        [second.id, 1],
      ]),
    );
    first.kill();
    expect(left).toEqual([first.id]);
    // A place that is free is taken again, by a process of another name.
    const third = await group.serving(listening().living);
    expect([third.index, third.id > second.id]).toEqual([0, true]);
  });

  it("that nobody holds an answer for is told so", async () => {
    const { living, life } = listening();
    await new ToyGroup(2).serving(living);
    await expect(life().ask("limits", 1)).rejects.toBeInstanceOf(NobodyHolds);
  });

  it("that the holder cannot answer fails with the reason, and the primary goes on", async () => {
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      const holder = thing("limits", {
        hold: (hub) => {
          hub.answer("take", (question) => {
            if (question === "bad") throw new Error("no such limit");
            return 1;
          });
        },
      });
      const { living, life } = listening();
      await new ToyGroup(2, [holder]).serving(living);
      await expect(life().ask("take", "bad")).rejects.toThrow("the holder of take failed: no such limit");
      expect(await life().ask("take", "good")).toBe(1);
      expect(said.mock.calls.join()).toContain("the holder of take failed");
    } finally {
      said.mockRestore();
    }
  });

  it("that is not answered within a second is given up, each at its own time, and an answer that comes later is nobody's", async () => {
    const clock = new TurnedClock();
    const holder = thing("limits", { hold: (hub) => hub.answer("take", (question) => question) });
    const { living, life } = listening();
    const worker = await new ToyGroup(2, [holder]).serving(living);
    worker.up.hold();
    const failures: string[] = [];
    const ask = (question: number): void =>
      void life()
        .ask("take", question)
        .catch((error: Error) => failures.push(`${question} ${error.name}: ${error.message}`));
    ask(1);
    await clock.turn(600);
    ask(2);
    await clock.turn(399);
    expect(failures).toEqual([]);
    await clock.turn(1);
    expect(failures).toEqual(["1 Unanswered: take was not answered within 1000 ms"]);
    await clock.turn(600);
    expect(failures.length).toBe(2);
    expect(clock.waiting).toBe(0);
    worker.up.release();
    await delivered();
    expect(await life().ask("take", 3)).toBe(3);
    expect(clock.waiting).toBe(0);
  });

  it("is refused at once where too many wait, so that a primary that hangs does not fill its workers", async () => {
    new TurnedClock();
    const { living, life } = listening();
    const worker = await new ToyGroup(2).serving(living);
    worker.up.hold();
    const open = Array.from({ length: 4_096 }, () =>
      life()
        .ask("take", 1)
        .catch((error: unknown) => error),
    );
    await expect(life().ask("take", 1)).rejects.toThrow("4096 questions wait for an answer; take was not asked");
    worker.kill();
    const errors = await Promise.all(open);
    expect(errors.every((error) => error instanceof Unanswered)).toBe(true);
  });

  it("may have a long answer, which comes in slices and holds up no short one", async () => {
    const long = "x".repeat(1_048_576);
    const holder = thing("limits", { hold: (hub) => hub.answer("take", (question) => (question === "long" ? long : "short")) });
    const { living, life } = listening();
    const worker = await new ToyGroup(2, [holder]).serving(living);
    const came: string[] = [];
    const ask = async (question: string): Promise<void> => {
      const answer = await life().ask<string>("take", question);
      expect(answer).toBe(question === "long" ? long : "short");
      came.push(question);
    };
    await Promise.all([ask("long"), ask("short")]);
    expect(came).toEqual(["short", "long"]);
    expect(Math.max(...worker.down.sizes)).toBeLessThanOrEqual(262_144);
  });

  it("goes with others in one message", async () => {
    const holder = thing("limits", { hold: (hub) => hub.answer("take", (question) => question) });
    const { living, life } = listening();
    const worker = await new ToyGroup(2, [holder]).serving(living);
    const before = [worker.up.sizes.length, worker.down.sizes.length];
    const questions = Array.from({ length: 100 }, (_, index) => index);
    expect(await Promise.all(questions.map((question) => life().ask("take", question)))).toEqual(questions);
    expect([worker.up.sizes.length - before[0]!, worker.down.sizes.length - before[1]!]).toEqual([1, 1]);
  });

  it("of a worker whose primary does not let it join is none: it does not start", async () => {
    const clock = new TurnedClock();
    const worker = new ToyGroup(2).worker(thing("toy"));
    worker.up.hold();
    const started = worker.house.start().catch((error: Error) => error.message);
    await clock.turn(10_000);
    await settled();
    expect(await started).toBe("its primary did not let the worker join within 10 s");
  });
});
