import { refuse, refuseTooLarge } from "../answers/problem.ts";
import type { UpstreamRecord } from "../exchange/exchange.ts";
import type { HeaderList } from "../fields/header-list.ts";
import type { Cancellable } from "../http/client-transport.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import type { ScreenedSink } from "../http/screened-body.ts";
import { Piece } from "../http1/read-buffer.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import { clock } from "../life/clock.ts";
import type { FailureCode } from "./answer-sink.ts";
import { Attempt } from "./attempts/attempt.ts";
import type { Carrier, KeptBody } from "./carrier.ts";
import type { Endpoint } from "./endpoint.ts";
import { failureProblem, isIdempotent } from "./failure.ts";
import { mapLocations } from "./location.ts";
import type { OriginConnection } from "./origin-connection.ts";
import type { OriginRequest } from "./origin-request.ts";
import type { RequestText } from "./request-text.ts";
import type { Service } from "./service.ts";
import type { AnswerOutlet } from "./way-back/way-back.ts";

/** Interim answers to one request that are listened to. */
const interimLimit = 64;

/**
 * One request on its way to a service, and its answer on its way back, whatever number of attempts that takes. Here it takes
 * one, and a second where the service did not look at the first; `ManagedForwarding` does more.
 */
export class Forwarding implements AnswerOutlet, ScreenedSink, Cancellable {
  protected readonly x: HttpExchange;
  protected readonly service: Service;
  protected readonly record: UpstreamRecord;
  protected readonly request: OriginRequest;
  /** The one whose answer the client gets; undefined between two. */
  protected attempt: Attempt | undefined = undefined;
  isOver = false;
  /** What was sent of the body, where it can be sent again. */
  protected kept: KeptBody | undefined = undefined;
  #isRetried = false;
  #isBodyBegun = false;
  /** The service has to read before more of the body can be sent. */
  #isHeldUp = false;
  #interims = 0;
  #isSwitched = false;

  constructor(x: HttpExchange, service: Service, record: UpstreamRecord, request: OriginRequest) {
    this.x = x;
    this.service = service;
    this.record = record;
    this.request = request;
    x.pending = this;
  }

  /** `now`: monotonic milliseconds. */
  dispatch(endpoint: Endpoint, now: number): void {
    const attempt = this.begin(endpoint, now);
    this.attempt = attempt;
    endpoint.pool.acquire(attempt);
  }

  /** An attempt that wants no connection yet. */
  protected begin(endpoint: Endpoint, now: number): Attempt {
    const attempt = this.attemptAt(endpoint, now);
    this.record.endpoint = endpoint.url;
    this.record.attempts.push(attempt);
    // The pool keeps the time to connect; this one is for the wait for a connection as well.
    attempt.deadline = Math.min(now + this.service.connectTimeout + 100, this.request.until);
    this.service.deadlines.add(attempt, now);
    return attempt;
  }

  protected attemptAt(endpoint: Endpoint, now: number): Attempt {
    return new Attempt(this, endpoint, now);
  }

  // The request.

  connected(attempt: Attempt, carrier: Carrier): void {
    const { framing } = this.request;
    const x = this.x;
    // Of a body that was begun before, more came while there was no connection than is kept.
    if (!this.canSendBody) {
      carrier.leave();
      this.fail(attempt, "refusedStream");
      return;
    }
    attempt.deadline = this.headBy(attempt);
    const text = this.textFor(attempt.endpoint);
    const traced = x.trace?.attemptLines(attempt, text.start, this.service.name) ?? "";
    const head = text.start + (text.host ?? attempt.endpoint.authority) + traced + this.fieldsFor(attempt, text);
    const isUpgrade = this.request.protocolSwitch !== undefined;
    carrier.begin(attempt, head, { isHead: text.method === "HEAD", isUpgrade, isChunked: framing === "chunked" });
    if (!x.hasBody) {
      carrier.sendEnd("");
      return;
    }
    const { body } = x;
    if (body !== undefined) {
      carrier.sendBody(new Piece(Buffer.from(body.buffer, body.byteOffset, body.byteLength), 0, body.length, undefined));
      carrier.sendEnd("");
      return;
    }
    if (this.#isBodyBegun) {
      this.kept!.sendAgain(carrier);
      if (this.#isHeldUp) this.requestDrained();
      return;
    }
    this.#isBodyBegun = true;
    this.kept = this.keepBody(carrier);
    // What a policy read before it gave up on the body as a whole.
    const { screened } = x;
    const begun = x.bodyReader?.takeBegun() ?? screened?.takeBegun();
    if (begun !== undefined) this.#sendBody(new Piece(begun, 0, begun.length, undefined));
    x.client.readBody(screened === undefined ? this : screened.onward(this));
    carrier.flush();
  }

  /** When an attempt is given up of which no head has come. */
  protected headBy(_attempt: Attempt): number {
    return this.#in(this.request.responseTimeout);
  }

  /** In so many milliseconds, or when nobody waits any more. */
  #in(milliseconds: number): number {
    return Math.min(this.service.deadlines.now + milliseconds, this.request.until);
  }

