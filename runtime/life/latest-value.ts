import { type Contained, contain, contained } from "./boundary.ts";
import type { Json } from "./json.ts";

/** What this process knows of a `latest` topic, and who wants to know of it. */
export class LatestValue<Value extends Json> {
  readonly #listeners = new Set<(value: Value) => void>();
  readonly #owner: Contained;
  value: Value | undefined = undefined;

  constructor(owner: Contained) {
    this.#owner = owner;
  }

  set(value: Value): void {
    this.value = value;
    for (const listener of this.#listeners) this.#tell(listener, value);
  }

  subscribe(listener: (value: Value) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const own = (value: Value): void => listener(value);
    this.#listeners.add(own);
    const leave = contained(this.#owner, (): void => void this.#listeners.delete(own));
    signal.addEventListener("abort", leave, { once: true });
    if (this.value !== undefined) this.#tell(own, this.value);
  }

  #tell(listener: (value: Value) => void, value: Value): void {
    try {
      listener(value);
    } catch (error) {
      contain(this.#owner, error);
    }
  }
}
