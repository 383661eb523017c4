import { CounterTable } from "../../limits/counter-table.ts";
import type { Law } from "../../limits/law.ts";
import type { Counters, Standing, Taken } from "../store.ts";

/** The counters of one limit in the memory of one process. */
export class LocalCounters implements Counters {
  readonly #law: Law;
  readonly #table: CounterTable;

  constructor(law: Law, maxKeys: number) {
    this.#law = law;
    this.#table = new CounterTable(law, maxKeys);
  }

  get size(): number {
    return this.#table.size;
  }

  /** `held`: what counts as taken beside what was counted. */
  take(key: string, cost: number, held = 0): Taken {
    const law = this.#law;
    const now = law.now();
    const at = this.#table.of(key, now);
    const { cells } = this.#table;
    const need = Math.max(1, cost);
    const passed = law.take(cells, at, now, cost, need + held);
    const left = Math.max(0, law.left(cells, at, now) - held);
    const moreIn = law.waitFor(cells, at, now, Math.min(law.most, left + held + 1));
    return { passed, left, moreIn, retryIn: passed ? 0 : law.waitFor(cells, at, now, need), at: now };
  }

  settle(key: string, cost: number, then: number, actual: number): void {
    if (cost === actual) return;
    const law = this.#law;
    const now = law.now();
    // A caller that was forgotten meanwhile has nothing to be given back.
    if (actual < cost && !this.#table.has(key)) return;
    const at = this.#table.of(key, now);
    if (actual > cost) law.add(this.#table.cells, at, now, actual - cost);
    else law.giveBack(this.#table.cells, at, now, cost - actual, cost, then);
  }

  /** Counts it in any case. */
  add(key: string, cost: number): void {
    const now = this.#law.now();
    const at = this.#table.of(key, now);
    this.#law.add(this.#table.cells, at, now, cost);
  }

  look(key: string, held = 0): Standing {
    const law = this.#law;
    // No place is taken for one who only is asked about.
    if (!this.#table.has(key)) return { left: Math.max(0, law.most - held), moreIn: 0 };
    const now = law.now();
    const at = this.#table.of(key, now);
    const left = Math.max(0, law.left(this.#table.cells, at, now) - held);
    return { left, moreIn: law.waitFor(this.#table.cells, at, now, Math.min(law.most, left + held + 1)) };
  }

  reset(key: string): true {
    this.#table.forget(key);
    return true;
  }
}
