import { FixedAnswer, type FixedAnswerConfig } from "../../answers/fixed-answer.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { KeptBody } from "../carrier.ts";
import type { ForwardConfig } from "../forward.ts";
import type { ProtocolSwitch } from "../origin-request.ts";

/** What requests get while the service cannot be asked. */
export interface Fallback {
  /** Answers, or sends the request elsewhere. `kept`: what was sent of its body before. False: it cannot. */
  take(x: HttpExchange, config: ForwardConfig, protocolSwitch: ProtocolSwitch | undefined, kept: KeptBody | undefined): boolean;
}

export const createFallbackAnswer = (config: FixedAnswerConfig): Fallback => {
  const answer = new FixedAnswer(config, "fallback");
  return {
    take(x) {
      answer.give(x);
      x.sendAnswer();
      return true;
    },
  };
};
