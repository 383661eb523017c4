import type { Exchange } from "../exchange/exchange.ts";
import { ExpressionError } from "./error.ts";

/** What an expression gives for the exchange; undefined where it has no value (an absent field, a division by zero). */
export function valueOf<T>(expression: (x: Exchange) => T, x: Exchange): T | undefined {
  try {
    return expression(x);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
