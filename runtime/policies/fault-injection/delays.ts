import type { Harm } from "../../exchange/answer-harm.ts";
import { logged } from "../../life/boundary.ts";
import { timers } from "../../life/timers.ts";

/** A request that waits. */
export interface Delay extends Harm {
  /** Resolves when it goes on. */
  readonly over: Promise<void>;
}

const owner = "a delay of faultInjection";

/** Requests that wait, of bounded number: each is a timer, and holds nothing else. */
export class Delays {
  readonly #most: number;
  readonly #waiting = new Set<Delay>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Undefined where too many wait already. */
  begin(milliseconds: number): Delay | undefined {
    if (this.#waiting.size >= this.#most) return undefined;
    const { promise: over, resolve } = withResolve();
    const end = (): void => {
      timer.cancel();
      this.#waiting.delete(delay);
      resolve();
    };
    const timer = timers.after(milliseconds, logged(owner), end);
    const delay = { over, end };
    this.#waiting.add(delay);
    return delay;
  }

  endAll(): void {
    for (const delay of this.#waiting) delay.end();
  }
}

function withResolve(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
