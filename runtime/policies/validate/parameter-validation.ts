import type { Exchange } from "../../exchange.ts";
import { ParameterProblems } from "../../parameters/problems.ts";
import { refuseInvalid } from "./refuse-invalid.ts";

/**
 * An emitted function: whether all parameters are as declared. With null it stops at the first that is not; with a
 * collector it says what is wrong.
 */
export type ParameterReader = ((x: Exchange, problems: ParameterProblems | null) => boolean) & { readonly __parameterReader: true };

export interface ParameterValidationConfig {
  readonly read: ParameterReader;
  readonly maxViolations: number;
}

export class ParameterValidation {
  readonly #read: ParameterReader;
  readonly #maxViolations: number;

  constructor({ read, maxViolations }: ParameterValidationConfig) {
    this.#read = read;
    this.#maxViolations = maxViolations;
  }

  request(x: Exchange): boolean {
    if (this.#read(x, null)) return false;
    const problems = new ParameterProblems(this.#maxViolations);
    this.#read(x, problems);
    return refuseInvalid(x, problems.list);
  }
}
