import type { UpstreamRecord } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { ResponseHead } from "../../http1/response-head.ts";
import { clock } from "../../life/clock.ts";
import type { FailureCode } from "../answer-sink.ts";
import type { Endpoint } from "../endpoint.ts";
import { Forwarding } from "../forwarding.ts";
import type { OriginRequest } from "../origin-request.ts";
import { type RequestText, requestText } from "../request-text.ts";
import type { Attempt } from "./attempt.ts";
import type { ManagedService } from "./managed-service.ts";
import { outcomeOf } from "./outcome.ts";
import type { Upload, UploadSink } from "./upload-clock.ts";

/** A request that may take several attempts, at several endpoints, of which the service's watchers hear. */
export class ManagedForwarding extends Forwarding implements UploadSink {
  protected override readonly service: ManagedService;
  readonly #first: Endpoint;
  protected readonly tried: Endpoint[] = [];
  declare protected upload?: Upload | undefined;

  constructor(x: HttpExchange, service: ManagedService, record: UpstreamRecord, request: OriginRequest, first: Endpoint) {
    super(x, service, record, request);
    this.service = service;
    this.#first = first;
    if (x.hasBody) this.upload = service.uploads?.of(x, this);
  }

  protected override begin(endpoint: Endpoint, now: number): Attempt {
    const attempt = super.begin(endpoint, now);
    this.tried.push(endpoint);
    if (this.upload !== undefined) this.service.uploads!.begin(attempt, this.upload);
    for (const watcher of this.service.watchers) watcher.began?.(attempt, this.x);
    return attempt;
  }

  protected override fieldsFor(attempt: Attempt, text: RequestText): string {
    const rest = super.fieldsFor(attempt, text);
    const { grpc, remaining } = this.service;
    if (grpc === undefined) return rest;
    grpc.begin(attempt, this.x, remaining === undefined ? undefined : this.request.until);
    return grpc.fieldsOf(this.x, rest, this.#seenBefore(attempt));
  }

  /** Attempts before this one that the service may have looked at. */
  #seenBefore(attempt: Attempt): number {
    let count = 0;
    // Every record of an attempt at a managed service is one.
    for (const { carrier, error } of this.record.attempts as Attempt[])
      if (carrier !== undefined && error !== "refusedStream") count++;
    // Its own carrier is set by now.
    return attempt.carrier === undefined ? count : count - 1;
  }

  /** Of the body that is sent on as it comes. */
  clientAwaited(isSo: boolean): void {
    const { attempt } = this;
    if (attempt?.isOver === false) this.#awaitClient(attempt, isSo);
  }

  #awaitClient(attempt: Attempt, isSo: boolean): void {
    if ((attempt.awaitsClient === true) === isSo) return;
    attempt.awaitsClient = isSo;
    for (const watcher of this.service.watchers) watcher.clientAwaited?.(attempt, isSo);
  }

  protected override endAttempt(attempt: Attempt, error: FailureCode): void {
    if (attempt.upload !== undefined) {
      attempt.upload.end();
      this.#awaitClient(attempt, false);
    }
    super.endAttempt(attempt, error);
    const outcome = outcomeOf(attempt);
    for (const watcher of this.service.watchers) watcher.ended(attempt, outcome, this.x);
  }

  override answerHead(attempt: Attempt, head: ResponseHead): void {
    this.noteHead(attempt, head);
    if (head.status >= 200) attempt.upload?.end();
    if (head.status >= 200) this.service.sticky?.remember(this.x, attempt.endpoint, head.headers);
    super.answerHead(attempt, head);
  }

  /** What of the head says how the attempt ends. */
  protected noteHead(attempt: Attempt, head: ResponseHead): void {
    const { status, headers } = head;
    if (status === 429 || status === 503) attempt.wantsLess = status === 429 || headers.get("retry-after") !== undefined;
    this.service.grpc?.noteHead(attempt, this.x, head);
  }

  override answerEnd(trailers: HeaderList | undefined): void {
    if (this.attempt !== undefined) this.service.grpc?.noteEnd(this.attempt, this.x, trailers);
    super.answerEnd(trailers);
  }

  /** Another endpoint may have another path, and hooks may have written something for this one. */
  protected override textFor(endpoint: Endpoint): RequestText {
    const { text, config, lines } = this.request;
    const isSame =
      endpoint === this.#first || (endpoint.basePath === this.#first.basePath && this.x.operation.upstreamRequest === null);
    return isSame ? text : requestText(this.x, endpoint, config, lines);
  }

  protected override dispatchAgain(attempt: Attempt): void {
    this.dispatch(this.another() ?? attempt.endpoint, clock.monotonic());
  }

  /** An endpoint that was not tried. */
  protected another(): Endpoint | undefined {
    return this.service.set.picker?.another(this.x, this.tried);
  }

  /** Nothing was sent: each endpoint may be tried, once. Of those that are full, none is. */
  override unconnected(attempt: Attempt, code: FailureCode): void {
    if (code === "poolFull") {
      const { usable, all } = this.service.set;
      const chosen = usable.length === 0 ? all : usable;
      const full = chosen.filter(({ isFull }) => isFull);
      if (full.length === chosen.length && full.length > 1) {
        this.fail(attempt, "allFull");
        return;
      }
      this.tried.push(...full);
    }
    const other = this.another();
    if (other === undefined) {
      this.fail(attempt, code);
      return;
    }
    this.leaveAttempt(attempt, code);
    this.dispatch(other, clock.monotonic());
  }
}
