import { expect, test } from "vitest";
import { clock } from "../../runtime/life/clock.ts";
import { timers } from "../../runtime/life/timers.ts";
import { exponential, seeded } from "./chance.ts";
import { figuresOf } from "./figures.ts";
import { play } from "./run.ts";
import { inTurn, oneServer, sharedQueue, shorterOfTwo } from "./theory.ts";
import { SimulatedTime } from "./time.ts";

test("events come in the order of their times, equal ones in that in which they were asked for", async () => {
  const time = new SimulatedTime();
  const chance = seeded(3);
  const seen: number[] = [];
  const times = Array.from({ length: 500 }, () => Math.floor(chance() * 50));
  for (const [index, at] of times.entries()) time.at(at, () => seen.push(at * 1_000 + index));
  await time.run(100);
  expect(seen).toEqual([...seen].sort((one, other) => one - other));
  expect([seen.length, time.now]).toEqual([500, 100]);
});

test("the clock and all timers are those of the simulation, and real again behind it", async () => {
  const real = { setTimeout, setInterval, monotonic: clock.monotonic, after: timers.after };
  const time = new SimulatedTime();
  const seen: string[] = [];
  const owner = { broke() {} };
  await time.own(async () => {
    setTimeout((text: string) => seen.push(`${text} ${clock.monotonic()}`), 3_600_000, "an hour");
    timers.after(60_000, owner, () => seen.push(`a minute ${clock.monotonic()}`));
    timers.after(1, owner, () => seen.push("cancelled")).cancel();
    // As `Deadlines` looks at its list.
    const interval = setInterval(setImmediate, 20, () => {
      if (clock.monotonic() >= 100) clearInterval(interval);
      if (clock.monotonic() >= 100) seen.push(`looked ${clock.monotonic()}`);
    });
    await time.run(4_000_000);
  });
  expect(seen).toEqual(["looked 100", "a minute 60000", "an hour 3600000"]);
  expect({ setTimeout, setInterval, monotonic: clock.monotonic, after: timers.after }).toEqual(real);
});

test("what a promise goes on with comes before the next event", async () => {
  const time = new SimulatedTime();
  const seen: string[] = [];
  time.at(1, () => void Promise.resolve().then(async () => void seen.push(`then ${await Promise.resolve(time.now)}`)));
  time.at(2, () => seen.push("next"));
  await time.run(3);
  expect(seen).toEqual(["then 1", "next"]);
});

test("a run gives the same with the same seed, and other figures with another", async () => {
  const load = {
    endpoints: [0, 1, 2].map(() => ({ moods: [{ from: 0, mood: { latency: exponential(20) } }] })),
    perSecond: 100,
    seconds: 5,
  };
  const subject = { service: "loadBalancer: { algorithm: powerOfTwo }" };
  const [once, again, other] = [await play(load, subject, 1), await play(load, subject, 1), await play(load, subject, 2)];
  expect(again).toEqual(once);
  expect(figuresOf(other, 0).mean).not.toBe(figuresOf(once, 0).mean);
});

test("the formulas give what is printed of them", () => {
  // One server: M/M/1 in each of its forms.
  for (const formula of [sharedQueue(0.8, 1), inTurn(0.8, 1)]) expect(formula).toBeCloseTo(oneServer(0.8), 6);
  // Erlang C of 10 erlang on 12 servers, by its definition.
  const terms = Array.from({ length: 13 }, (_, count) =>
    Array.from({ length: count }, (_, at) => 10 / (at + 1)).reduce((a, b) => a * b, 1),
  );
  const last = terms[12]! / (1 - 10 / 12);
  const waits = last / (terms.slice(0, 12).reduce((a, b) => a + b, 0) + last);
  expect((sharedQueue(10 / 12, 12) - 1) * 12 * (1 - 10 / 12)).toBeCloseTo(waits, 9);
  // The sum of load^(2^i - 2), written out.
  expect(shorterOfTwo(0.9)).toBeCloseTo(1 + 0.9 ** 2 + 0.9 ** 6 + 0.9 ** 14 + 0.9 ** 30 + 0.9 ** 62 + 0.9 ** 126, 4);
});
