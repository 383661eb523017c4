import type { Exchange, StartValue } from "../../exchange/exchange.ts";
import { assertFieldValue } from "../../fields/field-value.ts";
import { HeaderList } from "../../fields/header-list.ts";

export interface RespondConfig {
  readonly status: number;
  readonly headers: readonly { readonly name: string; readonly value: StartValue }[];
  readonly body: StartValue;
}

export const createRespond = (config: RespondConfig): Respond => new Respond(config);

class Respond {
  readonly #status: number;
  readonly #lines: readonly string[];
  readonly #body: string;

  constructor(config: RespondConfig) {
    for (const { name, value } of config.headers) assertFieldValue(name, value);
    this.#status = config.status;
    this.#lines = config.headers.flatMap(({ name, value }) => [name, value]);
    this.#body = config.body;
  }

  request(x: Exchange): boolean {
    x.answer = { status: this.#status, headers: new HeaderList(this.#lines.slice()), body: this.#body, source: "respond" };
    return true;
  }
}
