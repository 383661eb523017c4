import { AnswerValue, type AnswerValueConfig } from "../../body/answer-value.ts";
import type { AnswerHooks, AnswerInterest, AnswerStream } from "../../exchange/answer-hooks.ts";
import type { Exchange, UpstreamRequest } from "../../exchange/exchange.ts";
import type { Counted } from "./index.ts";
import { SettledLimit, type SettledLimitConfig } from "./settled.ts";

export interface BodySettledLimitConfig extends SettledLimitConfig {
  /** What `after` reads of the body. */
  readonly answer: AnswerValueConfig;
}

export const createBodySettledLimit = (config: BodySettledLimitConfig): BodySettledLimit => new BodySettledLimit(config);

/** A limit whose requests cost what the bodies of their answers say. */
class BodySettledLimit extends SettledLimit implements AnswerHooks {
  readonly #answer: AnswerValueConfig;

  constructor(config: BodySettledLimitConfig) {
    super(config);
    this.#answer = config.answer;
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    if (this.#passed(x) === undefined) return;
    // What is packed cannot be read as it passes.
    upstream.headers.delete("accept-encoding");
    upstream.headers.add("Accept-Encoding", "identity");
  }

  answerHead(x: Exchange): AnswerInterest {
    const counted = this.#passed(x);
    if (counted === undefined) return undefined;
    counted.value = new AnswerValue(this.#answer);
    return counted.value.answerHead(x);
  }

  answerStream(x: Exchange): AnswerStream | undefined {
    return this.#passed(x)?.value?.answerStream(x);
  }

  #passed(x: Exchange): Counted | undefined {
    const counted = this.counted(x);
    return counted?.taken.passed === true ? counted : undefined;
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
