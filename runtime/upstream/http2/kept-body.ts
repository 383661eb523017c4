import { Piece } from "../../http1/read-buffer.ts";
import type { Carrier, KeptBody } from "../carrier.ts";

/** Longer bodies are not kept. */
const mostBytes = 16_384;

/** The begin of a body, for a second stream where the service did not look at the first (RFC 9113 §8.7). */
export class BodyBegin implements KeptBody {
  isLost = false;
  #pieces: Buffer[] = [];
  #length = 0;
  /** Lines of the trailers, once the body has ended. */
  #end: string | undefined = undefined;

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  add(piece: Piece): Piece {
    if (this.isLost) return piece;
    const bytes = piece.held();
    this.#length += bytes.length;
    this.#pieces.push(bytes);
    if (this.#length > mostBytes) {
      this.isLost = true;
      this.#pieces = [];
    }
    return new Piece(bytes, 0, bytes.length, undefined);
  }

  end(trailers: string): void {
    this.#end = trailers;
  }

  sendAgain(carrier: Carrier): void {
    for (const bytes of this.#pieces) carrier.sendBody(new Piece(bytes, 0, bytes.length, undefined));
    if (this.#end !== undefined) carrier.sendEnd(this.#end);
    else carrier.flush();
  }
}
