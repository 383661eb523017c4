import type { Answer, Exchange, Expression } from "../../exchange/exchange.ts";
import { jsonOf } from "../../expressions/json-of.ts";
import { valueOf } from "../../expressions/value-of.ts";

export interface ErrorsConfig {
  /** Makes the body of the problem in `x.answer`. */
  readonly body: Expression<unknown>;
  readonly contentType: string;
  /** The body is text as it is; otherwise it is sent as JSON. */
  readonly isText: boolean;
}

/** An expression without a value (an absent field) leaves the problem details as they are. */
export function reshape(x: Exchange, answer: Answer, { body, contentType, isText }: ErrorsConfig): void {
  const value = valueOf(body, x);
  if (value === undefined) return;
  const { status, headers, source, problem } = answer;
  headers.set("Content-Type", contentType);
  x.answer = { status, headers, body: isText ? String(value) : JSON.stringify(jsonOf(value)), source, problem: problem! };
}
