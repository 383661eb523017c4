import { expect, it } from "vitest";
import { timed } from "../../../runtime/exchange/timed.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { stillClock } from "../../harness/still-clock.ts";

const time = stillClock();
const from = 6_000_000;

it("notes how long a request waits for a step, also for one that failed, and for one that it waits for still", async () => {
  const x = fakeExchange();
  const result = timed(x, "security", Promise.resolve(true));
  time.pass(12);
  expect(await result).toBe(true);
  const failure = timed(x, "security", Promise.reject(new Error("out of reach")));
  await expect(failure).rejects.toThrow("out of reach");
  void timed(x, "rateLimit", new Promise(() => {}));
  expect(x.waits).toEqual([
    { step: "security", startedAt: from, endedAt: from + 12, hasFailed: false },
    { step: "security", startedAt: from + 12, endedAt: from + 12, hasFailed: true },
    { step: "rateLimit", startedAt: from + 12, endedAt: Number.POSITIVE_INFINITY, hasFailed: false },
  ]);
});

it("notes nothing where nothing is waited for, and no more than it can hold", async () => {
  const x = fakeExchange();
  expect(timed(x, "security", true)).toBe(true);
  expect(x.waits).toBeUndefined();
  for (let count = 0; count < 70; count++) expect(await timed(x, "security", Promise.resolve(count))).toBe(count);
  expect(x.waits).toHaveLength(64);
});
