import { refuse } from "../../answers/problem.ts";
import type { Exchange, Expression } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import { notAuthorized } from "./refusals.ts";

export interface AuthorizeConfig {
  readonly require: Expression<boolean>;
  readonly detail: string | undefined;
}

export const createAuthorize = (config: AuthorizeConfig): Authorize => new Authorize(config);

class Authorize {
  readonly #require: Expression<boolean>;
  readonly #detail: string | undefined;

  constructor({ require, detail }: AuthorizeConfig) {
    this.#require = require;
    this.#detail = detail;
  }

  request(x: Exchange): boolean {
    // A condition without a value decides nothing, so it does not let anybody through.
    if (valueOf(this.#require, x) === true) return false;
    return refuse(x, notAuthorized(this.#detail));
  }
}
