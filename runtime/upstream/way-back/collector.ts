import { AnswerContent } from "../../body/answer-content.ts";
import { ByteCollector } from "../../body/byte-collector.ts";
import { contentCodings } from "../../body/content-coding.ts";
import type { AnswerBody, AnswerWish } from "../../exchange/answer-hooks.ts";
import { holdOf } from "../../http/body-hold.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import { type Link, pieceOf } from "./link.ts";

/** Who asks the steps, and has the head. */
export interface Judges {
  readonly isOver: boolean;
  /** Asks the steps that want the body of `collector` and have not had it. False: the answer was replaced. */
  judge(collector: Collector): boolean;
  /** Nothing in `collector` waits any more; `length`: of the whole body, -1 where it is not known. */
  released(length: number): void;
  /** There is no room in memory for what is held. */
  overloaded(): void;
}

/** Collects a body, once for all steps that follow each other and want it whole. */
export class Collector implements Link {
  /** Head and body wait here. */
  isHeld = false;
  readonly #wishes = new Map<number, AnswerWish>();
  readonly #collected: ByteCollector;
  readonly #next: Link;
  readonly #judges: Judges;
  /** What the body is, where it is known before its end; undefined: it is what was collected, as soon as it is whole. */
  #verdict: "none" | "tooLarge" | "stream" | undefined = undefined;
  #isWhole = false;
  #isCollecting = true;
  #length = 0;
  #content: AnswerContent;
  readonly #x: HttpExchange;
  /** Most bytes that some step wants, and that some step that holds does. */
  #most = 0;
  #mostHeld = 0;

  /** `announced`: bytes to come; -1: not known. */
  constructor(x: HttpExchange, announced: number, next: Link, judges: Judges) {
    this.#x = x;
    this.#collected = new ByteCollector(holdOf(x), announced);
    this.#content = new AnswerContent(x, contentCodings(x.answer!.headers), this.#collected);
    this.#next = next;
    this.#judges = judges;
  }

  want(step: number, wish: AnswerWish): void {
    this.#wishes.set(step, wish);
    this.#most = Math.max(this.#most, wish.maxBytes);
    if (wish.as === "held") {
      this.#mostHeld = Math.max(this.#mostHeld, wish.maxBytes);
      this.isHeld = true;
    }
    wish.begun?.(this.#content);
  }

  /** Before the first byte: there is none to wait for, or more than anybody wants. False: the answer was replaced. */
  begin(lack: "none" | "stream" | undefined, announced: number): boolean {
    this.#verdict = lack;
    this.#length = Math.max(0, announced);
    const wishes = [...this.#wishes.values()];
    const isSettled = lack !== undefined || wishes.some(({ maxBytes }) => announced > maxBytes);
    if (isSettled && !this.#judges.judge(this)) return false;
    this.#length = 0;
    this.#isCollecting = this.#wishes.size > 0;
    this.isHeld &&= !isSettled || [...this.#wishes.values()].some(({ as }) => as === "held");
    return true;
  }

  add(piece: Piece): void {
    this.#length += piece.length;
    if (this.#isCollecting && !this.#collect(piece)) return;
    if (!this.isHeld) this.#next.add(piece);
  }

  /** False: the piece goes no further from here. */
  #collect(piece: Piece): boolean {
    const isTooLarge = this.#length > this.#most;
    if (!isTooLarge && !this.#collected.add(piece.buffer, piece.start, piece.end)) return this.#giveUp(piece);
    if (isTooLarge) this.#isCollecting = false;
    if (!this.isHeld) {
      if (isTooLarge) this.#collected.clear();
      return true;
    }
    if (this.#length <= this.#mostHeld) return true;
    if (!this.#judges.judge(this)) return false;
    this.#release(-1);
    if (isTooLarge && !this.#judges.isOver) this.#next.add(piece);
    return false;
  }

  /** What is only seen goes on without us, and so does what nobody has to have. */
  #giveUp(piece: Piece): boolean {
    this.#isCollecting = false;
    if (this.isHeld) {
      if ([...this.#wishes.values()].some(({ as, isOptional }) => as === "held" && isOptional !== true)) {
        this.#judges.overloaded();
        return false;
      }
      this.#wishes.clear();
      this.#release(-1);
      this.#collected.clear();
      return false;
    }
    this.#collected.clear();
    this.#wishes.clear();
    this.#next.add(piece);
    return false;
  }

  lull(): void {
    if (!this.isHeld) this.#next.lull();
  }

  end(): void {
    this.#isWhole = true;
    if (this.#wishes.size > 0 && !this.#judges.judge(this)) return;
    this.#content.settled();
    if (this.isHeld) this.#release(this.#content.length);
    if (!this.#judges.isOver) this.#next.end();
  }

  #release(length: number): void {
    this.isHeld = false;
    const { bytes } = this.#content;
    this.#judges.released(length);
    if (bytes.length > 0 && !this.#judges.isOver) this.#next.add(pieceOf(bytes));
  }

  // For the steps.

  wants(step: number): boolean {
    const wish = this.#wishes.get(step);
    return wish !== undefined && (this.#verdict !== undefined || this.#isWhole || this.#length > wish.maxBytes);
  }

  body(step: number): AnswerBody {
    if (this.#verdict !== undefined) return this.#verdict;
    return this.#length > this.#wishes.get(step)!.maxBytes ? "tooLarge" : this.#content;
  }

  judged(step: number): void {
    this.#wishes.delete(step);
  }

  /** Other bytes, without a content coding, for those behind. False: it is too late, the client has what came. */
  replace(bytes: Uint8Array): boolean {
    if (!this.isHeld || !this.#isWhole) return false;
    this.#content = new AnswerContent(this.#x, undefined, { length: bytes.length, bytes: pieceOf(bytes).buffer });
    this.#length = bytes.length;
    return true;
  }
}
