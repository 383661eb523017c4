import { overload, refuse } from "../answers/problem.ts";
import { ByteCollector } from "../body/byte-collector.ts";
import type { Answer, AnswerBody, AnswerReader } from "../exchange/exchange.ts";
import { holdOf } from "../http/body-hold.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { logError } from "../http/log-error.ts";
import type { Piece } from "../http1/read-buffer.ts";

/** `pass`: nobody wants the body. */
export function openAnswerLook(x: HttpExchange, reader: AnswerReader, answer: Answer): AnswerLook | "pass" | "replaced" {
  const mode = guarded(x, () => reader.head(x)) ?? "pass";
  if (x.answer !== answer) return "replaced";
  if (mode === "pass") return mode;
  const look = new AnswerLook(x, reader, answer, mode);
  const lack = absentBody(x, answer);
  if (mode === "watch") return lack === "none" ? "pass" : look;
  const absent = lack ?? (announcedLength(answer) > reader.maxBytes ? "tooLarge" : undefined);
  if (absent === undefined) return look;
  if (!look.judge(absent)) return "replaced";
  return reader.piece === undefined || lack === "none" ? "pass" : look;
}

/** The body of a service's answer on its way past an `AnswerReader`. */
export class AnswerLook {
  /** Nothing may reach the client before the body was judged. */
  isHeld: boolean;
  readonly #x: HttpExchange;
  readonly #reader: AnswerReader;
  /** Of the service. */
  readonly answer: Answer;
  readonly #collector: ByteCollector;
  #isTooLarge = false;
  #isJudged = false;

  constructor(x: HttpExchange, reader: AnswerReader, answer: Answer, mode: "hold" | "tee" | "watch") {
    this.#x = x;
    this.#reader = reader;
    this.answer = answer;
    this.#collector = new ByteCollector(holdOf(x), announcedLength(answer));
    this.isHeld = mode === "hold";
    this.#isJudged = mode === "watch";
  }

  get bytes(): Buffer {
    return this.#collector.bytes;
  }

  /**
   * Undefined: go on. `tooLarge`: more came than may be collected; what is held can be judged by that, what is teed is
   * passed on alone from now on. `replaced`: there is no room to hold it, so that nobody could say what it is.
   */
  add(piece: Piece): "tooLarge" | "replaced" | undefined {
    this.#reader.piece?.(piece.buffer, piece.start, piece.end);
    if (this.#isJudged || this.#isTooLarge) return undefined;
    this.#isTooLarge = this.#collector.length + piece.length > this.#reader.maxBytes;
    if (this.#isTooLarge && !this.isHeld) this.#collector.clear();
    else if (!this.#collector.add(piece.buffer, piece.start, piece.end)) return this.#giveUp();
    return this.#isTooLarge ? "tooLarge" : undefined;
  }

  /** What is teed goes on without us. */
  #giveUp(): "replaced" | undefined {
    this.#isJudged = true;
    this.#collector.clear();
    if (!this.isHeld) return undefined;
    this.isHeld = false;
    refuse(this.#x, overload);
    return "replaced";
  }

  /** False: the answer was replaced. */
  judge(body: AnswerBody): boolean {
    if (this.#isJudged) return true;
    this.#isJudged = true;
    this.isHeld = false;
    guarded(this.#x, () => this.#reader.body(this.#x, body));
    return this.#x.answer === this.answer;
  }

  /** The client has everything: what the reader finds can only be noted. */
  judgeAtEnd(): void {
    const sent = this.#x.answer;
    this.judge(this.#isTooLarge ? "tooLarge" : this.#collector.bytes);
    this.#collector.clear();
    this.#x.answer = sent;
  }
}

/** -1: not known. */
function announcedLength({ headers }: Answer): number {
  const text = headers.get("content-length");
  return text === undefined ? -1 : Number(text);
}

/** RFC 9110 §6.4.1; an event stream has no end to wait for. */
function absentBody(x: HttpExchange, { status, headers }: Answer): "none" | "stream" | undefined {
  if (x.method === "HEAD" || status === 101 || status === 204 || status === 304) return "none";
  return /^\s*text\/event-stream\s*(;|$)/i.test(headers.get("content-type") ?? "") ? "stream" : undefined;
}

/** A reader that throws cannot decide, so the answer is refused. */
function guarded<Result>(x: HttpExchange, look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    logError("a policy failed on the answer of the service", error, x);
    refuse(x, { status: 500, slug: "internal-error", title: "The gateway failed to handle the request", source: "gateway" });
    return undefined;
  }
}
