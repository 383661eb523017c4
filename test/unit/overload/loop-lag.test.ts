import { expect, onTestFinished, test } from "vitest";
import { clock } from "../../../runtime/life/clock.ts";
import { timers } from "../../../runtime/life/timers.ts";
import { LoopLag } from "../../../runtime/overload/loop-lag.ts";
import type { Priority } from "../../../runtime/overload/priority.ts";

/** An event loop that comes to its timer when it has the time. */
function slowLoop(): { comeTo(late: number): void; readonly timers: number } {
  let now = 5_000;
  let waiting: { readonly at: number; readonly callback: () => void }[] = [];
  const before = { monotonic: clock.monotonic, after: timers.after };
  clock.monotonic = () => now;
  timers.after = (milliseconds, _owner, callback) => {
    const one = { at: now + milliseconds, callback };
    waiting.push(one);
    return { cancel: () => void (waiting = waiting.filter((other) => other !== one)) };
  };
  onTestFinished(() => {
    clock.monotonic = before.monotonic;
    timers.after = before.after;
  });
  return {
    comeTo(late) {
      const [next] = waiting.splice(0);
      now = next!.at + late;
      next!.callback();
    },
    get timers() {
      return waiting.length;
    },
  };
}

const shed = (lag: LoopLag): readonly Priority[] => ([0, 1, 2, 3] as const).filter((priority) => lag.sheds(priority));

test("while the loop is late one class more is shed at each look, the least important first and the most important never", () => {
  const loop = slowLoop();
  const lag = new LoopLag({ most: 100, interval: 50 });
  lag.start();
  expect(shed(lag)).toEqual([]);
  const seen = [150, 150, 150, 150, 150].map((late) => {
    loop.comeTo(late);
    return shed(lag);
  });
  expect(seen).toEqual([[3], [2, 3], [1, 2, 3], [1, 2, 3], [1, 2, 3]]);
  expect(lag.lag).toBe(150);
  const after = [100, 20, 0, 0].map((late) => {
    loop.comeTo(late);
    return shed(lag);
  });
  expect(after).toEqual([[2, 3], [3], [], []]);
});

test("there is one timer, however many ask, and none once it has stopped", () => {
  const loop = slowLoop();
  const lag = new LoopLag({ most: 100, interval: 50 });
  lag.start();
  for (let index = 0; index < 1_000; index++) lag.sheds(3);
  loop.comeTo(0);
  expect(loop.timers).toBe(1);
  lag.stop();
  expect(loop.timers).toBe(0);
});
