import { AnswerValue, type AnswerValueConfig } from "../../body/answer-value.ts";
import type { Exchange, UpstreamRequest } from "../../exchange/exchange.ts";
import { watchAnswer } from "../../exchange/watched-answer.ts";
import { SettledLimit, type SettledLimitConfig } from "./settled.ts";

export interface BodySettledLimitConfig extends SettledLimitConfig {
  /** What `after` reads of the body. */
  readonly answer: AnswerValueConfig;
}

export const createBodySettledLimit = (config: BodySettledLimitConfig): BodySettledLimit => new BodySettledLimit(config);

/** A limit whose requests cost what the bodies of their answers say. */
class BodySettledLimit extends SettledLimit {
  readonly #answer: AnswerValueConfig;

  constructor(config: BodySettledLimitConfig) {
    super(config);
    this.#answer = config.answer;
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    const counted = this.counted(x);
    if (counted?.taken.passed !== true) return;
    // What is packed cannot be read as it passes.
    upstream.headers.delete("accept-encoding");
    upstream.headers.add("Accept-Encoding", "identity");
    const value = new AnswerValue(x, this.#answer);
    counted.value = value;
    watchAnswer(x, value);
  }

  override done(x: Exchange): void {
    const counted = this.counted(x);
    if (counted?.value !== undefined && x.answer?.source === "service") {
      x.answerValue = counted.value.read();
      counted.actual = this.actualCost(x);
    }
    super.done(x);
  }
}
