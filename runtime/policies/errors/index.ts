import type { Exchange } from "../../exchange/exchange.ts";
import { type ErrorsConfig, reshape } from "./reshape.ts";

export { type AreaErrorsConfig, createAreaErrors } from "./areas.ts";
export type { ErrorsConfig } from "./reshape.ts";

export const createErrors = (config: ErrorsConfig): Errors => new Errors(config);

/** Gives refusals of the gateway the shape that the API's own errors have. */
class Errors {
  readonly #config: ErrorsConfig;

  constructor(config: ErrorsConfig) {
    this.#config = config;
  }

  response(x: Exchange): void {
    const answer = x.answer!;
    if (answer.problem !== undefined) reshape(x, answer, this.#config);
  }
}
