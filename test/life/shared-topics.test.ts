import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventTopic } from "../../runtime/life/channel.ts";
import { listening, thing } from "./support/things.ts";
import { delivered, ToyGroup } from "./support/worker-group.ts";

/** So many that serve, and what each has to live by. */
async function workers(count: number, group = new ToyGroup(count)) {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { living, life } = listening();
      return { ...(await group.serving(living)), life: life() };
    }),
  );
}

describe("a latest value", () => {
  it("comes to every process, the one that published it at once", async () => {
    const [one, other] = await workers(2);
    const seen: unknown[] = [];
    other!.life.latest("list").subscribe((value) => void seen.push(value));
    one!.life.latest<readonly number[]>("list").publish([1, 2]);
    expect(one!.life.latest("list").value).toEqual([1, 2]);
    await delivered();
    expect([seen, other!.life.latest("list").value]).toEqual([[[1, 2]], [1, 2]]);
  });

  it("is there in one that starts later before it is ready, also where nobody is left who published it", async () => {
    const group = new ToyGroup(2);
    const [one] = await workers(1, group);
    for (let index = 0; index < 100; index++) one!.life.latest<string>(`list ${index}`).publish(`${index}`.repeat(1_000));
    await delivered();
    one!.kill();
    const seen: unknown[] = [];
    await group.serving(
      thing("late", {
        start: ({ latest }) => {
          for (let index = 0; index < 100; index++) seen.push(latest(`list ${index}`).value);
        },
      }),
    );
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => `${index}`.repeat(1_000)));
  });

  it("is the same everywhere in the end, whoever publishes when and however long it is on its way", async () => {
    const publication = fc.record({ who: fc.nat(2), held: fc.constantFrom("up", "down", "none"), rounds: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(publication, { minLength: 1, maxLength: 12 }), async (publications) => {
        const all = await workers(3);
        let next = 0;
        for (const { who, held, rounds } of publications) {
          const worker = all[who]!;
          if (held !== "none") worker[held].hold();
          worker.life.latest<number>("list").publish(++next);
          for (let round = 0; round < rounds; round++) await new Promise((resolve) => setImmediate(resolve));
          if (rounds > 1) worker.up.release();
        }
        for (const { up, down } of all) {
          up.release();
          down.release();
        }
        await delivered();
        await delivered();
        const values = new Set(all.map(({ life }) => life.latest("list").value));
        expect([...values].length).toBe(1);
        // Nobody goes back to what was there before anything was published.
        expect([...values][0]).toBeGreaterThan(0);
        for (const { house } of all) await house.stop();
      }),
      { numRuns: 60 },
    );
  });

  it("waits for nobody in vain: to a process that does not read, only the last one of each topic goes", async () => {
    const [one, other] = await workers(2);
    const seen: unknown[] = [];
    other!.life.latest("list").subscribe((value) => void seen.push(value));
    other!.down.hold();
    for (let value = 1; value <= 1_000; value++) {
      one!.life.latest<number>("list").publish(value);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const before = other!.down.sizes.length;
    expect(before).toBeLessThan(8);
    other!.down.release();
    await delivered();
    expect(seen.length).toBeLessThan(8);
    expect(seen.at(-1)).toBe(1_000);
  });

  it("of a megabyte goes in slices of at most 256 KiB, a hundred of them too, and questions pass them", {
    timeout: 120_000,
  }, async () => {
    const group = new ToyGroup(2, [thing("holder", { hold: (hub) => hub.answer("double", (question) => Number(question) * 2) })]);
    const [one, other] = await workers(2, group);
    // Quotes, which take the most room in JSON within JSON, and characters of three octets.
    const list = '"prefix":"2001:db8::/32","name":"網路",'.repeat(26_000);
    const text = (index: number): string => `${index} ${list}`;
    for (let index = 0; index < 100; index++) one!.life.latest<string>(`list ${index}`).publish(text(index));
    const sent = one!.up.sizes.length;
    expect(await one!.life.ask("double", 4)).toBe(8);
    expect(await other!.life.ask("double", 5)).toBe(10);
    // Long before the lists have gone.
    expect(one!.up.sizes.length - sent).toBeLessThan(20);
    // In the order in which they were published.
    await expect.poll(() => other!.life.latest("list 99").value === text(99), { interval: 20, timeout: 50_000 }).toBe(true);
    for (let index = 0; index < 100; index++) expect(other!.life.latest(`list ${index}`).value === text(index)).toBe(true);
    expect(Math.max(...one!.up.sizes, ...other!.down.sizes)).toBeLessThanOrEqual(262_144);
    expect(other!.down.sizes.length).toBeGreaterThan(400);
  });

  it("that is cut between the halves of a character comes whole", async () => {
    const [one, other] = await workers(2);
    for (let shift = 0; shift < 2; shift++) {
      const text = "x".repeat(shift) + "😀".repeat(70_000);
      one!.life.latest<string>("list").publish(text);
      await delivered();
      expect(other!.life.latest("list").value === text).toBe(true);
    }
  });
});

describe("events", () => {
  const noting = (topic: EventTopic<string>): string[] => {
    const seen: string[] = [];
    topic.subscribe(
      (event) => void seen.push(event),
      (count) => void seen.push(`${count} missed`),
    );
    return seen;
  };

  it("come to every process, in the order of each sender", async () => {
    const all = await workers(3);
    const seen = all.map(({ life }) => noting(life.events("purge")));
    for (let index = 0; index < 100; index++)
      for (const [who, { life }] of all.entries()) life.events<string>("purge").publish(`${who}:${index}`);
    await delivered();
    const inOrder = (who: number): string[] => Array.from({ length: 100 }, (_, index) => `${who}:${index}`);
    for (const events of seen) {
      expect(events.length).toBe(300);
      for (let who = 0; who < 3; who++) expect(events.filter((event) => event.startsWith(`${who}:`))).toEqual(inOrder(who));
    }
  });

  it("are dropped, the oldest first, and counted, where they come faster than they are read", async () => {
    const [one, other] = await workers(2);
    const seen = noting(other!.life.events("purge"));
    other!.down.hold();
    for (let index = 0; index < 5_000; index++) {
      one!.life.events<string>("purge").publish(`${index}`);
      if (index % 100 === 99) await delivered();
    }
    expect(other!.down.sizes.length).toBeLessThan(8);
    other!.down.release();
    await delivered();
    const at = seen.findIndex((event) => event.endsWith("missed"));
    const missed = Number(seen[at]!.split(" ")[0]);
    expect(missed).toBeGreaterThan(3_000);
    expect(seen.length - 1 + missed).toBe(5_000);
    // It is told before those that follow the gap.
    expect([seen[at - 1], seen[at + 1]]).toEqual([`${at - 1}`, `${at + missed}`]);
    expect(seen.at(-1)).toBe("4999");
  });

  it("are told as missed where the sender cannot send them, or they are too long to stand in the way", async () => {
    const [one, other] = await workers(2);
    const seen = noting(other!.life.events("purge"));
    one!.up.hold();
    for (let index = 0; index < 2_000; index++) one!.life.events<string>("purge").publish(`${index}`);
    one!.up.release();
    await delivered();
    expect(seen[0]).toBe("976 missed");
    expect(seen.length).toBe(1_025);
    seen.length = 0;
    one!.life.events<string>("purge").publish("x".repeat(100_000));
    await delivered();
    expect(seen).toEqual(["1 missed"]);
  });
});
