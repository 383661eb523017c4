import { ByteCollector } from "../body/byte-collector.ts";
import type { Answer, AnswerBody, AnswerReader } from "../exchange.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { logError } from "../http/log-error.ts";
import { refuse } from "../problem.ts";

/** Undefined: the answer was replaced. */
export function openAnswerLook(x: HttpExchange, reader: AnswerReader, answer: Answer): AnswerLook | undefined {
  const mode = guarded(x, () => reader.head(x)) ?? "pass";
  if (x.answer !== answer) return undefined;
  const look = new AnswerLook(x, reader, answer, mode);
  if (mode === "pass") return look;
  const absent =
    absentBody(x, answer) ?? (Number(answer.headers.get("content-length") ?? 0) > reader.maxBytes ? "tooLarge" : undefined);
  return absent === undefined || look.judge(absent) ? look : undefined;
}

/** The body of a service's answer on its way past an `AnswerReader`. */
export class AnswerLook {
  /** Nothing may reach the client before the body was judged. */
  isHeld: boolean;
  readonly #x: HttpExchange;
  readonly #reader: AnswerReader;
  /** Of the service. */
  readonly answer: Answer;
  readonly #collector = new ByteCollector();
  #isTooLarge = false;
  #isJudged: boolean;

  constructor(x: HttpExchange, reader: AnswerReader, answer: Answer, mode: "pass" | "hold" | "tee") {
    this.#x = x;
    this.#reader = reader;
    this.answer = answer;
    this.isHeld = mode === "hold";
    this.#isJudged = mode === "pass";
  }

  get bytes(): Buffer {
    return this.#collector.bytes;
  }

  /** False: more came than may be collected. What is held can be judged by that; what is teed is passed on alone from now on. */
  add(chunk: Buffer): boolean {
    if (this.#isJudged || this.#isTooLarge) return true;
    this.#isTooLarge = this.#collector.length + chunk.length > this.#reader.maxBytes;
    if (this.isHeld || !this.#isTooLarge) this.#collector.add(chunk);
    else this.#collector.clear();
    return !this.#isTooLarge;
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
    this.#x.answer = sent;
  }
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
