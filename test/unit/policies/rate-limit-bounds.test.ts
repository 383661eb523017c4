import { expect, it } from "vitest";
import { SlidingWindow } from "../../../runtime/limits/sliding-window.ts";
import { callerOf } from "../../../runtime/policies/rate-limit/caller.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

it("a sliding window gives nothing back where time stands still or steps back", () => {
  const window = new SlidingWindow({ limit: 2, window: 1000 });
  const buffer = new ArrayBuffer(window.width * 8);
  const cells = { doubles: new Float64Array(buffer), counts: new Uint32Array(buffer) };
  const take = (now: number): boolean => window.take(cells, 0, now, 1, 1);
  expect([take(5_000), take(3_900), take(5_000)]).toEqual([true, true, false]);
  expect([3_900, 5_050, 6_050, 6_100].map((now) => window.left(cells, 0, now))).toEqual([0, 0, 0, 2]);
});

it("keeps a key of 128 characters as it is, and of a longer one only its hash", () => {
  const key = (length: number): string =>
    callerOf(fakeExchange({ headers: ["X-Team", "k".repeat(length)] }), { by: "header", name: "x-team" });
  expect(key(128)).toBe("k".repeat(128));
  expect(key(129)).toHaveLength(44);
  expect(key(129)).not.toBe(key(130));
});
