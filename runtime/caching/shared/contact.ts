import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import type { Home } from "../../stores/entries.ts";
import { isFailed } from "../../stores/store.ts";
import { newId } from "./names.ts";
import type { Untold } from "./untold.ts";

/** Milliseconds between two signs of life, after how many without one a process is lost, and for which an epoch is known. */
const beatMs = 5_000;
/** Between two tries. */
const tickMs = 500;
export const lostMs = 30_000;
const knownMs = 10_000;

/**
 * What a process knows of a server, and the server of it. One that changes something has to tell the server, or what is kept there
 * outlives what it was made of. So each such process says again and again that it is there; when one was not heard of for long
 * that did not say that it has told all, another epoch begins, and what was fetched in one before is asked about.
 *
 * So a change that the server could not be told is in force everywhere `beatMs + lostMs + knownMs` after it, whatever became of the
 * process: it was last heard of before the change, somebody notices within one beat that it is lost, and nobody goes by an epoch that
 * was heard of longer ago than `knownMs`.
 */
export class Contact {
  readonly untold: Untold;
  readonly #home: Home;
  readonly #changed: () => void;
  readonly #name = newId();
  /** Requests of this process may change what is kept. */
  isChanging = false;
  #epoch = "";
  #heardAt = Number.NEGATIVE_INFINITY;
  #beating: Promise<void> | undefined = undefined;
  #isOver = false;

  /** `changed`: another epoch has begun. */
  constructor(home: Home, untold: Untold, changed: () => void) {
    this.#home = home;
    this.untold = untold;
    this.#changed = changed;
  }

  /** The last one that was heard of; empty: none. */
  get lastEpoch(): string {
    return this.#epoch;
  }

  /** Undefined: it may be another one by now. */
  get epoch(): string | undefined {
    return clock.monotonic() - this.#heardAt < knownMs ? this.#epoch : undefined;
  }

  start(life: Life): void {
    this.untold.start(life);
    life.every(tickMs, () => (clock.monotonic() - this.#heardAt < beatMs ? undefined : this.beat()));
  }

  /** Many who ask at once share one. */
  beat(): Promise<void> {
    this.#beating ??= this.#isOver ? Promise.resolve() : this.#beat();
    return this.#beating;
  }

  async #beat(): Promise<void> {
    const heardAt = clock.monotonic();
    const isDoubtful = this.untold.isBeyond(lostMs);
    const { count } = this.untold;
    const member = this.isChanging ? this.#name : "";
    const epoch = await this.#home.beat({ member, lost: lostMs, isDoubtful, newEpoch: newId() });
    this.#beating = undefined;
    if (isFailed(epoch)) return;
    this.#heardAt = heardAt;
    // All that was kept is asked about: nothing of it has to be told any more.
    if (isDoubtful) this.untold.forget(count);
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#changed();
  }

  /** Who leaves without having told all does not say that it leaves. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#beating;
    if (!this.isChanging || !(await this.untold.tellAll())) return;
    await this.#home.leave(this.#name);
  }
}
