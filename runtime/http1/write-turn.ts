import { contain, contained, logged } from "../life/boundary.ts";
import type { Outbox } from "./outbox.ts";

/** So many exchanges at a time make it worth while. */
const crowd = 8;

/**
 * Messages that leave one after the other at the end of a turn of the event loop. Sent each at once, they wake a peer on
 * the same machine that falls asleep again while the next one is made, and waking costs more than sending: of a proxied
 * request it was a tenth to a sixth of the CPU time. With few exchanges nothing waits.
 */
export class WriteTurn {
  /** Exchanges under way, as far as their host tells. */
  users = 0;
  #waiting: Outbox[] = [];

  get isCrowded(): boolean {
    return this.users >= crowd;
  }

  add(outbox: Outbox): void {
    if (this.#waiting.length === 0) setImmediate(this.#run);
    this.#waiting.push(outbox);
  }

  readonly #run = contained(logged("a turn of writing failed"), (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const outbox of waiting) {
      try {
        outbox.send();
      } catch (error) {
        contain(outbox, error);
      }
    }
  });
}
