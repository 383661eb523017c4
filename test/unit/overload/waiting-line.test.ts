import { expect, test } from "vitest";
import { TurnedClock } from "../../harness/turned-clock.ts";
import { Door } from "./support.ts";

test("who finds a place has it at once, and who does not is shed where there is no line", () => {
  const door = new Door(2);
  for (const name of ["a", "b", "c"]) door.ask(name);
  expect(door.take()).toEqual(["a free", "b free", "c shed"]);
  door.limiter.leave();
  door.ask("d");
  expect(door.take()).toEqual(["d free"]);
  expect(door.limiter.shed).toEqual({ full: [0, 0, 1, 0] });
});

test("a place that comes back goes to the most important, and among equals to the oldest", async () => {
  const time = new TurnedClock();
  const door = new Door(1, {});
  door.ask("first");
  door.ask("low", 3);
  door.ask("normal 1");
  await time.turn(1);
  door.ask("normal 2");
  door.ask("critical", 0);
  door.ask("high", 1);
  door.take();
  for (let index = 0; index < 6; index++) door.limiter.leave();
  expect(door.take()).toEqual(["critical free", "high free", "normal 1 free", "normal 2 free", "low free"]);
  expect([door.limiter.inFlight, door.limiter.waiting]).toEqual([0, 0]);
});

test("where the line is full, the oldest of the least important gives way to who is more important, and nobody to an equal", () => {
  new TurnedClock();
  const door = new Door(1, { max: 3 });
  door.ask("first");
  door.ask("low 1", 3);
  door.ask("low 2", 3);
  door.ask("normal");
  door.take();
  door.ask("low 3", 3);
  expect(door.take()).toEqual(["low 3 full"]);
  door.ask("high", 1);
  expect(door.take()).toEqual(["low 1 displaced"]);
  door.ask("critical 1", 0);
  door.ask("critical 2", 0);
  expect(door.take()).toEqual(["low 2 displaced", "normal displaced"]);
  door.ask("critical 3", 0);
  expect(door.take()).toEqual(["high displaced"]);
  door.ask("critical 4", 0);
  expect(door.take()).toEqual(["critical 4 full"]);
  expect(door.limiter.shed).toEqual({ full: [1, 0, 0, 1], displaced: [0, 1, 1, 2] });
});

test("nobody waits longer than the deadline of the line, or than it is of use, whatever becomes of those in front", async () => {
  const time = new TurnedClock();
  const door = new Door(1, { deadline: 500 });
  door.ask("first");
  door.ask("long");
  door.ask("short", 2, 1_000_000 + 200);
  door.take();
  expect(time.waiting).toBe(1);
  await time.turn(199);
  expect(door.take()).toEqual([]);
  await time.turn(10);
  expect(door.take()).toEqual(["short deadline"]);
  await time.turn(280);
  expect(door.take()).toEqual([]);
  await time.turn(20);
  expect(door.take()).toEqual(["long deadline"]);
  // Nothing is left that would keep the process.
  expect([time.waiting, door.limiter.waiting]).toEqual([0, 0]);
});

test("a place is not given to one whose time was over before the timer came to it", async () => {
  const time = new TurnedClock();
  const door = new Door(1, { deadline: 500 });
  door.ask("first");
  door.ask("late", 0, 1_000_000 + 2);
  door.ask("in time");
  door.take();
  await time.turn(3);
  door.limiter.leave();
  expect(door.take()).toEqual(["late deadline", "in time free"]);
});

test("who leaves gives the place in the line to others, once, and is not counted as shed", () => {
  const time = new TurnedClock();
  const door = new Door(1, { max: 1 });
  door.ask("first");
  door.ask("second");
  door.abandon("second");
  door.abandon("second");
  door.ask("third");
  expect(door.take()).toEqual(["first free", "second gone"]);
  door.limiter.leave();
  door.limiter.leave();
  expect(door.take()).toEqual(["third free"]);
  expect([door.limiter.inFlight, door.limiter.shed, time.waiting]).toEqual([0, {}, 0]);
});

test("a limit that falls below what is under way keeps everybody out until enough have left", () => {
  const door = new Door(3, { max: 5 });
  for (const name of ["a", "b", "c", "d"]) door.ask(name);
  door.take();
  door.limiter.limit = 1;
  door.limiter.leave();
  door.limiter.leave();
  expect(door.take()).toEqual([]);
  door.limiter.leave();
  expect(door.take()).toEqual(["d free"]);
});

test("a burst that is over within the interval is served in its order, and nobody is shed", async () => {
  const time = new TurnedClock();
  const door = new Door(1, { target: 5, interval: 100 });
  for (let index = 0; index <= 9; index++) door.ask(String(index));
  door.take();
  // One each 10 ms: the oldest waits longer than the target throughout, and no longer than 90 ms.
  for (let index = 1; index <= 9; index++) {
    await time.turn(10);
    door.limiter.leave();
    expect(door.take()).toEqual([`${index} free`]);
  }
});

test("a line that stands longer than the interval serves its newest first, and sheds the oldest of the least important", async () => {
  const time = new TurnedClock();
  const door = new Door(1, { target: 5, interval: 100 });
  door.ask("first");
  for (let index = 0; index < 10; index++) door.ask(`low ${index}`, 3);
  for (let index = 0; index < 10; index++) door.ask(`high ${index}`, 1);
  door.take();
  const step = async (): Promise<readonly string[]> => {
    await time.turn(60);
    door.limiter.leave();
    return door.take();
  };
  // RFC 8289 §5.3: first seen above the target at 60 ms, so that it stands from 160 ms on.
  expect(await step()).toEqual(["high 0 free"]);
  expect(await step()).toEqual(["high 1 free"]);
  expect(await step()).toEqual(["low 0 standing", "high 9 free"]);
  // The next one 100 ms behind, then 100 / √2 ms behind that (§5.4).
  expect(await step()).toEqual(["high 8 free"]);
  expect(await step()).toEqual(["low 1 standing", "high 7 free"]);
  expect(await step()).toEqual(["low 2 standing", "high 6 free"]);
  // Once nobody waits long any more, order returns.
  await time.turn(2_000);
  door.take();
  door.ask("old");
  door.ask("new");
  await time.turn(1);
  door.limiter.leave();
  expect(door.take()).toEqual(["old free"]);
});

test("the last one in a line is served, however long it has stood", async () => {
  const time = new TurnedClock();
  const door = new Door(1, { deadline: 100_000 });
  door.ask("first");
  for (let index = 0; index < 50; index++) door.ask(String(index));
  for (let index = 0; index < 50; index++) {
    await time.turn(300);
    door.limiter.leave();
  }
  expect(door.ends.at(-1)).toMatch(/free$/);
  expect(door.limiter.waiting).toBe(0);
});
