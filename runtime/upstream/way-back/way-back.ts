import { overload, refuse } from "../../answers/problem.ts";
import type {
  AnswerBody,
  AnswerChain,
  AnswerInterest,
  AnswerStream,
  AnswerVerdict,
  AnswerWish,
} from "../../exchange/answer-hooks.ts";
import type { Answer, Exchange } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { holdOf } from "../../http/body-hold.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import { logError } from "../../http/log-error.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import { contained } from "../../life/boundary.ts";
import { changedHead } from "./changed-head.ts";
import { Collector } from "./collector.ts";
import { type Link, StreamLink } from "./link.ts";
import { Waiting } from "./waiting.ts";

/** The client's side of an answer: who forwards it. */
export interface AnswerOutlet {
  /** `length`: that of the body; -1: not known. */
  passHead(length: number): void;
  passPiece(piece: Piece): void;
  passEnd(trailers: HeaderList | undefined): void;
  /** The answer does not go on: the one in `x.answer` is sent in its place, or it breaks off, where its head has left. */
  stop(): void;
  /** Nothing more of the answer is wanted for now, and is again. */
  pauseAnswer(): void;
  resumeAnswer(): void;
  readonly isOver: boolean;
  broke(error: unknown): void;
}

/** Of an answer that is kept for others: what is done to it once, up to where it is kept, or for each who gets it, behind. */
export type WayPart = "before" | "behind" | "whole";

/** From here on the answer of the service passes the hooks that the operation has for it. `isSilent`: nothing comes ahead of it. */
export function openWayBack(exchange: Exchange, isSilent?: true, part: WayPart = "whole"): void {
  // Every exchange of a running gateway is made by the server of `runtime/http`.
  const x = exchange as HttpExchange;
  x.wayBack = new WayBack(x, isSilent === true, part);
}

/** One answer on its way through the hooks of its operation. */
export class WayBack implements AnswerChain, Link {
  /** Interim answers (RFC 9110 §15.2) would come before anybody has judged. */
  readonly isSilent: boolean;
  readonly isBefore: boolean;
  readonly isBehind: boolean;
  readonly #x: HttpExchange;
  #outlet: AnswerOutlet | undefined = undefined;
  /** Of the service. */
  #answer: Answer | undefined = undefined;
  #length = -1;
  #waiting: Waiting | undefined = undefined;
  /** Steps that asked for bytes, in their order. */
  readonly #parts: { readonly step: number; readonly wish?: AnswerWish; readonly stream?: AnswerStream }[] = [];
  #first: Link = this;
  #collectors: Collector[] = [];
  /** Whose body is judged at the moment. */
  #judged: Collector | undefined = undefined;
  #hasHead = false;
  /** A stream gives out other bytes than it gets. */
  #isChanged = false;
  #trailers: HeaderList | undefined = undefined;

  constructor(x: HttpExchange, isSilent: boolean, part: WayPart) {
    this.#x = x;
    this.isSilent = isSilent;
    this.isBefore = part !== "behind";
    this.isBehind = part !== "before";
  }

  // The answer, as the service sends it.

  /** The head is in `x.answer`. `length`: that of the body as the service announced it; -1: not at all. */
  head(outlet: AnswerOutlet, length: number): void {
    const x = this.#x;
    this.#outlet = outlet;
    this.#answer = x.answer!;
    this.#length = length;
    const { answerHead } = x.operation;
    if (answerHead === undefined) return this.#open();
    const isReplaced = this.#guarded(() => answerHead(x, this));
    if (isReplaced instanceof Promise) this.#wait(outlet, isReplaced);
    else this.#headJudged(isReplaced !== false);
  }

