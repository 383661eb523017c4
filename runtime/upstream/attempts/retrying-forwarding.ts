import type { UpstreamRecord } from "../../exchange/exchange.ts";
import { retryAfter } from "../../fields/retry-after.ts";
import type { GrpcStatus } from "../../grpc/status.ts";
import { holdOf } from "../../http/body-hold.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { ResponseHead } from "../../http1/response-head.ts";
import { clock } from "../../life/clock.ts";
import { type Timer, timers } from "../../life/timers.ts";
import type { FailureCode } from "../answer-sink.ts";
import type { Carrier, KeptBody } from "../carrier.ts";
import type { Endpoint } from "../endpoint.ts";
import type { OriginRequest } from "../origin-request.ts";
import type { Attempt } from "./attempt.ts";
import { Backoff } from "./backoff.ts";
import { HeldBody } from "./held-body.ts";
import { ManagedForwarding } from "./managed-forwarding.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { RetriedAttempt } from "./retried-attempt.ts";
import { isRetriable, mayRepeat, type RetryRules } from "./retry-rules.ts";
import type { RetryingService } from "./retrying-service.ts";

/**
 * A request that is sent again where an attempt failed, or brought an answer that another one may better: within the time
 * that the client has to wait at most, and within the budget of the service.
 */
export class RetryingForwarding extends ManagedForwarding {
  protected override readonly service: RetryingService;
  protected readonly rules: RetryRules;
  protected readonly mayRepeat: boolean;
  /** Monotonic milliseconds up to which there may be attempts. */
  #until: number;
  readonly #totalMs: number;
  #retries = 0;
  #pause: Timer | undefined = undefined;
  #held: HeldBody | undefined = undefined;

  constructor(x: HttpExchange, service: RetryingService, record: UpstreamRecord, request: OriginRequest, first: Endpoint) {
    super(x, service, record, request, first);
    this.service = service;
    this.rules = service.rulesFor(request.retry);
    this.mayRepeat = mayRepeat(x, request.retry);
    this.#totalMs = request.responseTimeout;
    this.#until = Math.min(record.startedAt + request.responseTimeout, request.until);
    service.budget.deposit(record.startedAt);
  }

  protected override attemptAt(endpoint: Endpoint, now: number): Attempt {
    return new RetriedAttempt(this, endpoint, now);
  }

  protected override begin(endpoint: Endpoint, now: number): Attempt {
    const attempt = super.begin(endpoint, now);
    attempt.deadline = Math.min(attempt.deadline, this.#lastMoment(now));
    return attempt;
  }

  protected override headBy({ startedAt }: Attempt): number {
    return this.#lastMoment(this.x.hasBody ? clock.monotonic() : startedAt);
  }

  /** When an attempt is given up whose time runs from then on. */
  #lastMoment(from: number): number {
    const { perTry } = this.rules;
    return perTry === 0 ? this.#until : Math.min(from + perTry, this.#until);
  }

  /** A slow upload takes nothing of the time of the service. */
  override bodyBatch(): void {
    super.bodyBatch();
    const { attempt } = this;
    if (this.isOver || attempt === undefined || attempt.headAt > 0) return;
    const { now } = this.service.deadlines;
    this.#until = Math.min(now + this.#totalMs, this.request.until);
    attempt.awaitUntil(this.#lastMoment(now));
  }

  protected override keepBody(carrier: Carrier): KeptBody | undefined {
    if (!this.mayRepeat || this.rules.attempts < 2) return super.keepBody(carrier);
    this.#held = new HeldBody(holdOf(this.x), this.service.bodyBytes);
    return this.#held;
  }

  override answerHead(attempt: Attempt, head: ResponseHead): void {
    if (head.status >= 400 || this.service.grpc !== undefined) {
      this.noteHead(attempt, head);
      if ((head.status >= 400 || attempt.grpcStatus !== undefined) && this.declines(attempt, head)) return;
    }
    if (head.status >= 200) this.accepted(attempt);
    super.answerHead(attempt, head);
    if (attempt.headAt > 0) this.#held?.release();
  }

  /** The answer is the client's. */
  protected accepted(_attempt: Attempt): void {}

  /** The answer is thrown away for another one. */
  protected declines(attempt: Attempt, head: ResponseHead): boolean {
    const { status, headers } = head;
    const { carrier, wantsLess, verdict, grpcStatus, pushback } = attempt;
    const outcome = outcomeOf({ error: "", carrier, status, wantsLess, verdict });
    const delay = this.#decide(outcome, grpcStatus ?? status, retryAfter(headers.get("retry-after")) ?? 0, pushback);
    if (delay < 0) return false;
    this.throwAway(attempt, head);
    this.#again(delay, attempt.endpoint);
    return true;
  }

  protected throwAway(attempt: Attempt, { status, contentLength }: ResponseHead): void {
    const { x, kept } = this;
    const now = clock.monotonic();
    attempt.status = status;
    attempt.headAt = now;
    const isSent = !x.hasBody || x.body !== undefined || kept?.hasEnded === true;
    this.leaveAttempt(attempt, "");
    // Every attempt of this class is one.
    if (isSent) (attempt as RetriedAttempt).discard(x.method === "HEAD" ? 0 : contentLength, this.service.deadlines, now);
    else attempt.leave();
  }

  /** The head of an answer has not come: the request may be sent again. */
  protected override fail(attempt: Attempt, code: FailureCode): void {
    const delay =
      attempt.headAt > 0
        ? -1
        : this.#decide(outcomeOf({ error: code, carrier: attempt.carrier, status: 0, wantsLess: undefined }), 0, 0);
    if (delay < 0) {
      super.fail(attempt, code);
      return;
    }
    this.leaveAttempt(attempt, code);
    this.#again(delay, attempt.endpoint);
  }

  /** Milliseconds to wait before another attempt, for which the budget has paid; -1: there is none. */
  #decide(outcome: Outcome, status: GrpcStatus | number, askedFor: number, pushback?: number): number {
    const { rules, service } = this;
    if (pushback !== undefined && pushback < 0) return -1;
    if (this.#retries + 1 >= rules.attempts || this.request.protocolSwitch !== undefined) return -1;
    if (!isRetriable(rules, outcome, status, this.mayRepeat) || !this.canSendBody) return -1;
    if (!this.mayBegin()) return -1;
    const delay = pushback ?? Math.max(askedFor, new Backoff(rules.backoff).before(this.#retries));
    const now = clock.monotonic();
    return now + delay < this.#until && service.budget.take(now) ? delay : -1;
  }

  #again(delay: number, last: Endpoint): void {
    this.#retries++;
    this.service.retries++;
    this.#pause = timers.after(delay, this, () => {
      this.#pause = undefined;
      // The failure that is to be made up for may be what opened the breaker.
      if (this.mayBegin()) this.dispatch(this.nextEndpoint(last), clock.monotonic());
      else this.#turnAway();
    });
  }

  #turnAway(): void {
    const { service, x, kept } = this;
    const { config, protocolSwitch } = this.request;
    this.cancel();
    service.turnAway(x, service.waitMs(x), config, protocolSwitch, kept);
    this.#held?.release();
  }

  /** Neither a breaker nor the state of the endpoints is against another attempt. */
  protected mayBegin(): boolean {
    return this.service.set.picker !== undefined && this.service.waitMs(this.x) === 0;
  }

  /** One that was not tried, or at least another than the last. */
  protected nextEndpoint(last: Endpoint): Endpoint {
    return this.another() ?? this.service.set.picker?.another(this.x, [last]) ?? last;
  }

  override cancel(): void {
    this.#pause?.cancel();
    super.cancel();
  }
}
