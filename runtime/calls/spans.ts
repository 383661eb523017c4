import type { ExchangeTrace } from "../exchange/exchange.ts";
import type { Answer, Sent } from "./exchange.ts";
import { CallFailure } from "./failure.ts";

/** What one call sends, as parts of the trace of the request that waits for it: a span for each attempt and each redirect. */
export class CallSpans {
  readonly #trace: ExchangeTrace;
  #sent = 0;

  constructor(trace: ExchangeTrace) {
    this.#trace = trace;
  }

  /** `ask` sends what it is given: `sent`, with what tells of the trace. */
  async of(sent: Sent, ask: (told: Sent) => Promise<Answer>): Promise<Answer> {
    const span = this.#trace.call(sent.method, sent.url, this.#sent++);
    try {
      const answer = await ask({ ...sent, headers: { ...sent.headers, ...span.fields } });
      span.ended(answer.status, "");
      return answer;
    } catch (error) {
      span.ended(0, error instanceof CallFailure ? error.kind : "broken");
      throw error;
    }
  }
}
