import { overload, refuse, refuseTooLarge } from "../answers/problem.ts";
import type { Hold } from "../body/hold.ts";
import type { BodyScreen } from "../exchange/exchange.ts";
import type { HeaderList } from "../fields/header-list.ts";
import type { BodySink } from "../http1/incoming-body.ts";
import { Piece } from "../http1/read-buffer.ts";
import { holdOf } from "./body-hold.ts";
import type { Cancellable } from "./client-transport.ts";
import type { HttpExchange } from "./http-exchange.ts";

/** Shorter bodies are held as a whole, so that nothing goes on of one that is not valid. */
const streamedFrom = 65_536;

/** Takes the body from a screen on its way to the service. */
export interface ScreenedSink extends BodySink {
  /** What comes does not go on: `answer` makes the answer to the client, where it can still have one. */
  stop(answer: () => void): void;
}

export const createScreenedBody = (x: HttpExchange, screen: BodyScreen): ScreenedBody => new ScreenedBody(x, screen);

/** The body of a request on its way through a screen: first into memory, later, where it is long, on to the service. */
export class ScreenedBody implements BodySink, Cancellable {
  /** Set where the whole body was short enough to be held. */
  whole: Buffer | undefined = undefined;
  readonly #x: HttpExchange;
  readonly #screen: BodyScreen;
  readonly #hold: Hold;
  /** Held are as many of these bytes. */
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  #counted = 0;
  #maxBytes = 0;
  /** Nobody looks any more: a step that only reports has found something. */
  #isOpen = false;
  #settle: ((bytes: Uint8Array | "streams" | undefined) => void) | undefined = undefined;
  #onward: ScreenedSink | undefined = undefined;
  #isOver = false;

  constructor(x: HttpExchange, screen: BodyScreen) {
    this.#x = x;
    this.#screen = screen;
    this.#hold = holdOf(x);
  }

  read(maxBytes: number): Promise<Uint8Array | "streams" | undefined> {
    if (this.#x.isDone) return Promise.resolve(undefined);
    this.#maxBytes = maxBytes;
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#x.pending = this;
      this.#x.client.readBody(this);
    });
  }

  get #held(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  bodyPiece(piece: Piece): void {
    if (this.#isOver) return;
    this.#add(piece);
    if (this.#onward !== undefined) this.#advance(this.#onward);
    else {
      this.#x.bytesReceived += piece.length;
      if (this.#settle !== undefined) this.#begin();
    }
  }

  bodyBatch(): void {
    this.#onward?.bodyBatch();
  }

  bodyEnd(trailers: HeaderList | undefined): void {
    const onward = this.#onward;
    if (this.#isOver) return;
    if (onward !== undefined) {
      if (!this.#isOpen && !this.#screen.end(this.#held) && !this.#mayGoOn(onward)) return;
      this.#pass(this.#length, onward);
      onward.bodyEnd(trailers);
    } else if (this.#settle !== undefined) {
      this.whole = this.#held;
      this.#stop(this.whole);
    }
  }

  /** Before anybody wants the body. */
  #begin(): void {
    const x = this.#x;
    const length = this.#length;
    if (x.bytesReceived > x.maxBodyBytes) refuseTooLarge(x, x.maxBodyBytes);
    else if (!this.#count()) refuse(x, overload);
    else if (length < streamedFrom && length <= this.#maxBytes) return;
    else if (!this.#screen.look(this.#held)) {
      this.#leave(this.#screen.refuse(x) ? "streams" : undefined, true);
      return;
    } else if (this.#screen.passable > 0) {
      this.#leave("streams", false);
      return;
    } else if (length <= this.#maxBytes) return;
    else refuseTooLarge(x, this.#maxBytes);
    this.#leave(undefined, true);
  }

  #leave(outcome: "streams" | undefined, isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.#x.client.leaveBody();
    this.#stop(outcome);
  }

  /** What was read and may go on. Whatever else was read goes on as it may. */
  takeBegun(): Buffer | undefined {
    if (this.whole !== undefined) return undefined;
    const begun = this.#take(this.#isOpen ? this.#length : this.#screen.passable);
    // Counted once more when it goes on.
    this.#x.bytesReceived -= this.#length;
    return begun;
  }

  /** Where the body goes from now on. */
  onward(sink: ScreenedSink): BodySink {
    this.#onward = sink;
    return this;
  }

  #advance(onward: ScreenedSink): void {
    const x = this.#x;
    if (!this.#isOpen && !this.#screen.look(this.#held) && !this.#mayGoOn(onward)) return;
    this.#pass(this.#isOpen ? this.#length : this.#screen.passable, onward);
    if (this.#length > this.#maxBytes) this.#giveUp(onward, () => refuseTooLarge(x, this.#maxBytes));
    else if (!this.#count()) this.#giveUp(onward, () => refuse(x, overload));
  }

  #mayGoOn(onward: ScreenedSink): boolean {
    const x = this.#x;
    const { answer } = x;
    this.#isOpen = this.#screen.refuse(x);
    const refusal = x.answer;
    x.answer = answer;
    if (!this.#isOpen) this.#giveUp(onward, () => void (x.answer = refusal));
    return this.#isOpen;
  }

  #giveUp(onward: ScreenedSink, answer: () => void): void {
    this.release();
    onward.stop(answer);
  }

  #pass(bytes: number, onward: ScreenedSink): void {
    if (bytes > 0) onward.bodyPiece(new Piece(this.#take(bytes), 0, bytes, undefined));
  }

  /** The first bytes, to which nobody writes again; the rest is kept apart from them. */
  #take(bytes: number): Buffer {
    const taken = this.#bytes.subarray(0, bytes);
    this.#bytes = Buffer.from(this.#bytes.subarray(bytes, this.#length));
    this.#length -= bytes;
    if (!this.#isOpen) this.#screen.pass(bytes);
    this.#count();
    return taken;
  }

  #add({ buffer, start, end }: Piece): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) {
      const held = this.#held;
      // What streams leaves little behind; of the rest, twice as much is room for what comes octet by octet.
      const isLittle = this.#onward !== undefined && held.length < end - start;
      this.#bytes = Buffer.allocUnsafeSlow(isLittle ? length : length * 2);
      held.copy(this.#bytes);
    }
    buffer.copy(this.#bytes, this.#length, start, end);
    this.#length = length;
  }

  /** False: more is held than may be. */
  #count(): boolean {
    const now = this.#bytes.length + this.#screen.kept;
    const more = now - this.#counted;
    this.#counted = now;
    if (more > 0) return this.#hold.take(more);
    this.#hold.give(-more);
    return true;
  }

  /** Nobody needs the bytes any more. */
  release(): void {
    this.whole = undefined;
    this.#isOver = true;
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    this.#hold.give(this.#counted);
    this.#counted = 0;
  }

  /** The client is gone. */
  cancel(): void {
    this.release();
    this.#stop(undefined);
  }

  drained(): void {}

  #stop(outcome: Uint8Array | "streams" | undefined): void {
    if (this.#x.pending === this) this.#x.pending = undefined;
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }
}
