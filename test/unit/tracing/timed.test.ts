import { expect, it } from "vitest";
import type { ExchangeTrace } from "../../../runtime/exchange/exchange.ts";
import { timed } from "../../../runtime/telemetry/timed.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { stillClock } from "../../harness/still-clock.ts";

const time = stillClock();

function exchange(isRecording: boolean) {
  const waits: unknown[][] = [];
  const x = fakeExchange();
  const trace: ExchangeTrace = {
    traceId: "",
    spanId: "",
    isSampled: isRecording,
    isRecording,
    attemptLines: () => "",
    waited: (...wait) => waits.push(wait),
  };
  x.trace = trace;
  return { x, waits };
}

it("notes how long a request waited for a step, also for one that failed", async () => {
  const { x, waits } = exchange(true);
  const result = timed(x, "security", Promise.resolve(true));
  time.pass(12);
  expect(await result).toBe(true);
  const failure = timed(x, "security", Promise.reject(new Error("out of reach")));
  await expect(failure).rejects.toThrow("out of reach");
  const from = 6_000_000;
  expect(waits).toEqual([
    ["security", from, from + 12, false],
    ["security", from + 12, from + 12, true],
  ]);
});

it("costs nothing where nothing is waited for, nothing is recorded or nobody traces", () => {
  const recorded = exchange(true);
  expect(timed(recorded.x, "security", true)).toBe(true);
  const unsampled = exchange(false);
  const result = Promise.resolve(true);
  expect(timed(unsampled.x, "security", result)).toBe(result);
  expect(timed(fakeExchange(), "security", result)).toBe(result);
  expect([recorded.waits, unsampled.waits]).toEqual([[], []]);
});
