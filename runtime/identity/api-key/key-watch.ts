import type { Identity } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import { type Failed, isFailed } from "../../stores/store.ts";
import { type HeldKey, isOver } from "./held-key.ts";

/** Milliseconds for which an answer is good. */
const goodFor = 1_000;
/** Most keys that are watched: that another one has ended is seen when its next request comes. */
const mostWatched = 10_000;
/** Most questions at the same time. */
const mostAsked = 50;

interface Seen {
  /** Undefined: it is not there. */
  readonly held: HeldKey | undefined;
  /** Monotonic milliseconds. */
  readonly askedAt: number;
}

/**
 * Keys of a store that something long was begun with. Whoever looks gets what was found last, and has it looked up again: a
 * stream ends a look after its key does.
 */
export class KeyWatch {
  readonly #find: (id: string) => Promise<HeldKey | Failed | undefined>;
  /** By id; the one that was asked for longest ago gives way. */
  readonly #seen = new Map<string, Seen>();
  readonly #asked = new Set<string>();

  constructor(find: (id: string) => Promise<HeldKey | Failed | undefined>) {
    this.#find = find;
  }

  /** False where it is not known yet, or cannot be asked. */
  isOver(id: string, identity: Identity): boolean {
    const seen = this.#seen.get(id);
    const isFresh = seen !== undefined && clock.monotonic() - seen.askedAt < goodFor;
    if (!isFresh && this.#asked.size < mostAsked && !this.#asked.has(id)) void this.#ask(id);
    return seen !== undefined && isOver(seen.held, identity);
  }

  /** A store that fails says so, and does not throw. */
  async #ask(id: string): Promise<void> {
    const askedAt = clock.monotonic();
    this.#asked.add(id);
    const held = await this.#find(id);
    this.#asked.delete(id);
    this.#seen.delete(id);
    if (isFailed(held)) return;
    this.#seen.set(id, { held, askedAt });
    if (this.#seen.size > mostWatched) this.#seen.delete(this.#seen.keys().next().value!);
  }
}
