import { type StoredAnswer, sizeOfContent } from "../../caching/stored-answer.ts";
import { Takers } from "../../caching/takers.ts";
import { budgetOf } from "../../http/body-hold.ts";
import type { Cancellable } from "../../http/client-transport.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";

/** Shorter bodies are copied beside their heads. */
const copiedBytes = 8_192;

/** Its client was sent all, or the begin, of what is kept, and may not have taken it yet: then it keeps the bytes in memory. */
export function takes(x: HttpExchange, stored: StoredAnswer): void {
  if (x.isDone || stored.body.length <= copiedBytes) return;
  begin(x, (stored.takers ??= new Takers()), sizeOfContent(stored));
}

/**
 * The pieces of an answer that has ended, for clients that have not taken all of them: parts of what is kept, where it is. Otherwise they
 * count as long as one of the clients takes them.
 */
export function leftTo(slow: readonly HttpExchange[], pieces: Buffer[], stored: StoredAnswer | undefined): Buffer[] {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  if (stored === undefined) {
    const takers = new Takers();
    for (const x of slow) begin(x, takers, bytes);
    return pieces;
  }
  for (const x of slow) takes(x, stored);
  let at = 0;
  return pieces.map(({ length }) => stored.body.subarray(at, (at += length)));
}

function begin(x: HttpExchange, takers: Takers, bytes: number): void {
  takers.begun(budgetOf(x), bytes);
  x.pending = new Taking(x.pending, takers);
}

/** Up to the end of the exchange, which is when its client has taken everything, or has left. */
class Taking implements Cancellable {
  readonly #source: Cancellable | undefined;
  readonly #takers: Takers;

  constructor(source: Cancellable | undefined, takers: Takers) {
    this.#source = source;
    this.#takers = takers;
  }

  cancel(): void {
    this.#takers.ended();
    this.#source?.cancel();
  }

  drained(): void {
    this.#source?.drained();
  }
}
