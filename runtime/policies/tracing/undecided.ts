import type { RequestTrace } from "./request-trace.ts";

/**
 * Requests of which is not known yet whether their spans are kept, as many as there are places. One that comes when all are
 * taken ends the wait of the one that waits longest: of that the decision of its begin counts.
 */
export class Undecided {
  readonly #waiting: (RequestTrace | undefined)[];
  #next = 0;
  /** Whose wait was ended. */
  givenUp = 0;

  constructor(places: number) {
    this.#waiting = new Array<RequestTrace | undefined>(places).fill(undefined);
  }

  add(trace: RequestTrace): void {
    const place = this.#next;
    const longest = this.#waiting[place];
    if (longest !== undefined) {
      longest.giveUp();
      this.givenUp++;
    }
    this.#waiting[place] = trace;
    trace.place = place;
    this.#next = place + 1 === this.#waiting.length ? 0 : place + 1;
  }

  remove(trace: RequestTrace): void {
    if (this.#waiting[trace.place] === trace) this.#waiting[trace.place] = undefined;
  }
}
