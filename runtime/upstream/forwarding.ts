import { refuse, refuseTooLarge } from "../answers/problem.ts";
import type { UpstreamRecord } from "../exchange/exchange.ts";
import type { HeaderList } from "../fields/header-list.ts";
import type { Cancellable } from "../http/client-transport.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import type { ScreenedSink } from "../http/screened-body.ts";
import { Piece } from "../http1/read-buffer.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import { clock } from "../life/clock.ts";
import type { AnswerSink, FailureCode } from "./answer-sink.ts";
import type { Carrier, KeptBody, Waiter } from "./carrier.ts";
import type { Expiring } from "./deadlines.ts";
import type { Endpoint } from "./endpoint.ts";
import { failureProblem, isIdempotent } from "./failure.ts";
import { mapLocations } from "./location.ts";
import type { OriginConnection } from "./origin-connection.ts";
import type { OriginRequest } from "./origin-request.ts";
import type { Service } from "./service.ts";
import type { AnswerOutlet } from "./way-back/way-back.ts";

/** Interim answers to one request that are listened to. */
const interimLimit = 64;

/** One request on its way to a service, and its answer on its way back. */
export class Forwarding implements Waiter, AnswerSink, AnswerOutlet, ScreenedSink, Cancellable, Expiring {
  deadline = 0;
  deadlineIndex = -1;
  readonly #x: HttpExchange;
  readonly #service: Service;
  readonly #record: UpstreamRecord;
  readonly #request: OriginRequest;
  #endpoint: Endpoint | undefined = undefined;
  #connection: Carrier | undefined = undefined;
  #connectFailures = 0;
  #isRetried = false;
  #isBodyBegun = false;
  /** The service has to read before more of the body can be sent. */
  #isHeldUp = false;
  /** Bytes of the body are gone that could not be had again. */
  #isBodySent = false;
  /** What was sent of the body, where it can be sent again. */
  #kept: KeptBody | undefined = undefined;
  #interims = 0;
  #isOver = false;
  /** The service has sent all of its answer: what carried it is somebody else's. */
  #isAnswerRead = false;
  #isSwitched = false;

  constructor(x: HttpExchange, service: Service, record: UpstreamRecord, request: OriginRequest) {
    this.#x = x;
    this.#service = service;
    this.#record = record;
    this.#request = request;
    x.pending = this;
  }

  dispatch(endpoint: Endpoint): void {
    const { deadlines, connectTimeout } = this.#service;
    this.#record.endpoint = endpoint.url;
    this.#endpoint = endpoint;
    this.began(endpoint);
    this.#connection = undefined;
    const now = this.#record.startedAt;
    // The pool keeps the time to connect; this one is for the wait for a connection as well.
    this.deadline = (this.deadlineIndex < 0 ? now : deadlines.now) + connectTimeout + 100;
    if (this.deadlineIndex < 0) deadlines.add(this, now);
    endpoint.pool.acquire(this);
  }

  // The request.