  #wait(outlet: AnswerOutlet, later: Promise<boolean>): void {
    outlet.pauseAnswer();
    this.#waiting = new Waiting(this.#x);
    const settle = contained(outlet, (isReplaced: boolean): void => {
      if (outlet.isOver) return;
      const waiting = this.#waiting!;
      this.#waiting = undefined;
      this.#headJudged(isReplaced);
      waiting.goOn(this.#first, outlet);
      if (outlet.isOver) return;
      this.#first.lull();
      outlet.resumeAnswer();
    });
    const fail = contained(outlet, (error: unknown): void => settle(this.#failed(error)));
    later.then(settle, fail);
  }

  #headJudged(isReplaced: boolean): void {
    if (isReplaced || this.#x.answer !== this.#answer) this.#outlet!.stop();
    else this.#open();
  }

  piece(piece: Piece): void {
    if (this.#waiting === undefined) this.#first.add(piece);
    else if (!this.#waiting.add(piece)) this.overloaded();
  }

  /** Nothing more has come for now. */
  batch(): void {
    if (this.#waiting === undefined) this.#first.lull();
  }

  /** The answer is whole. */
  finish(trailers: HeaderList | undefined): void {
    this.#trailers = trailers;
    if (this.#waiting === undefined) this.#first.end();
    else this.#waiting.end();
  }

  // How the bytes go.

  /** Links the steps that want bytes, from the last to the first. */
  #open(): void {
    const x = this.#x;
    const { answerStream } = x.operation;
    if (answerStream !== undefined && this.#guarded(() => answerStream(x, this)) === true) return this.#outlet!.stop();
    this.#isChanged = this.#parts.some(({ stream }) => (stream?.changes ?? false) !== false);
    if (this.#isChanged) this.#length = -1;
    if (this.#parts.some(({ stream }) => stream?.changes === true)) changedHead(this.#answer!.headers);
    const lack = absentBody(x, this.#answer!);
    let link: Link = this;
    for (const { step, wish, stream } of this.#parts.sort((a, b) => a.step - b.step).reverse()) {
      if (wish !== undefined) {
        const collector: Collector = link instanceof Collector ? link : new Collector(x, this.#length, link, this);
        if (collector !== link) this.#collectors.push(collector);
        collector.want(step, wish);
        link = collector;
      } else if (lack !== "none") link = new StreamLink(stream!, link, this);
    }
    this.#first = link;
    const announced = lack === "none" ? -1 : this.#length;
    // From the first to the last.
    for (const collector of this.#collectors.reverse()) if (!collector.begin(lack, announced)) return;
    if (!this.#collectors.some(({ isHeld }) => isHeld)) this.#passHead(this.#length);
  }

  #passHead(length: number): void {
    this.#hasHead = true;
    this.#outlet!.passHead(length);
  }

  /** Behind the last step. */
  add(piece: Piece): void {
    this.#outlet!.passPiece(piece);
  }

  /** What was passed on leaves with what came behind it. */
  lull(): void {}

  end(): void {
    this.#outlet!.passEnd(this.#trailers);
  }

  get isOver(): boolean {
    return this.#outlet!.isOver;
  }

  judge(collector: Collector): boolean {
    const x = this.#x;
    const before = x.answer;
    const { answerBody } = x.operation;
    this.#judged = collector;
    const isReplaced = answerBody === undefined ? false : this.#guarded(() => answerBody(x, this));
    this.#judged = undefined;
    if (isReplaced === false && x.answer === before) return true;
    if (!this.#hasHead) {
      this.#outlet!.stop();
      return false;
    }
    // The client has it already: what was found can only be noted.
    x.answer = before;
    return true;
  }

  released(length: number): void {
    if (this.#hasHead || this.#collectors.some(({ isHeld }) => isHeld)) return;
    this.#passHead(this.#isChanged || length < 0 ? this.#length : length);
  }

  overloaded(): void {
    refuse(this.#x, overload);
    this.#outlet!.stop();
  }

  broken(): void {
    if (!this.#hasHead && this.#x.answer === this.#answer) refuse(this.#x, unreadable);
    this.#outlet!.stop();
  }

  // What the emitted hooks tell.

  asked(step: number, interest: AnswerInterest): boolean {
    if (interest === true) return true;
    if (interest !== undefined) this.#parts.push({ step, wish: interest });
    return false;
  }

  through(step: number, stream: AnswerStream | undefined): void {
    if (stream === undefined) return;
    const { keeps } = stream;
    if (keeps !== undefined && !this.#hasRoom(keeps.bytes)) keeps.noRoom();
    else this.#parts.push({ step, stream });
  }

  /** What a stream keeps is given back when the exchange is over. */
  #hasRoom(bytes: number): boolean {
    const hold = holdOf(this.#x);
    if (hold.take(bytes)) return true;
    hold.give(bytes);
    return false;
  }

  wants(step: number): boolean {
    return this.#judged!.wants(step);
  }

  body(step: number): AnswerBody {
    return this.#judged!.body(step);
  }

  judged(step: number, verdict: AnswerVerdict): boolean {
    const collector = this.#judged!;
    collector.judged(step);
    if (verdict === true) return true;
    if (verdict === undefined) return false;
    if (!(verdict instanceof Uint8Array)) collector.replace(verdict.coded);
    else if (collector.replace(verdict)) {
      changedHead(this.#answer!.headers);
      this.#answer!.headers.delete("content-encoding");
    }
    return false;
  }

  /** A step that throws cannot decide, so the answer is refused. */
  #guarded<Result>(look: () => Result): Result | true {
    try {
      return look();
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): true {
    logError("a policy failed on the answer of the service", error, this.#x);
    return refuse(this.#x, {
      status: 500,
      slug: "internal-error",
      title: "The gateway failed to handle the request",
      source: "gateway",
    });
  }
}

const unreadable = {
  status: 502,
  slug: "answer-unfit",
  title: "The service gave an answer that cannot be passed on",
  source: "gateway",
};

/** RFC 9110 §6.4.1; an event stream has no end to wait for. */
function absentBody(x: HttpExchange, { status, headers }: Answer): "none" | "stream" | undefined {
  if (x.method === "HEAD" || status === 101 || status === 204 || status === 304) return "none";
  return /^\s*text\/event-stream\s*(;|$)/i.test(headers.get("content-type") ?? "") ? "stream" : undefined;
}
