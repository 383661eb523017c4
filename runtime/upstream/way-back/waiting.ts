import { ByteCollector } from "../../body/byte-collector.ts";
import { holdOf } from "../../http/body-hold.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import { type Link, pieceOf } from "./link.ts";

/** What had come with the head, or was on its way, while a step waits for its verdict on it: the service is paused. */
export class Waiting {
  #isEnded = false;
  readonly #bytes: ByteCollector;

  constructor(x: HttpExchange) {
    this.#bytes = new ByteCollector(holdOf(x), -1);
  }

  /** False: there is no room in memory. */
  add(piece: Piece): boolean {
    return this.#bytes.add(piece.buffer, piece.start, piece.end);
  }

  end(): void {
    this.#isEnded = true;
  }

  goOn(to: Link, outlet: { readonly isOver: boolean }): void {
    const { bytes } = this.#bytes;
    if (!outlet.isOver && bytes.length > 0) to.add(pieceOf(bytes));
    this.#bytes.clear();
    if (!outlet.isOver && this.#isEnded) to.end();
  }
}
