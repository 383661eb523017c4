import type { Exchange } from "../exchange/exchange.ts";
import { ExpressionError } from "./error.ts";

/** Whether a condition is true. One without a value (an absent header, a division by zero) is not. */
export function holds(condition: (x: Exchange) => boolean, x: Exchange): boolean {
  try {
    return condition(x);
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}
