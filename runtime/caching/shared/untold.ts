import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import type { Log } from "../../log/log.ts";
import { type Failed, isFailed } from "../../stores/store.ts";
import { hashed } from "./names.ts";

/** Milliseconds between two tries. */
const pause = 500;

/** What a server has to be told that does not answer: nothing of that is read from it before it knows. */
export class Untold {
  readonly #drop: (base: string) => Promise<true | Failed>;
  readonly #most: number;
  /** In the order in which they came. */
  readonly #bases = new Map<string, Change>();
  /** Changes of which it was not told at once. */
  #count = 0;
  /** The last of those that are not remembered, as there were too many: nothing at all is read. */
  #lost = 0;
  #log: Log | undefined = undefined;

  /** `most`: bases that are remembered. */
  constructor(drop: (base: string) => Promise<true | Failed>, most = 100_000) {
    this.#drop = drop;
    this.#most = most;
  }

  get size(): number {
    return this.#bases.size;
  }

  start(life: Life): void {
    this.#log = life.log;
    life.every(pause, () => void this.tellAll());
  }

  /** Of the URI itself, as it is written. */
  has(base: string): boolean {
    return this.#lost > 0 || (this.#bases.size > 0 && this.#bases.has(hashed(base)));
  }

  /** It is not told of each: there are too many of them, or one for so many milliseconds. */
  isBeyond(milliseconds: number): boolean {
    const [first] = this.#bases.values();
    return this.#lost > 0 || (first !== undefined && clock.monotonic() - first.since > milliseconds);
  }

  /** `base`: hashed. */
  async tell(base: string): Promise<void> {
    const dropped = await this.#drop(base);
    if (!isFailed(dropped)) return;
    const count = ++this.#count;
    const before = this.#bases.get(base);
    if (before !== undefined || this.#bases.size < this.#most)
      this.#bases.set(base, { count, since: before?.since ?? clock.monotonic() });
    else {
      if (this.#lost === 0)
        this.#log?.write("warning", "nothing is read from the store until it knows what has changed", { reason: dropped.failed });
      this.#lost = count;
    }
  }

  /** False: it does not know all. */
  async tellAll(): Promise<boolean> {
    for (const [base, change] of [...this.#bases]) {
      if (isFailed(await this.#drop(base))) return false;
      // One that came meanwhile is to be told by itself.
      if (this.#bases.get(base) === change) this.#bases.delete(base);
    }
    return this.#lost === 0;
  }

  /** All that it was not told of by now: what `forget` goes by. */
  get count(): number {
    return this.#count;
  }

  /** What came up to then need not be told any more. */
  forget(count: number): void {
    for (const [base, change] of this.#bases) if (change.count <= count) this.#bases.delete(base);
    if (this.#lost <= count) this.#lost = 0;
  }
}

interface Change {
  readonly count: number;
  /** Monotonic milliseconds of the first one of its base. */
  readonly since: number;
}
