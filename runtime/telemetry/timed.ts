import type { Exchange, ExchangeTrace } from "../exchange/exchange.ts";
import { clock } from "../life/clock.ts";

/**
 * Notes in the trace of a request how long it waited for a step; `result` is what the step gave. One that gave its result at
 * once took no time worth telling.
 */
export function timed<T>(x: Exchange, policy: string, result: T | Promise<T>): T | Promise<T> {
  const { trace } = x;
  return trace?.isRecording === true && result instanceof Promise ? noted(trace, policy, result) : result;
}

async function noted<T>(trace: ExchangeTrace, policy: string, result: Promise<T>): Promise<T> {
  const startedAt = clock.monotonic();
  let hasFailed = true;
  try {
    const value = await result;
    hasFailed = false;
    return value;
  } finally {
    trace.waited(policy, startedAt, clock.monotonic(), hasFailed);
  }
}
