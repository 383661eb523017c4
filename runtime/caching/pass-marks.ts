import { keptText } from "../exchange/kept-text.ts";
import { clock } from "../life/clock.ts";

/** Most marks of one generation. */
const most = 10_000;

/**
 * Keys whose answers could not be kept when they were asked for last: requests for them do not wait for each other for a while,
 * as each would only learn that it has to ask by itself.
 */
export class PassMarks {
  readonly #term: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  /** Milliseconds that a mark lasts. */
  constructor(term: number) {
    this.#term = term;
  }

  has(key: string): boolean {
    const until = this.#young.get(key) ?? this.#old.get(key);
    return until !== undefined && until > clock.monotonic();
  }

  set(key: string): void {
    if (this.#young.size >= most) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(keptText(key), clock.monotonic() + this.#term);
  }
}
