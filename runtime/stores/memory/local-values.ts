import { keptText } from "../../exchange/kept-text.ts";
import { clock } from "../../life/clock.ts";

interface Kept {
  readonly value: string;
  readonly bytes: number;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/** What an entry takes beside its texts, roughly. */
const bytesOfEntry = 150;

/** Values of bounded size, all together: those that were used longest ago give way. */
export class LocalValues {
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #values = new Map<string, Kept>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): string | null {
    const kept = this.#values.get(key);
    if (kept === undefined) return null;
    this.#drop(key, kept);
    if (kept.until <= clock.monotonic()) return null;
    this.#keep(key, kept);
    return kept.value;
  }

  set(key: string, value: string, lifeSpan: number): true {
    this.delete(key);
    const bytes = (key.length + value.length) * 2 + bytesOfEntry;
    if (bytes > this.#maxBytes) return true;
    this.#keep(keptText(key), { value: keptText(value), bytes, until: clock.monotonic() + lifeSpan });
    for (const [oldest, kept] of this.#values) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest, kept);
    }
    return true;
  }

  add(key: string, value: string, lifeSpan: number): boolean {
    return this.get(key) === null && this.set(key, value, lifeSpan);
  }

  delete(key: string): true {
    const kept = this.#values.get(key);
    if (kept !== undefined) this.#drop(key, kept);
    return true;
  }

  #keep(key: string, kept: Kept): void {
    this.#values.set(key, kept);
    this.#bytes += kept.bytes;
  }

  #drop(key: string, kept: Kept): void {
    this.#values.delete(key);
    this.#bytes -= kept.bytes;
  }
}
