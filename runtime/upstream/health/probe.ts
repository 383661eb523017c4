import type { HeaderList } from "../../fields/header-list.ts";
import { Piece } from "../../http1/read-buffer.ts";
import type { ResponseHead } from "../../http1/response-head.ts";
import { contained } from "../../life/boundary.ts";
import { type Timer, timers } from "../../life/timers.ts";
import type { AnswerSink, FailureCode } from "../answer-sink.ts";
import type { Carrier, CarrierPool, Waiter } from "../carrier.ts";
import type { Connector } from "../connector.ts";
import type { Endpoint } from "../endpoint.ts";
import { type Check, type CheckAnswer, mostBytes } from "./check.ts";
import { failureWords } from "./failure-words.ts";

/** Why the endpoint does not work; undefined: it works. */
export type Found = string | undefined;

/** Asks an endpoint once, over a connection of its own. `onAnswer`: who else looks at the answer, whatever it says. */
export function probe(
  endpoint: Endpoint,
  pool: CarrierPool,
  check: Check,
  timeoutMs: number,
  onAnswer?: (answer: CheckAnswer) => void,
): Promise<Found> {
  return new Promise((resolve) => new Probe(endpoint, pool, check, timeoutMs, resolve, onAnswer));
}

class Probe implements Waiter, AnswerSink {
  readonly #endpoint: Endpoint;
  readonly #pool: CarrierPool;
  readonly #check: Check;
  readonly #resolve: (found: Found) => void;
  readonly #onAnswer: ((answer: CheckAnswer) => void) | undefined;
  readonly #timer: Timer;
  #carrier: Carrier | undefined = undefined;
  #head: ResponseHead | undefined = undefined;
  #pieces: Buffer[] = [];
  #length = 0;
  #isOver = false;

  constructor(
    endpoint: Endpoint,
    pool: CarrierPool,
    check: Check,
    timeoutMs: number,
    resolve: (found: Found) => void,
    onAnswer: ((answer: CheckAnswer) => void) | undefined,
  ) {
    this.#onAnswer = onAnswer;
    this.#endpoint = endpoint;
    this.#pool = pool;
    this.#check = check;
    this.#resolve = resolve;
    this.#timer = timers.after(timeoutMs, this, () => this.#leave(`no answer within ${timeoutMs} ms`));
    pool.acquire(this);
  }

  connected(carrier: Carrier): void {
    const check = this.#check;
    this.#carrier = carrier;
    carrier.begin(this, check.head(this.#endpoint), { isHead: check.isHead(), isUpgrade: false, isChunked: false });
    const body = check.body();
    if (body !== undefined) carrier.sendBody(new Piece(Buffer.from(body), 0, body.length, undefined));
    carrier.sendEnd("");
  }

  failed(code: FailureCode): void {
    this.#settle(failureWords(code));
  }

  answerHead(head: ResponseHead): void {
    if (head.status >= 200) this.#head = head;
  }

  answerPiece(piece: Piece): void {
    if (this.#isOver) return;
    this.#pieces.push(Buffer.from(piece.held()));
    this.#length += piece.length;
    // What is looked at is there; the rest may be endless.
    if (this.#length >= mostBytes) this.#leave(this.#judge(undefined));
  }

  answerBatch(): void {}

  answerEnd(trailers: HeaderList | undefined): void {
    this.#settle(this.#judge(trailers));
  }

  answerFailed(code: FailureCode): void {
    this.#settle(failureWords(code));
  }

  requestDrained(): void {}

  broke(error: unknown): void {
    this.#leave(error instanceof Error ? error.message : String(error));
  }

  #judge(trailers: HeaderList | undefined): Found {
    const answer: CheckAnswer = { head: this.#head!, body: Buffer.concat(this.#pieces).subarray(0, mostBytes), trailers };
    this.#onAnswer?.(answer);
    return this.#check.judge(answer);
  }

  #leave(found: Found): void {
    if (this.#isOver) return;
    if (this.#carrier === undefined) this.#pool.leave(this);
    else this.#carrier.leave();
    this.#settle(found);
  }

  #settle(found: Found): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.cancel();
    this.#resolve(found);
  }
}

/** Opens a connection, and closes it at once. */
export function knock(connector: Connector, timeoutMs: number): Promise<Found> {
  return new Promise((resolve) => {
    const socket = connector.open(undefined);
    const settle = (found: Found): void => {
      timer.cancel();
      socket.destroy();
      resolve(found);
    };
    const owner = { broke: (error: unknown) => settle(error instanceof Error ? error.message : String(error)) };
    const timer = timers.after(timeoutMs, owner, () => settle(failureWords("connectTimeout")));
    const onReady = contained(owner, (): void => settle(undefined));
    const onError = contained(owner, (error: NodeJS.ErrnoException): void => settle(failureWords(error.code ?? error.name)));
    socket.once(connector.readyEvent, onReady);
    socket.on("error", onError);
  });
}
