/**
 * An expression that has no value for this request: an absent field, a division by zero. Whoever evaluates the
 * expression refuses.
 *
 * It is no `Error`: nothing reads a stack here, and taking one would make hostile requests expensive.
 */
export class ExpressionError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }

  toString(): string {
    return `ExpressionError: ${this.message}`;
  }
}

/** Ends the expression; typed as a value so that it can stand in one. */
export function fail(message: string): never {
  throw new ExpressionError(message);
}