  /** What stands behind `Host` in the head of an attempt. */
  protected fieldsFor(attempt: Attempt, { rest }: RequestText): string {
    return this.service.remaining?.write(rest, attempt, this.request.until, this.x) ?? rest;
  }

  /** The head of the request for this endpoint. */
  protected textFor(_endpoint: Endpoint): RequestText {
    return this.request.text;
  }

  /** What keeps a body that is passed on as it comes. */
  protected keepBody(carrier: Carrier): KeptBody | undefined {
    return carrier.keepBody?.();
  }

  /** Nothing of the body was sent yet, or all of it can be sent again. */
  protected get canSendBody(): boolean {
    return !this.#isBodyBegun || this.kept?.isLost === false;
  }

  /** False: the service has to catch up. */
  #sendBody(piece: Piece): boolean {
    const own = this.kept === undefined ? piece : this.kept.add(piece);
    return this.attempt?.carrier?.sendBody(own) !== false;
  }

  bodyPiece(piece: Piece): void {
    const x = this.x;
    x.bytesReceived += piece.length;
    if (this.isOver) return;
    if (x.bytesReceived > x.maxBodyBytes) this.stop(() => refuseTooLarge(x, x.maxBodyBytes));
    else if (!this.#sendBody(piece)) this.#holdUp();
  }

  #holdUp(): void {
    this.#isHeldUp = true;
    this.x.client.pauseBody();
  }

  bodyBatch(): void {
    if (this.isOver) return;
    const { attempt } = this;
    if (attempt === undefined) return;
    // A slow upload is not the fault of the service.
    if (attempt.headAt === 0) attempt.awaitUntil(this.#in(this.request.responseTimeout));
    attempt.carrier?.flush();
  }

  bodyEnd(trailers: HeaderList | undefined): void {
    if (this.isOver) return;
    const lines = this.service.trailers.ofRequest(trailers, this.request.trailers);
    this.kept?.end(lines);
    this.attempt?.carrier?.sendEnd(lines);
  }

  requestDrained(): void {
    this.#isHeldUp = false;
    this.x.client.resumeBody();
  }

  // The answer.

  answerHead(attempt: Attempt, head: ResponseHead): void {
    const x = this.x;
    const { protocolSwitch } = this.request;
    const isSwitched = head.status === 101 && protocolSwitch !== undefined;
    if (head.status < 200 && !isSwitched) {
      if (++this.#interims > interimLimit) {
        attempt.leave();
        this.fail(attempt, "invalidAnswer");
        return;
      }
      // The client was told to continue by us, where it asked (RFC 9110 §15.2).
      if (head.status !== 100 && x.wayBack?.isSilent !== true)
        x.client.sendInterim(head.status, this.service.trailers.ofInterim(head.headers, this.request.trailers));
      return;
    }
    if (isSwitched && !protocolSwitch.accepts(head)) {
      attempt.leave();
      this.fail(attempt, "invalidAnswer");
      return;
    }
    this.kept = undefined;
    x.releaseBody();
    const now = clock.monotonic();
    attempt.status = head.status;
    attempt.headAt = now;
    attempt.awaitUntil(Math.min(now + this.request.idleTimeout, this.request.until));
    this.record.headAt = now;
    if (head.hasLocation && this.request.keepsLocation !== true)
      mapLocations(x, this.service, this.textFor(attempt.endpoint), head.headers);
    x.answer = { status: head.status, headers: head.headers, body: undefined, source: "service" };
    this.#isSwitched = isSwitched;
    if (x.wayBack === undefined) this.passHead(head.contentLength);
    else x.wayBack.head(this, head.contentLength);
  }

  /** Sends the head in `x.answer`. `length` is that of the body; -1: not known. */
  passHead(length: number): void {
    const { x } = this;
    const answer = x.answer!;
    if (!x.settleAnswer()) {
      this.cancel();
      return;
    }
    // Where the body ends is settled by the transport: a hook that said otherwise would split the answer.
    if (!x.sendHead(answer, answer.status === 204 || answer.status === 101 ? "none" : length < 0 ? "unknown" : length)) {
      this.cancel();
      return;
    }
    if (!this.#isSwitched) return;
    const { carrier } = this.attempt!;
    this.#settle(this.attempt, "");
    // HTTP/2 has no 101 (RFC 9113 §8.6): this is a connection of HTTP/1.1.
    this.request.protocolSwitch!.begin(x, carrier as OriginConnection, this.service);
  }

  answerPiece(piece: Piece): void {
    const { wayBack } = this.x;
    if (wayBack === undefined) this.passPiece(piece);
    else wayBack.piece(piece);
  }

  passPiece(piece: Piece): void {
    this.x.bytesSent += piece.length;
    if (!this.x.client.sendBody(piece)) this.pauseAnswer();
  }

  pauseAnswer(): void {
    this.attempt?.pause();
  }

  resumeAnswer(): void {
    this.x.client.flush();
    this.attempt?.resume();
  }

  answerBatch(attempt: Attempt): void {
    attempt.awaitUntil(this.#in(this.request.idleTimeout));
    this.x.wayBack?.batch();
    this.x.client.flush();
  }

  answerEnd(trailers: HeaderList | undefined): void {
    const { wayBack } = this.x;
    if (wayBack === undefined) this.passEnd(trailers);
    else wayBack.finish(trailers);
  }

  passEnd(trailers: HeaderList | undefined): void {
    this.#settle(this.attempt, "");
    this.x.client.sendEnd(this.service.trailers.ofAnswer(trailers, this.request.trailers));
  }

  /**
   * There is no answer, or no end of it. A kept connection may be closed by the service at the moment it is used again: what
   * changes nothing is sent once more, where nothing of a body was sent (RFC 9110 §9.2.2). A refused stream was not looked at
   * by the service, whatever its method (RFC 9113 §8.7).
   */
  failedAttempt(attempt: Attempt, code: FailureCode, isStale: boolean): void {
    const isUnseen = isStale && !this.x.hasBody && isIdempotent(this.request.text.method);
    if (!this.#isRetried && attempt.headAt === 0 && (code === "refusedStream" ? this.canSendBody : isUnseen)) {
      this.#isRetried = true;
      this.leaveAttempt(attempt, code);
      this.dispatchAgain(attempt);
    } else this.fail(attempt, code);
  }

  protected dispatchAgain({ endpoint }: Attempt): void {
    this.dispatch(endpoint, clock.monotonic());
  }

  /** No connection was had: nothing was sent. */
  unconnected(attempt: Attempt, code: FailureCode): void {
    this.fail(attempt, code);
  }

  /** The request waits for another attempt. */
  protected leaveAttempt(attempt: Attempt, code: FailureCode): void {
    this.endAttempt(attempt, code);
    this.attempt = undefined;
    // What else comes of the body waits.
    if (this.kept?.hasEnded === false) this.#holdUp();
  }

  /** Each attempt ends once. `error`: empty where the answer is whole, `abandoned` where nobody waits for it any more. */
  protected endAttempt(attempt: Attempt, error: FailureCode): void {
    attempt.isOver = true;
    attempt.error = error;
    const now = clock.monotonic();
    attempt.endedAt = now;
    this.record.endedAt = now;
    this.service.deadlines.remove(attempt);
  }

  protected fail(attempt: Attempt, code: FailureCode): void {
    const x = this.x;
    this.#settle(attempt, code);
    this.record.error = code;
    if (this.#isBodyBegun) x.client.leaveBody();
    const isOver = code === "deadline";
    const outcome = isOver ? "refused" : "upstreamBroken";
    if (x.hasHead) {
      const isCallOver = isOver || (code === "timeout" && attempt.isCallOver(this.service.deadlines.now));
      if (isCallOver && x.state.gateway.parts.grpcTimeOver?.(x, outcome) === true) return;
      x.breakOff(outcome);
      return;
    }
    if (!isOver) x.outcome = outcome;
    if (isOver) x.time!.refuse(x);
    else refuse(x, failureProblem(code));
    x.sendAnswer();
  }

  /** The client has taken what was written: the service may go on. */
  drained(): void {
    this.attempt?.resume();
  }

  expired(attempt: Attempt): void {
    const { carrier } = attempt;
    const { deadlines } = this.service;
    if (deadlines.now >= this.request.until) {
      attempt.leave();
      this.fail(attempt, "deadline");
      return;
    }
    // It is the client that has to go on; the transport knows how long it may take.
    const isUploading = this.#isBodyBegun && !this.#isHeldUp && attempt.headAt === 0 && !this.x.client.isBodyRead;
    if (!attempt.isCallOver(deadlines.now) && (isUploading || attempt.isPaused)) {
      attempt.awaitUntil(this.#in(isUploading ? this.request.responseTimeout : this.request.idleTimeout));
      deadlines.add(attempt, deadlines.now);
      return;
    }
    attempt.leave();
    const code = carrier === undefined ? "connectTimeout" : "timeout";
    if (carrier === undefined) this.unconnected(attempt, code);
    else this.failedAttempt(attempt, code, false);
  }

  /** The client is gone or was answered otherwise: nobody waits for the service any more. */
  cancel(): void {
    if (this.isOver) return;
    const { attempt } = this;
    this.#settle(attempt, attempt?.isRead === true ? "" : "abandoned");
    attempt?.leave();
    if (this.#isBodyBegun) this.x.client.leaveBody();
  }

  broke(error: unknown): void {
    this.cancel();
    this.x.fail(error);
  }

  /** Nothing more happens here. */
  #settle(attempt: Attempt | undefined, error: FailureCode): void {
    this.isOver = true;
    if (attempt !== undefined) this.endAttempt(attempt, error);
    if (this.x.pending === this) this.x.pending = undefined;
  }

  /** Nothing goes on: `answer` makes the answer to the client, where it can still have one; absent: it is made. */
  stop(answer?: () => void): void {
    const x = this.x;
    if (this.isOver) return;
    this.cancel();
    if (x.hasHead) x.breakOff("refused");
    else {
      answer?.();
      x.sendAnswer();
    }
  }
}
