import type { HeaderList } from "../../fields/header-list.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import type { FailureCode } from "../answer-sink.ts";
import type { Deadlines } from "../deadlines.ts";
import { Attempt } from "./attempt.ts";

/** Bytes and milliseconds that an answer may have left which nobody wants; beyond, a new connection is cheaper. */
const mostBytes = 16_384;
const mostMs = 1_000;

/** An attempt whose answer may be thrown away, so that its connection can carry the next request. */
export class RetriedAttempt extends Attempt {
  /** Undefined: its answer is wanted. */
  #deadlines: Deadlines | undefined = undefined;
  #left = mostBytes;

  /** What else comes of the answer is read and forgotten where it is short. `length`: -1 where it is not known. */
  discard(length: number, deadlines: Deadlines, now: number): void {
    if (length > mostBytes) {
      this.leave();
      return;
    }
    this.#deadlines = deadlines;
    this.deadline = now + mostMs;
    deadlines.add(this, now);
  }

  override answerPiece(piece: Piece): void {
    if (this.#deadlines === undefined) super.answerPiece(piece);
    else {
      this.#left -= piece.length;
      if (this.#left < 0) this.#giveUp();
    }
  }

  override answerEnd(trailers: HeaderList | undefined): void {
    if (this.#deadlines === undefined) super.answerEnd(trailers);
    else this.#deadlines.remove(this);
  }

  override answerFailed(code: FailureCode, isStale: boolean): void {
    if (this.#deadlines === undefined) super.answerFailed(code, isStale);
    else this.#deadlines.remove(this);
  }

  override expire(): void {
    if (this.#deadlines === undefined) super.expire();
    else this.#giveUp();
  }

  /** The request is with another attempt: it does not end with this one. */
  override broke(error: unknown): void {
    if (this.#deadlines === undefined) super.broke(error);
    else this.#giveUp();
  }

  #giveUp(): void {
    this.#deadlines?.remove(this);
    this.leave();
  }
}
