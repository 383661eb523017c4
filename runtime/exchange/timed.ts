import { clock } from "../life/clock.ts";
import type { Exchange, Wait } from "./exchange.ts";

/** Of one request; there are hardly ever as many. */
const mostWaits = 64;

/**
 * Notes how long a request waits for a step, where somebody wants to know; `result` is what the step gave. One that gave its
 * result at once took no time worth telling.
 */
export const timed = <T>(x: Exchange, step: string, result: T | Promise<T>): T | Promise<T> =>
  result instanceof Promise ? noted(x, step, result) : result;

/** Notes that a request begins to wait for a step; who knows when that is over sets its end. */
export function beginWait(x: Exchange, step: string): Wait {
  const wait: Wait = { step, startedAt: clock.monotonic(), endedAt: Number.POSITIVE_INFINITY, hasFailed: false };
  x.waits ??= [];
  if (x.waits.length < mostWaits) x.waits.push(wait);
  return wait;
}

async function noted<T>(x: Exchange, step: string, result: Promise<T>): Promise<T> {
  const wait = beginWait(x, step);
  try {
    return await result;
  } catch (error) {
    wait.hasFailed = true;
    throw error;
  } finally {
    wait.endedAt = clock.monotonic();
  }
}
