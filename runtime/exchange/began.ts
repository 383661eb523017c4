import { clock } from "../life/clock.ts";
import type { Exchange } from "./exchange.ts";

/** Notes that a step is asked which may have to wait: a chain calls it where somebody wants to know how long that took. */
export function began(x: Exchange, step: string): void {
  (x.waits ??= []).push(step, clock.monotonic());
}
