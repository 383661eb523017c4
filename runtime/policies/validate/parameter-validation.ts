import { AcceptCheck } from "../../body/accept.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { ParameterProblems } from "../../parameters/problems.ts";
import { refuseInvalid } from "./refuse-invalid.ts";

/**
 * An emitted function: whether all parameters are as declared. With null it stops at the first that is not; with a
 * collector it says what is wrong.
 */
export type ParameterReader = ((x: Exchange, problems: ParameterProblems | null) => boolean) & {
  readonly __emitted: "parameterReader";
};

export interface ParameterValidationConfig {
  /** Media types of success responses; null where any may come. */
  readonly accept: readonly string[] | null;
  readonly read: ParameterReader | null;
  readonly maxViolations: number;
}

export class ParameterValidation {
  readonly #accept: AcceptCheck | null;
  readonly #read: ParameterReader | null;
  readonly #maxViolations: number;

  constructor({ accept, read, maxViolations }: ParameterValidationConfig) {
    this.#accept = accept === null ? null : new AcceptCheck(accept);
    this.#read = read;
    this.#maxViolations = maxViolations;
  }

  request(x: Exchange): boolean {
    const read = this.#read;
    if (read !== null && !read(x, null)) {
      const problems = new ParameterProblems(this.#maxViolations);
      read(x, problems);
      return refuseInvalid(x, problems.list);
    }
    return this.#accept?.refuses(x, "validate") === true;
  }
}
