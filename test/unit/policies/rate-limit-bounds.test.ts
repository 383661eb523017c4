import { expect, it } from "vitest";
import { callerOf } from "../../../runtime/policies/rate-limit/caller.ts";
import { SlidingWindow } from "../../../runtime/policies/rate-limit/sliding-window.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";

it("a sliding window gives nothing back where time stands still or steps back", () => {
  const window = new SlidingWindow({ limit: 2, part: 100 });
  expect([window.take(5_000), window.take(3_900), window.take(5_000)]).toEqual([true, true, false]);
  expect([window.left(3_900), window.left(5_050), window.left(6_050), window.left(6_100)]).toEqual([0, 0, 0, 2]);
});

it("keeps a key of 128 characters as it is, and of a longer one only its hash", () => {
  const key = (length: number): string =>
    callerOf(fakeExchange({ headers: ["X-Team", "k".repeat(length)] }), { by: "header", name: "x-team" });
  expect(key(128)).toBe("k".repeat(128));
  expect(key(129)).toHaveLength(44);
  expect(key(129)).not.toBe(key(130));
});
