import type { UpstreamRecord } from "../../exchange/exchange.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { ResponseHead } from "../../http1/response-head.ts";
import { clock } from "../../life/clock.ts";
import type { FailureCode } from "../answer-sink.ts";
import type { Expiring } from "../deadlines.ts";
import type { Endpoint } from "../endpoint.ts";
import type { OriginRequest } from "../origin-request.ts";
import type { Attempt } from "./attempt.ts";
import type { HedgingService } from "./hedging-service.ts";
import { outcomeOf } from "./outcome.ts";
import { isRetriable } from "./retry-rules.ts";
import { RetryingForwarding } from "./retrying-forwarding.ts";

/**
 * A request of which a second attempt is made beside the first where that is late. The first answer that no rule would have
 * sent again is the client's; the other attempts are left, which is nobody's failure.
 */
export class HedgingForwarding extends RetryingForwarding implements Expiring {
  protected override readonly service: HedgingService;
  /** When the next attempt is made beside those that are under way. */
  deadline = 0;
  deadlineIndex = -1;
  readonly #underWay: Attempt[] = [];
  /** Attempts that may still be made beside others. */
  #left: number;

  constructor(x: HttpExchange, service: HedgingService, record: UpstreamRecord, request: OriginRequest, first: Endpoint) {
    super(x, service, record, request, first);
    this.service = service;
    // A body that is still on its way cannot be sent twice at a time.
    const isWhole = !x.hasBody || x.body !== undefined;
    this.#left =
      isWhole && this.mayRepeat && request.protocolSwitch === undefined
        ? (request.hedge?.attempts ?? service.hedgeAttempts) - 1
        : 0;
  }

  protected override begin(endpoint: Endpoint, now: number): Attempt {
    const attempt = super.begin(endpoint, now);
    this.#underWay.push(attempt);
    const after = this.#left > 0 ? this.service.hedgeAfterOf(this.x, this.request.hedge) : undefined;
    if (after !== undefined) {
      // A retry has as much time as the first attempt had.
      this.deadline = now + after;
      if (this.deadlineIndex < 0) this.service.hedgeTimes.add(this, now);
    }
    return attempt;
  }

  /** The answer is late. */
  expire(): void {
    const [first] = this.#underWay;
    const { service } = this;
    // Between two attempts nothing is late.
    if (this.isOver || first === undefined || !this.mayBegin()) return;
    const now = clock.monotonic();
    if (!service.budget.take(now)) return;
    this.#left--;
    service.hedges++;
    const endpoint = this.nextEndpoint(first.endpoint);
    endpoint.pool.acquire(this.begin(endpoint, now));
  }

  protected override endAttempt(attempt: Attempt, error: FailureCode): void {
    const index = this.#underWay.indexOf(attempt);
    if (index >= 0) this.#underWay.splice(index, 1);
    super.endAttempt(attempt, error);
  }

  override answerHead(attempt: Attempt, head: ResponseHead): void {
    // Of one that may not be the client's, interim answers are not either.
    if (head.status >= 200 || attempt === this.attempt) super.answerHead(attempt, head);
  }

  protected override declines(attempt: Attempt, head: ResponseHead): boolean {
    if (this.#underWay.length < 2) return super.declines(attempt, head);
    const { status } = head;
    const { carrier, wantsLess, verdict, grpcStatus, pushback } = attempt;
    const outcome = outcomeOf({ error: "", carrier, status, wantsLess, verdict });
    if (!isRetriable(this.rules, outcome, grpcStatus ?? status, this.mayRepeat)) return false;
    this.throwAway(attempt, head);
    this.attempt = this.#underWay[0];
    // gRFC A6, pushback: no further hedge at all, or none before so many milliseconds have passed.
    if (pushback !== undefined && pushback < 0) this.#endHedges();
    else if (pushback !== undefined) this.deadline = Math.max(this.deadline, clock.monotonic() + pushback);
    return true;
  }

  protected override accepted(attempt: Attempt): void {
    for (const other of this.#underWay) other.isOvertaken = other.startedAt < attempt.startedAt;
    this.#leaveAllBut(attempt);
    this.attempt = attempt;
    // Logs name the one that answered, and not the one that was asked last.
    this.record.endpoint = attempt.endpoint.url;
  }

  /** The others may still have an answer. */
  protected override fail(attempt: Attempt, code: FailureCode): void {
    if (attempt.headAt > 0 || this.#underWay.length < 2) {
      super.fail(attempt, code);
      return;
    }
    this.endAttempt(attempt, code);
    this.attempt = this.#underWay[0];
  }

  #endHedges(): void {
    this.#left = 0;
    this.service.hedgeTimes.remove(this);
  }

  #leaveAllBut(kept: Attempt | undefined): void {
    this.#endHedges();
    for (const attempt of [...this.#underWay]) {
      if (attempt === kept) continue;
      this.endAttempt(attempt, "abandoned");
      attempt.leave();
    }
  }

  override cancel(): void {
    if (!this.isOver) this.#leaveAllBut(this.attempt);
    super.cancel();
  }
}
