import type { Hold } from "../../body/hold.ts";
import { Piece } from "../../http1/read-buffer.ts";
import type { Carrier, KeptBody } from "../carrier.ts";

/** A body that can be sent again as long as it has no more than so many bytes, which count as held ones. */
export class HeldBody implements KeptBody {
  isLost = false;
  readonly #hold: Hold;
  readonly #mostBytes: number;
  #pieces: Buffer[] = [];
  #length = 0;
  /** Lines of the trailers, once the body has ended. */
  #end: string | undefined = undefined;

  constructor(hold: Hold, mostBytes: number) {
    this.#hold = hold;
    this.#mostBytes = mostBytes;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  add(piece: Piece): Piece {
    if (this.isLost) return piece;
    const { length } = piece;
    // Where there is no room, the request goes on and is not sent again.
    if (this.#length + length > this.#mostBytes || this.#hold.left < length) {
      this.isLost = true;
      this.release();
      return piece;
    }
    const bytes = piece.held();
    this.#hold.take(length);
    this.#length += length;
    this.#pieces.push(bytes);
    return new Piece(bytes, 0, length, undefined);
  }

  end(trailers: string): void {
    this.#end = trailers;
  }

  sendAgain(carrier: Carrier): void {
    for (const bytes of this.#pieces) carrier.sendBody(new Piece(bytes, 0, bytes.length, undefined));
    if (this.#end !== undefined) carrier.sendEnd(this.#end);
    else carrier.flush();
  }

  /** It will not be sent again. */
  release(): void {
    this.#hold.give(this.#length);
    this.#length = 0;
    this.#pieces = [];
  }
}
