import { Piece } from "../http1/read-buffer.ts";
import type { Carrier, KeptBody } from "./carrier.ts";

/** Longer bodies are not kept for a stream that is refused. */
const fewBytes = 16_384;

/** The begin of a body, for a second stream where the service did not look at the first (RFC 9113 §8.7). */
export class BodyBegin implements KeptBody {
  isLost = false;
  protected length = 0;
  readonly #mostBytes: number;
  #pieces: Buffer[] = [];
  /** Lines of the trailers, once the body has ended. */
  #end: string | undefined = undefined;

  constructor(mostBytes = fewBytes) {
    this.#mostBytes = mostBytes;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Whether there is room for so many bytes. */
  protected takes(_bytes: number): boolean {
    return true;
  }

  add(piece: Piece): Piece {
    if (this.isLost) return piece;
    const { length } = piece;
    // Where there is no room, the request goes on and is not sent again.
    if (this.length + length > this.#mostBytes || !this.takes(length)) {
      this.isLost = true;
      this.release();
      return piece;
    }
    const bytes = piece.held();
    this.length += length;
    this.#pieces.push(bytes);
    return new Piece(bytes, 0, length, undefined);
  }

  end(trailers: string): void {
    this.#end = trailers;
  }

  sendAgain(carrier: Pick<Carrier, "sendBody" | "sendEnd" | "flush">): void {
    for (const bytes of this.#pieces) carrier.sendBody(new Piece(bytes, 0, bytes.length, undefined));
    if (this.#end !== undefined) carrier.sendEnd(this.#end);
    else carrier.flush();
  }

  /** It will not be sent again. */
  release(): void {
    this.length = 0;
    this.#pieces = [];
  }
}
