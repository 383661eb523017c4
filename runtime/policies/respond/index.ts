import { FixedAnswer, type FixedAnswerConfig } from "../../answers/fixed-answer.ts";
import type { Exchange } from "../../exchange/exchange.ts";

export type RespondConfig = FixedAnswerConfig;

export const createRespond = (config: RespondConfig): Respond => new Respond(config);

class Respond {
  readonly #answer: FixedAnswer;

  constructor(config: RespondConfig) {
    this.#answer = new FixedAnswer(config, "respond");
  }

  request(x: Exchange): boolean {
    this.#answer.give(x);
    return true;
  }
}
