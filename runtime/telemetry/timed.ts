import type { Exchange } from "../exchange/exchange.ts";
import { clock } from "../life/clock.ts";

/**
 * Notes in the trace of a request how long it waited for a step; `result` is what the step gave. One that gave its result at
 * once took no time worth telling.
 */
export function timed<T>(x: Exchange, policy: string, result: T | Promise<T>): T | Promise<T> {
  if (x.trace?.isRecording !== true || !(result instanceof Promise)) return result;
  const { trace } = x;
  const startedAt = clock.monotonic();
  return result.then(
    (value) => {
      trace.waited(policy, startedAt, clock.monotonic(), false);
      return value;
    },
    (error: unknown) => {
      trace.waited(policy, startedAt, clock.monotonic(), true);
      throw error;
    },
  );
}
