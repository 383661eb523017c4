import type { Exchange, StartValue } from "../../exchange/exchange.ts";
import { assertFieldValue } from "../../fields/field-value.ts";
import { HeaderList } from "../../fields/header-list.ts";
import type { Service } from "../service.ts";

/** What requests get while the service cannot be asked: the answer of another service, or always the same. */
export type Fallback = { readonly service: Service } | FixedAnswer;

export interface FixedAnswerConfig {
  readonly status: number;
  readonly headers: readonly { readonly name: string; readonly value: StartValue }[];
  readonly body: StartValue;
}

export const createFixedAnswer = (config: FixedAnswerConfig): FixedAnswer => new FixedAnswer(config);

export class FixedAnswer {
  readonly #status: number;
  readonly #lines: readonly string[];
  readonly #body: string;

  constructor({ status, headers, body }: FixedAnswerConfig) {
    for (const { name, value } of headers) assertFieldValue(name, value);
    this.#status = status;
    this.#lines = headers.flatMap(({ name, value }) => [name, value]);
    this.#body = body;
  }

  give(x: Exchange): void {
    x.answer = { status: this.#status, headers: new HeaderList(this.#lines.slice()), body: this.#body, source: "fallback" };
  }
}
