import type { AttemptRecord } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import type { GrpcStatus } from "../../grpc/status.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import type { ResponseHead } from "../../http1/response-head.ts";
import type { AnswerSink, FailureCode } from "../answer-sink.ts";
import type { Carrier, Waiter } from "../carrier.ts";
import type { Expiring } from "../deadlines.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Forwarding } from "../forwarding.ts";
import type { Outcome } from "./outcome.ts";
import type { AttemptUpload } from "./time-to-head.ts";

/**
 * One attempt to have a request answered: by one endpoint, over one connection, with one deadline. What it hears goes to the
 * forwarding that began it, until it is over.
 */
export class Attempt implements Waiter, AnswerSink, Expiring, AttemptRecord {
  deadline = 0;
  deadlineIndex = -1;
  readonly endpoint: Endpoint;
  readonly startedAt: number;
  headAt = 0;
  endedAt = 0;
  status = 0;
  error: FailureCode = "";
  carrier: Carrier | undefined = undefined;
  isOver = false;
  /** The answer has come as a whole: what carried it may carry another one by now. */
  isRead = false;
  /** The endpoint said so: 429, or 503 with `Retry-After`. */
  declare wantsLess?: boolean;
  /** It was given up because another attempt, which began later, had an answer. */
  declare isOvertaken?: boolean;
  /** Of a body that is sent on as it comes: the wait for the client. */
  declare upload?: AttemptUpload;
  /** The client is waited for, and was for long: meanwhile nothing is under way at the endpoint. */
  declare awaitsClient?: boolean;
  /** Of a gRPC call that was answered: its status, what that says of the attempt, and how long another one has to wait (-1: for ever). */
  declare grpcStatus?: GrpcStatus;
  /** Whatever time the service was given for it, the caller gave: that it is over is not the service's failure. */
  declare isCallersTime?: boolean;
  /** Monotonic milliseconds at which a gRPC call is over whose service was told how long it may take, where nobody else has said so. */
  declare callUntil?: number;
  declare verdict?: Outcome;
  declare pushback?: number | undefined;
  readonly #forwarding: Forwarding;

  constructor(forwarding: Forwarding, endpoint: Endpoint, now: number) {
    this.#forwarding = forwarding;
    this.endpoint = endpoint;
    this.startedAt = now;
  }

  /** A stream that was refused was not looked at (RFC 9113 §8.7). */
  get hasArrived(): boolean {
    return this.carrier !== undefined && this.error !== "refusedStream";
  }

  /** The answer to a gRPC call has begun, and the service has had the time that it was told. */
  isCallOver(now: number): boolean {
    return this.callUntil !== undefined && this.headAt > 0 && now >= this.callUntil;
  }

  /**
   * More is waited for up to then, in monotonic milliseconds. As long as that is the head, its time begins anew with each part of
   * the request, and with it that of a call which nobody else has bounded; with the head it is settled when the call is over.
   */
  awaitUntil(moment: number): void {
    this.deadline = this.headAt === 0 ? moment : Math.min(moment, this.callUntil ?? moment);
    if (this.headAt === 0 && this.callUntil !== undefined) this.callUntil = moment;
  }

  /** Nobody waits for it any more: what carries it is left to others. */
  leave(): void {
    if (this.isRead) return;
    if (this.carrier === undefined) this.endpoint.pool.leave(this);
    else this.carrier.leave();
  }

  connected(carrier: Carrier): void {
    this.carrier = carrier;
    this.#forwarding.connected(this, carrier);
  }

  failed(code: FailureCode): void {
    if (!this.isOver) this.#forwarding.unconnected(this, code);
  }

  answerHead(head: ResponseHead): void {
    if (!this.isOver) this.#forwarding.answerHead(this, head);
  }

  answerPiece(piece: Piece): void {
    if (!this.isOver) this.#forwarding.answerPiece(piece);
  }

  answerBatch(): void {
    if (!this.isOver) this.#forwarding.answerBatch(this);
  }

  /** No more of the answer for now. */
  pause(): void {
    if (!this.isRead) this.carrier?.pause();
  }

  resume(): void {
    if (!this.isRead) this.carrier?.resume();
  }

  get isPaused(): boolean {
    return !this.isRead && this.carrier?.isPaused === true;
  }

  answerEnd(trailers: HeaderList | undefined): void {
    this.isRead = true;
    if (!this.isOver) this.#forwarding.answerEnd(trailers);
  }

  answerFailed(code: FailureCode, isStale: boolean): void {
    if (!this.isOver) this.#forwarding.failedAttempt(this, code, isStale);
  }

  requestDrained(): void {
    if (!this.isOver) this.#forwarding.requestDrained();
  }

  expire(): void {
    if (!this.isOver) this.#forwarding.expired(this);
  }

  broke(error: unknown): void {
    this.#forwarding.broke(error);
  }
}
