import { expect, test } from "vitest";
import { TurnedClock } from "../../harness/turned-clock.ts";
import { Random } from "../../harness/values/random.ts";
import { Door } from "./support.ts";

const target = 5;
const interval = 100;
const deadline = 250;
const max = 12;

interface One {
  readonly name: string;
  readonly priority: number;
  readonly since: number;
}

/** The line as a list that is searched again and again, and CoDel as RFC 8289 §5.5 writes it. */
class Model {
  line: One[] = [];
  free: number;
  readonly ends: string[] = [];
  firstAbove = 0;
  dropNext = 0;
  count = 0;
  lastCount = 0;
  dropping = false;

  constructor(limit: number) {
    this.free = limit;
  }

  ask(name: string, priority: number, now: number): void {
    if (this.free > 0) {
      this.free--;
      this.ends.push(`${name} free`);
      return;
    }
    if (this.line.length >= max) {
      const least = this.least();
      if (least.priority <= priority) {
        this.ends.push(`${name} full`);
        return;
      }
      this.end(least, "displaced");
    }
    this.line.push({ name, priority, since: now });
  }

  leave(now: number): void {
    this.free++;
    while (this.free > 0 && this.line.length > 0) {
      if (!this.dequeue(now)) continue;
      this.free--;
    }
  }

  abandon(name: string): void {
    const one = this.line.find((waiting) => waiting.name === name);
    if (one !== undefined) this.end(one, "gone");
  }

  expire(now: number): void {
    for (const priority of [0, 1, 2, 3])
      for (const one of this.line.filter((waiting) => waiting.priority === priority && waiting.since + deadline <= now))
        this.end(one, "deadline");
  }

  /** `ok_to_drop` of the RFC: the sojourn time is that of the oldest. */
  isLate(now: number): boolean {
    const oldest = Math.min(...this.line.map(({ since }) => since));
    if (now - oldest < target || this.line.length <= 1) {
      this.firstAbove = 0;
      return false;
    }
    if (this.firstAbove === 0) {
      this.firstAbove = now + interval;
      return false;
    }
    return now >= this.firstAbove;
  }

  law(time: number): number {
    return time + interval / Math.sqrt(this.count);
  }

  /** `dequeue` of the RFC; whoever is dropped is the oldest of the least important. False: it had waited too long. */
  dequeue(now: number): boolean {
    let isLate = this.isLate(now);
    if (this.dropping) {
      if (!isLate) this.dropping = false;
      while (now >= this.dropNext && this.dropping) {
        this.end(this.least(), "standing");
        this.count++;
        isLate = this.isLate(now);
        if (!isLate) this.dropping = false;
        else this.dropNext = this.law(this.dropNext);
      }
    } else if (isLate) {
      this.end(this.least(), "standing");
      isLate = this.isLate(now);
      this.dropping = true;
      const delta = this.count - this.lastCount;
      this.count = 1;
      if (delta > 1 && now - this.dropNext < 16 * interval) this.count = delta;
      this.dropNext = this.law(now);
      this.lastCount = this.count;
    }
    const most = Math.min(...this.line.map(({ priority }) => priority));
    const equals = this.line.filter(({ priority }) => priority === most);
    const next = this.dropping && isLate ? equals.at(-1)! : equals[0]!;
    const isOver = next.since + deadline <= now;
    this.end(next, isOver ? "deadline" : "free");
    return !isOver;
  }

  least(): One {
    const priority = Math.max(...this.line.map((one) => one.priority));
    return this.line.find((one) => one.priority === priority)!;
  }

  end(one: One, how: string): void {
    this.line = this.line.filter((other) => other !== one);
    this.ends.push(`${one.name} ${how}`);
  }
}

/** What has become of whom, in a life of random steps. */
async function live(seed: number): Promise<readonly string[]> {
  const random = new Random(String(seed));
  const time = new TurnedClock();
  const limit = random.integer(1, 3);
  const door = new Door(limit, { max, deadline, target, interval });
  const model = new Model(limit);
  let now = 1_000_000;
  let inFlight = 0;
  let number = 0;
  for (let step = 0; step < 400; step++) {
    const choice = random.integer(0, 9);
    if (choice < 5) {
      const name = String(number++);
      const priority = random.pick([0, 1, 2, 3] as const);
      door.ask(name, priority);
      model.ask(name, priority, now);
    } else if (choice < 8 && inFlight > 0) {
      door.limiter.leave();
      model.leave(now);
    } else if (choice === 8 && model.line.length > 0) {
      const { name } = random.pick(model.line);
      door.abandon(name);
      model.abandon(name);
    } else {
      // Whole ticks of the line, so that its timer and the model look at the same time.
      const milliseconds = 5 * random.integer(0, 11);
      for (let turned = 0; turned < milliseconds; turned += 5) {
        await time.turn(5);
        model.expire((now += 5));
      }
    }
    expect(door.ends, `seed ${seed}, step ${step}`).toEqual(model.ends);
    inFlight = limit - model.free;
    expect([door.limiter.inFlight, door.limiter.waiting]).toEqual([inFlight, model.line.length]);
  }
  return door.ends;
}

test("a line does what a list does that is searched", async () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 60; seed++) {
    for (const end of await live(seed)) {
      const how = end.replace(/^\d+ /, "");
      seen.set(how, (seen.get(how) ?? 0) + 1);
    }
  }
  // Each way of ending was among them, and often.
  for (const how of ["free", "standing", "deadline", "displaced", "full", "gone"]) expect(seen.get(how), how).toBeGreaterThan(50);
});
