import { expect, it, vi } from "vitest";
import { timers } from "../../../runtime/life/timers.ts";

// Node calls back after a millisecond where it was told more than 2^31 - 1 of them.
it.each([2_147_483_648, 8.64e16, Number.POSITIVE_INFINITY])("a timer of %s ms is not over at once", (milliseconds) => {
  vi.useFakeTimers();
  try {
    const called = vi.fn();
    const set = vi.spyOn(globalThis, "setTimeout");
    const timer = timers.after(milliseconds, { failed: () => {} } as never, called);
    expect(set.mock.calls.map(([, delay]) => delay)).toEqual([2_147_483_647]);
    vi.advanceTimersByTime(86_400_000);
    expect(called).not.toHaveBeenCalled();
    timer.cancel();
  } finally {
    vi.restoreAllMocks();
    vi.useRealTimers();
  }
});
