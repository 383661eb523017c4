import type { Exchange, StartValue } from "../exchange/exchange.ts";
import { assertFieldValue } from "../fields/field-value.ts";
import { HeaderList } from "../fields/header-list.ts";

export interface FixedAnswerConfig {
  readonly status: number;
  readonly headers: readonly { readonly name: string; readonly value: StartValue }[];
  readonly body: StartValue;
}

/** An answer that is always the same. Throws a `StartError` where a value from the environment cannot be sent. */
export class FixedAnswer {
  readonly #config: FixedAnswerConfig;
  readonly #source: string;
  readonly #lines: readonly string[];

  /** `source`: who gives it. */
  constructor(config: FixedAnswerConfig, source: string) {
    for (const { name, value } of config.headers) assertFieldValue(name, value);
    this.#config = config;
    this.#source = source;
    this.#lines = config.headers.flatMap(({ name, value }) => [name, value]);
  }

  give(x: Exchange): void {
    const { status, body } = this.#config;
    x.answer = { status, headers: new HeaderList(this.#lines.slice()), body, source: this.#source };
  }
}