  connected(connection: Carrier): void {
    const { text, framing, responseTimeout } = this.#request;
    const x = this.#x;
    this.#connection = connection;
    // Of a body that was begun before, more came while there was no connection than is kept.
    if (this.#isBodyBegun && this.#kept?.isLost !== false) {
      connection.leave();
      this.#fail("refusedStream");
      return;
    }
    this.deadline = this.#service.deadlines.now + responseTimeout;
    const head = text.start + (text.host ?? this.#endpoint!.authority) + text.rest;
    const isUpgrade = this.#request.protocolSwitch !== undefined;
    connection.begin(this, head, { isHead: text.method === "HEAD", isUpgrade, isChunked: framing === "chunked" });
    if (!x.hasBody) {
      connection.sendEnd("");
      return;
    }
    const { body } = x;
    if (body !== undefined) {
      connection.sendBody(new Piece(Buffer.from(body.buffer, body.byteOffset, body.byteLength), 0, body.length, undefined));
      connection.sendEnd("");
      return;
    }
    if (this.#isBodyBegun) {
      this.#kept!.sendAgain(connection);
      if (this.#isHeldUp) this.requestDrained();
      return;
    }
    this.#isBodyBegun = true;
    this.#kept = connection.keepBody?.();
    // What a policy read before it gave up on the body as a whole.
    const { screened } = x;
    const begun = x.bodyReader?.takeBegun() ?? screened?.takeBegun();
    if (begun !== undefined) this.#sendBody(new Piece(begun, 0, begun.length, undefined));
    x.client.readBody(screened === undefined ? this : screened.onward(this));
    connection.flush();
  }

  /** False: the service has to catch up. */
  #sendBody(piece: Piece): boolean {
    this.#isBodySent ||= this.#kept === undefined;
    const own = this.#kept === undefined ? piece : this.#kept.add(piece);
    return this.#connection?.sendBody(own) !== false;
  }

  bodyPiece(piece: Piece): void {
    const x = this.#x;
    x.bytesReceived += piece.length;
    if (this.#isOver) return;
    if (x.bytesReceived > x.maxBodyBytes) this.stop(() => refuseTooLarge(x, x.maxBodyBytes));
    else if (!this.#sendBody(piece)) this.#holdUp();
  }

  #holdUp(): void {
    this.#isHeldUp = true;
    this.#x.client.pauseBody();
  }

  bodyBatch(): void {
    if (this.#isOver) return;
    // A slow upload is not the fault of the service.
    if (this.#record.headAt === 0) this.deadline = this.#service.deadlines.now + this.#request.responseTimeout;
    this.#connection?.flush();
  }

  bodyEnd(trailers: HeaderList | undefined): void {
    if (this.#isOver) return;
    const lines = this.#service.trailers.ofRequest(trailers, this.#request.trailers);
    this.#kept?.end(lines);
    this.#connection?.sendEnd(lines);
  }

  requestDrained(): void {
    this.#isHeldUp = false;
    this.#x.client.resumeBody();
  }

  // The answer.

  answerHead(head: ResponseHead): void {
    const x = this.#x;
    const { protocolSwitch } = this.#request;
    const isSwitched = head.status === 101 && protocolSwitch !== undefined;
    if (head.status < 200 && !isSwitched) {
      if (++this.#interims > interimLimit) {
        this.#connection?.leave();
        this.#fail("invalidAnswer");
        return;
      }
      // The client was told to continue by us, where it asked (RFC 9110 §15.2).
      if (head.status !== 100 && x.wayBack?.isSilent !== true)
        x.client.sendInterim(head.status, this.#service.trailers.ofInterim(head.headers, this.#request.trailers));
      return;
    }
    if (isSwitched && !protocolSwitch.accepts(head)) {
      this.#connection!.leave();
      this.#fail("invalidAnswer");
      return;
    }
    this.#kept = undefined;
    x.releaseBody();
    this.#record.headAt = clock.monotonic();
    this.answered(head, this.#record);
    this.deadline = this.#record.headAt + this.#request.idleTimeout;
    if (head.hasLocation && this.#request.keepsLocation !== true)
      mapLocations(x, this.#service, this.#request.text, head.headers);
    x.answer = { status: head.status, headers: head.headers, body: undefined, source: "service" };
    this.#isSwitched = isSwitched;
    if (x.wayBack === undefined) this.passHead(head.contentLength);
    else x.wayBack.head(this, head.contentLength);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends the head in `x.answer`. `length` is that of the body; -1: not known. */
  passHead(length: number): void {
    const x = this.#x;
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
    this.#settle(undefined);
    // HTTP/2 has no 101 (RFC 9113 §8.6): this is a connection of HTTP/1.1.
    this.#request.protocolSwitch!.begin(x, this.#connection as OriginConnection, this.#service);
  }

  answerPiece(piece: Piece): void {
    if (this.#isOver) return;
    const { wayBack } = this.#x;
    if (wayBack === undefined) this.passPiece(piece);
    else wayBack.piece(piece);
  }

  passPiece(piece: Piece): void {
    this.#x.bytesSent += piece.length;
    if (!this.#x.client.sendBody(piece)) this.pauseAnswer();
  }

  pauseAnswer(): void {
    if (!this.#isAnswerRead) this.#connection?.pause();
  }

  resumeAnswer(): void {
    this.#x.client.flush();
    if (!this.#isAnswerRead) this.#connection?.resume();
  }

  answerBatch(): void {
    if (this.#isOver) return;
    this.deadline = this.#service.deadlines.now + this.#request.idleTimeout;
    this.#x.client.flush();
  }

  sendInstead(): void {
    this.cancel();
    this.#x.pending = undefined;
    this.#x.sendAnswer();
  }

  breakAnswer(): void {
    this.cancel();
    this.#x.breakOff("refused");
  }

  answerEnd(trailers: HeaderList | undefined): void {
    this.#record.endedAt = clock.monotonic();
    this.#isAnswerRead = true;
    if (this.#isOver) return;
    const { wayBack } = this.#x;
    if (wayBack === undefined) this.passEnd(trailers);
    else wayBack.finish(trailers);
  }

  passEnd(trailers: HeaderList | undefined): void {
    this.#settle(undefined);
    this.#x.client.sendEnd(this.#service.trailers.ofAnswer(trailers, this.#request.trailers));
  }

  answerFailed(code: FailureCode, isStale: boolean): void {
    if (this.#isOver) return;
    // A refused stream was not looked at by the service, whatever its method (RFC 9113 §8.7).
    const canRepeat = code === "refusedStream" ? !this.#isBodySent && this.#kept?.isLost !== true : isStale && this.#mayRetry();
    if (!this.#isRetried && canRepeat) {
      this.#isRetried = true;
      if (this.#kept?.hasEnded === false) this.#holdUp();
      this.#tryAgain(code);
    } else this.#fail(code);
  }

  /** No connection was had: nothing was sent, and every other endpoint may be tried. */
  failed(code: FailureCode): void {
    if (this.#isOver) return;
    this.#connectFailures++;
    if (this.#connectFailures < this.#service.endpoints.length && code !== "poolFull") this.#tryAgain(code);
    else this.#fail(code);
  }

  #tryAgain(code: FailureCode): void {
    this.ended(code, this.#connection !== undefined);
    this.dispatch(this.#service.pickOther(this.#endpoint!, this.#x));
  }

  /**
   * A kept connection may be closed by the service at the moment it is used again. What changes nothing is sent once
   * more, where nothing of a body was sent (RFC 9110 §9.2.2).
   */
  #mayRetry(): boolean {
    return !this.#x.hasBody && isIdempotent(this.#request.text.method);
  }

  #fail(code: FailureCode): void {
    const x = this.#x;
    this.#settle(code);
    this.#record.error = code;
    this.#record.endedAt = clock.monotonic();
    if (this.#isBodyBegun) x.client.leaveBody();
    if (x.hasHead) {
      x.breakOff("upstreamBroken");
      return;
    }
    x.outcome = "upstreamBroken";
    refuse(x, failureProblem(code));
    this.#x.sendAnswer();
  }

  /** The client has taken what was written: the service may go on. */
  drained(): void {
    if (!this.#isAnswerRead) this.#connection?.resume();
  }

  expire(): void {
    if (this.#isOver) return;
    const connection = this.#connection;
    if (this.#isBodyBegun && !this.#isHeldUp && this.#record.headAt === 0 && !this.#x.client.isBodyRead) {
      // It is the client that has to go on; the transport knows how long it may take.
      const { deadlines } = this.#service;
      this.deadline = deadlines.now + this.#request.responseTimeout;
      deadlines.add(this, deadlines.now);
      return;
    }
    if (connection?.isPaused === true && !this.#isAnswerRead) {
      // It is the client that is slow, for which its own connection has a deadline.
      const { deadlines } = this.#service;
      this.deadline = deadlines.now + this.#request.idleTimeout;
      deadlines.add(this, deadlines.now);
      return;
    }
    this.#leave();
    this.#fail(connection === undefined ? "connectTimeout" : "timeout");
  }

  #leave(): void {
    if (this.#isAnswerRead) return;
    if (this.#connection === undefined) this.#endpoint?.pool.leave(this);
    else this.#connection.leave();
  }

  /** The client is gone or was answered otherwise: nobody waits for the service any more. */
  cancel(): void {
    if (this.#isOver) return;
    this.#settle("abandoned");
    this.#record.endedAt = clock.monotonic();
    this.#leave();
    if (this.#isBodyBegun) this.#x.client.leaveBody();
  }

  broke(error: unknown): void {
    this.cancel();
    this.#x.fail(error);
  }

  // What is told of each attempt: nobody here wants to know it.

  protected began(_endpoint: Endpoint): void {}

  protected answered(_head: ResponseHead, _record: UpstreamRecord): void {}

  /** `failure`: undefined where the answer is whole, `abandoned` where nobody waits for it any more. */
  protected ended(_failure: FailureCode | undefined, _wasConnected: boolean): void {}

  /** Nothing more happens here. */
  #settle(failure: FailureCode | undefined): void {
    this.#isOver = true;
    this.ended(failure, this.#connection !== undefined);
    this.#service.deadlines.remove(this);
    if (this.#x.pending === this) this.#x.pending = undefined;
  }

  /** The body does not go on: `answer` makes the answer to the client, where it can still have one. */
  stop(answer: () => void): void {
    const x = this.#x;
    if (this.#isOver) return;
    this.cancel();
    if (x.hasHead) x.breakOff("refused");
    else {
      answer();
      x.sendAnswer();
    }
  }
}
