import type { AnswerStream } from "../../exchange/answer-hooks.ts";
import { Piece } from "../../http1/read-buffer.ts";

/** What the bytes of an answer pass through: one behind the other, and the last gives them to the client. */
export interface Link {
  add(piece: Piece): void;
  /** Nothing more has come for now. */
  lull(): void;
  end(): void;
}

/** Who ends an answer in the middle. */
export interface Breaker {
  readonly isOver: boolean;
  broken(): void;
}

/** A step that sees, or changes, bytes as they come. */
export class StreamLink implements Link {
  readonly #stream: AnswerStream;
  readonly #next: Link;
  readonly #breaker: Breaker;

  constructor(stream: AnswerStream, next: Link, breaker: Breaker) {
    this.#stream = stream;
    this.#next = next;
    this.#breaker = breaker;
  }

  add(piece: Piece): void {
    const instead = this.#stream.piece(piece.buffer, piece.start, piece.end);
    if (instead === undefined) this.#next.add(piece);
    else this.#pass(instead);
  }

  lull(): void {
    const kept = this.#stream.lull?.();
    if (kept !== undefined) this.#pass(kept);
    if (!this.#breaker.isOver) this.#next.lull();
  }

  end(): void {
    const rest = this.#stream.end?.();
    if (rest !== undefined) this.#pass(rest);
    if (!this.#breaker.isOver) this.#next.end();
  }

  #pass(bytes: Uint8Array | "broken"): void {
    if (bytes === "broken") this.#breaker.broken();
    else if (bytes.length > 0) this.#next.add(pieceOf(bytes));
  }
}

/** Bytes into which nobody will write again. */
export const pieceOf = (bytes: Uint8Array): Piece =>
  new Piece(
    bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    0,
    bytes.length,
    undefined,
  );
