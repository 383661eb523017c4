import type { AnswerBody, AnswerReader, Exchange } from "./exchange.ts";

/** Who wants to see the bytes of an answer and has no say in what becomes of it. */
export interface AnswerWatcher {
  /** The head of the service's answer is in `x.answer`. False: its body is of no interest. */
  head(x: Exchange): boolean;
  /** What is kept of the bytes has to be copied. Must not throw. */
  piece(buffer: Buffer, start: number, end: number): void;
}

/** Shows the answer to `watcher` beside whoever reads it already. For `upstreamRequest` hooks: all readers are there then. */
export function watchAnswer(x: Exchange, watcher: AnswerWatcher): void {
  x.answerReader = new WatchedAnswer(x.answerReader, watcher);
}

class WatchedAnswer implements AnswerReader {
  readonly maxBytes: number;
  readonly #reader: AnswerReader | undefined;
  readonly #watcher: AnswerWatcher;
  #isWatched = false;
  #isRead = false;

  constructor(reader: AnswerReader | undefined, watcher: AnswerWatcher) {
    this.maxBytes = reader?.maxBytes ?? 0;
    this.#reader = reader;
    this.#watcher = watcher;
  }

  head(x: Exchange): "pass" | "hold" | "tee" | "watch" {
    const { answer } = x;
    const mode = this.#reader?.head(x) ?? "pass";
    if (x.answer !== answer) return mode;
    this.#isRead = mode !== "pass";
    this.#isWatched = this.#watcher.head(x);
    return this.#isWatched && mode === "pass" ? "watch" : mode;
  }

  piece(buffer: Buffer, start: number, end: number): void {
    if (this.#isRead) this.#reader!.piece?.(buffer, start, end);
    if (this.#isWatched) this.#watcher.piece(buffer, start, end);
  }

  body(x: Exchange, body: AnswerBody): void {
    this.#reader?.body(x, body);
  }
}
