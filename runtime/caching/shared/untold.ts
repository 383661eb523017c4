import type { Life } from "../../life/life.ts";
import type { Log } from "../../log/log.ts";
import { type Failed, isFailed } from "../../stores/store.ts";
import { hashed } from "./names.ts";

/** Most bases that are remembered. */
const most = 100_000;
/** Milliseconds between two tries. */
const pause = 500;

/** What a server has to be told that does not answer: nothing of that is read from it before it knows. */
export class Untold {
  readonly #drop: (base: string) => Promise<true | Failed>;
  readonly #bases = new Set<string>();
  #log: Log | undefined = undefined;

  constructor(drop: (base: string) => Promise<true | Failed>) {
    this.#drop = drop;
  }

  get size(): number {
    return this.#bases.size;
  }

  start(life: Life): void {
    this.#log = life.log;
    life.every(pause, () => this.#again());
  }

  /** Of the URI itself, as it is written. */
  has(base: string): boolean {
    return this.#bases.size > 0 && this.#bases.has(hashed(base));
  }

  /** `base`: hashed. */
  tell(base: string): void {
    void this.#told(base);
  }

  async #told(base: string): Promise<boolean> {
    const dropped = await this.#drop(base);
    if (!isFailed(dropped)) {
      this.#bases.delete(base);
      return true;
    }
    if (this.#bases.size < most) this.#bases.add(base);
    else if (!this.#bases.has(base))
      this.#log?.write("error", "store was not told that what it keeps of a URI has changed", { reason: dropped.failed });
    return false;
  }

  async #again(): Promise<void> {
    for (const base of [...this.#bases]) if (!(await this.#told(base))) return;
  }
}
