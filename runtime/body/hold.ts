import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

/** How many bytes of bodies a process may hold in memory at a time, and how many it does. */
export class BodyBudget {
  held = 0;
  readonly most: number;
  /** Turned away since the start, because there was no room. */
  refused = 0;

  constructor(most: number) {
    this.most = most;
  }
}

/** What one exchange has of the budget: given back at its end at the latest. */
export class Hold {
  readonly #budget: BodyBudget;
  #bytes = 0;

  constructor(budget: BodyBudget) {
    this.#budget = budget;
  }

  /** Bytes that nobody holds. */
  get left(): number {
    return this.#budget.most - this.#budget.held;
  }

  /** False: with these more is held than may be, and whoever took them has to give up. */
  take(bytes: number): boolean {
    this.#budget.held += bytes;
    this.#bytes += bytes;
    if (this.left >= 0) return true;
    this.#budget.refused++;
    return false;
  }

  give(bytes: number): void {
    const given = Math.min(bytes, this.#bytes);
    this.#budget.held -= given;
    this.#bytes -= given;
  }

  end(): void {
    this.give(this.#bytes);
  }
}

/**
 * A quarter of what the process may use: of the heap that Node grants itself (`--max-old-space-size`), or of the memory of
 * the machine or the container, which the workers share.
 */
export function defaultBodyMemory(workers: number): number {
  // Nothing, or more than there is, where no bound is set for the process.
  const constrained = process.constrainedMemory() ?? 0;
  const machine = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.floor(Math.min(getHeapStatistics().heap_size_limit, machine / workers) / 4);
}
