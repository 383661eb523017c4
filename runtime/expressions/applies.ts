import type { Exchange } from "../exchange/exchange.ts";
import { ExpressionError } from "./error.ts";

/**
 * Whether a step with the condition `when` runs. A condition without a value (an absent header, a division by zero)
 * decides nothing, so the step runs: a limit or a filter is not got around by leaving something out.
 */
export function applies(when: (x: Exchange) => boolean, x: Exchange): boolean {
  try {
    return when(x);
  } catch (error) {
    if (error instanceof ExpressionError) return true;
    throw error;
  }
}
