import type { AttemptRecord, CallFindings, ExchangeTrace, TracedCall } from "../../exchange/exchange.ts";

/** What the service of a copy is told of the trace of the request: that it is a part of it, and nothing of its baggage. */
export class CopyTrace implements ExchangeTrace {
  readonly #trace: ExchangeTrace;
  readonly #method: string;
  #last: TracedCall | undefined = undefined;

  constructor(trace: ExchangeTrace, method: string) {
    this.#trace = trace;
    this.#method = method;
  }

  get traceId(): string {
    return this.#trace.traceId;
  }

  get spanId(): string {
    return this.#trace.spanId;
  }

  get isSampled(): boolean {
    return this.#trace.isSampled;
  }

  attemptLines(attempt: AttemptRecord): string {
    this.#last = this.#trace.call(this.#method, new URL(attempt.endpoint.url), 0, true);
    return Object.entries(this.#last.fields)
      .map(([name, value]) => `\r\n${name}: ${value}`)
      .join("");
  }

  call(method: string, url: URL, resends: number): TracedCall {
    return this.#trace.call(method, url, resends);
  }

  /** The copy is over. `error`: empty where it was answered. */
  ended(status: number, error: string, found: CallFindings | undefined): void {
    this.#last?.ended(status, error, found);
  }
}
