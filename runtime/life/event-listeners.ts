import { type Contained, contain, contained } from "./boundary.ts";
import type { Json } from "./json.ts";

interface Listener<Event> {
  readonly event: (event: Event) => void;
  readonly missed: (count: number) => void;
}

/** Who in this process listens to an event topic. */
export class EventListeners<Event extends Json> {
  readonly #listeners = new Set<Listener<Event>>();
  readonly #owner: Contained;
  #waiting: (() => void)[] | undefined = undefined;

  constructor(owner: Contained) {
    this.#owner = owner;
  }

  subscribe(event: (event: Event) => void, missed: (count: number) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const listener = { event, missed };
    this.#listeners.add(listener);
    const leave = contained(this.#owner, (): void => void this.#listeners.delete(listener));
    signal.addEventListener("abort", leave, { once: true });
  }

  tell(event: Event): void {
    this.#each((listener) => listener.event(event));
  }

  tellMissed(count: number): void {
    this.#each((listener) => listener.missed(count));
  }

  /** An event that a listener publishes is told behind the one it was told of, so that all see one order. */
  #each(tell: (listener: Listener<Event>) => void): void {
    const toAll = (): void => {
      for (const listener of this.#listeners) {
        try {
          tell(listener);
        } catch (error) {
          contain(this.#owner, error);
        }
      }
    };
    if (this.#waiting !== undefined) {
      this.#waiting.push(toAll);
      return;
    }
    const waiting = [toAll];
    this.#waiting = waiting;
    for (const next of waiting) next();
    this.#waiting = undefined;
  }
}
