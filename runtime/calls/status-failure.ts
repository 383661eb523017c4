import { retryAfter } from "../fields/retry-after.ts";
import type { Answer } from "./exchange.ts";
import { CallFailure } from "./failure.ts";

/** An answer came that is no success, which may say when to ask again. */
export function statusFailure({ headers }: Pick<Answer, "headers">, message: string): CallFailure {
  const asked = retryAfter(headers["retry-after"]);
  return Object.assign(new CallFailure("status", message), asked === undefined ? {} : { retryAfterMs: asked });
}
