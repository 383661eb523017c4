import { AnswerContent } from "../../body/answer-content.ts";
import { contentCodings } from "../../body/content-coding.ts";
import type { AnswerBody, AnswerWish } from "../../exchange/answer-hooks.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import { Gathered } from "./gathered.ts";
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
  #wishes: { readonly step: number; readonly wish: AnswerWish }[] = [];
  readonly #collected: Gathered;
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
  /** Nobody reads the bytes behind the call that brings the last of them. */
  #isBrief = true;
  /** Other bytes than were collected. */
  #replaced: Piece | undefined = undefined;

  /** `announced`: bytes to come; -1: not known. */
  constructor(x: HttpExchange, announced: number, next: Link, judges: Judges) {
    this.#x = x;
    this.#collected = new Gathered(x, announced);
    this.#content = new AnswerContent(x, contentCodings(x.answer!.headers), this.#collected);
    this.#next = next;
    this.#judges = judges;
  }

  want(step: number, wish: AnswerWish): void {
    this.#wishes.push({ step, wish });
    this.#most = Math.max(this.#most, wish.maxBytes);
    this.#isBrief &&= wish.isBrief === true;
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
    const isSettled = lack !== undefined || this.#wishes.some(({ wish }) => announced > wish.maxBytes);
    if (isSettled && !this.#judges.judge(this)) return false;
    this.#length = 0;
    this.#isCollecting = this.#wishes.length > 0;
    this.isHeld &&= !isSettled || this.#wishes.some(({ wish }) => wish.as === "held");
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
    if (!isTooLarge && !this.#gather(piece)) return this.#giveUp(piece);
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

  #gather(piece: Piece): boolean {
    return this.#isBrief ? this.#collected.borrow(piece) : this.#collected.add(piece);
  }

  /** There is no room: what is only seen goes on without us, and so does what nobody has to have. False, as nothing else goes on. */
  #giveUp(piece?: Piece): false {
    this.#isCollecting = false;
    if (this.isHeld && this.#wishes.some(({ wish }) => wish.as === "held" && wish.isOptional !== true)) {
      this.#judges.overloaded();
      return false;
    }
    this.#wishes = [];
    if (this.isHeld) this.#release(-1);
    else if (piece !== undefined) this.#next.add(piece);
    this.#collected.clear();
    return false;
  }

  lull(): void {
    if (!this.#collected.keep()) this.#giveUp();
    if (!this.isHeld && !this.#judges.isOver) this.#next.lull();
  }

  end(): void {
    this.#isWhole = true;
    if (this.#wishes.length > 0 && !this.#judges.judge(this)) return;
    this.#content.settled();
    if (this.isHeld) this.#release(this.#content.length);
    if (!this.#judges.isOver) this.#next.end();
  }

  #release(length: number): void {
    this.isHeld = false;
    this.#judges.released(length);
    const piece = this.#replaced ?? this.#collected.piece;
    if (piece.length > 0 && !this.#judges.isOver) this.#next.add(piece);
  }

  // For the steps.

  wants(step: number): boolean {
    const wish = this.#wishOf(step);
    return wish !== undefined && (this.#verdict !== undefined || this.#isWhole || this.#length > wish.maxBytes);
  }

  body(step: number): AnswerBody {
    if (this.#verdict !== undefined) return this.#verdict;
    return this.#length > this.#wishOf(step)!.maxBytes ? "tooLarge" : this.#content;
  }

  judged(step: number): void {
    this.#wishes = this.#wishes.filter((each) => each.step !== step);
  }

  #wishOf(step: number): AnswerWish | undefined {
    return this.#wishes.find((each) => each.step === step)?.wish;
  }

  /** Other bytes, without a content coding, for those behind. False: it is too late, the client has what came. */
  replace(bytes: Uint8Array): boolean {
    if (!this.isHeld || !this.#isWhole) return false;
    this.#replaced = pieceOf(bytes);
    this.#content = new AnswerContent(this.#x, undefined, { length: bytes.length, bytes: this.#replaced.buffer });
    this.#length = bytes.length;
    return true;
  }
}
