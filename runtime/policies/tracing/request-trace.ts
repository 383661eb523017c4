import type { AttemptRecord, ExchangeTrace, TracedCall } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import type { SpanAttributes } from "../../telemetry/span.ts";
import type { Ids } from "./ids.ts";
import type { TraceFormat } from "./incoming.ts";
import { type Outgoing, traceFields, traceLines } from "./outgoing.ts";
import type { RemoteContext } from "./propagation/remote-context.ts";

/** What all traces of a step have in common. */
export interface TraceRules {
  readonly ids: Ids;
  readonly formats: readonly TraceFormat[];
  /** Services are told that the trace is sampled, whatever was decided. */
  readonly tellsSampled: boolean;
  /** Names of the services that get baggage; null: all do. */
  readonly baggageTo: readonly string[] | null;
}

/** An attempt, and what it told the service. */
export interface TracedAttempt {
  readonly attempt: AttemptRecord;
  readonly spanId: string;
  /** `GET /orders?page=2 HTTP/1.1`, and what begins behind it. */
  readonly start: string;
}

/** A request of the gateway's own, for which the request waited; monotonic milliseconds. */
export interface OwnCall {
  readonly spanId: string;
  readonly method: string;
  readonly url: URL;
  readonly resends: number;
  readonly startedAt: number;
  /** Infinity as long as it is under way. */
  endedAt: number;
  status: number;
  error: string;
  attributes: SpanAttributes;
  /** Nobody waits for it, and it may end later than the request. */
  readonly mayOutlive: boolean;
  /** Exports it, where the request itself was, and it has not ended by then. */
  exportLater: (() => void) | undefined;
}

/** Of one request; there are hardly ever as many. */
const mostCalls = 64;

/** The trace of one request. */
export class RequestTrace implements ExchangeTrace, Outgoing {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where the trace begins here. */
  readonly parentSpanId: string;
  readonly isShort: boolean;
  readonly isRandom: boolean;
  readonly isDebug: boolean;
  readonly traceState: string;
  /** What may go on to services; empty: nothing. */
  readonly baggage: string;
  readonly isSampled: boolean;
  isRecording: boolean;
  /** Bits of `traceField` that the request has. */
  readonly found: number;
  place = 0;
  attempts: TracedAttempt[] | undefined = undefined;
  calls: OwnCall[] | undefined = undefined;
  readonly #rules: TraceRules;

  /** `parent`: of a caller who is trusted. `isSampled`: the decision at the begin. */
  constructor(
    rules: TraceRules,
    traceId: string,
    parent: RemoteContext | undefined,
    isDebug: boolean,
    traceState: string,
    baggage: string,
    found: number,
    isSampled: boolean,
    isRecording: boolean,
  ) {
    this.#rules = rules;
    this.traceId = traceId;
    this.spanId = rules.ids.span();
    this.parentSpanId = parent === undefined ? "" : parent.spanId;
    this.isShort = parent?.isShort === true;
    this.isRandom = parent?.isRandom === true;
    this.isDebug = isDebug;
    this.traceState = traceState;
    this.baggage = baggage;
    this.found = found;
    this.isSampled = isSampled;
    this.isRecording = isRecording;
  }

  get saysSampled(): boolean {
    return this.isSampled || this.#rules.tellsSampled;
  }

  get serverSpanId(): string {
    return this.spanId;
  }

  attemptLines(attempt: AttemptRecord, start: string, service: string): string {
    const { ids, formats, baggageTo } = this.#rules;
    const spanId = ids.span();
    if (this.isRecording) {
      this.attempts ??= [];
      this.attempts.push({ attempt, spanId, start });
    }
    const lines = traceLines(this, spanId, formats);
    if (this.baggage === "" || (baggageTo !== null && !baggageTo.includes(service))) return lines;
    return `${lines}\r\nbaggage: ${this.baggage}`;
  }

  call(method: string, url: URL, resends: number, mayOutlive = false): TracedCall {
    const { ids, formats } = this.#rules;
    const spanId = ids.span();
    const startedAt = clock.monotonic();
    const call: OwnCall = {
      spanId,
      method,
      url,
      resends,
      startedAt,
      endedAt: Number.POSITIVE_INFINITY,
      status: 0,
      error: "",
      attributes: [],
      mayOutlive,
      exportLater: undefined,
    };
    if (this.isRecording && (this.calls?.length ?? 0) < mostCalls) {
      this.calls ??= [];
      this.calls.push(call);
    }
    return {
      fields: traceFields(this, spanId, formats),
      ended: (status, error, found) => {
        call.endedAt = found?.endedAt ?? clock.monotonic();
        call.status = status;
        call.error = error;
        if (found !== undefined) call.attributes = found.attributes;
        call.exportLater?.();
      },
    };
  }

  /** What was told of this attempt; undefined where nothing was sent. */
  tracedOf(attempt: AttemptRecord): TracedAttempt | undefined {
    const { attempts } = this;
    if (attempts === undefined) return undefined;
    for (let index = 0; index < attempts.length; index++) if (attempts[index]!.attempt === attempt) return attempts[index];
    return undefined;
  }

  /** Nothing more is recorded of it, and what was is let go. */
  giveUp(): void {
    this.isRecording = false;
    this.attempts = undefined;
    this.calls = undefined;
  }
}
