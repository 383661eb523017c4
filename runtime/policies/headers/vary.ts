import type { Exchange } from "../../exchange/exchange.ts";
import { addVary } from "../../fields/vary.ts";

export interface VaryConfig {
  /** Request fields that decided which operation a request got. */
  readonly names: readonly string[];
}

export const createVary = (config: VaryConfig): Vary => new Vary(config);

/** A cache must not give the answer to requests that another operation would get (RFC 9110 §12.5.5). */
class Vary {
  readonly #names: readonly string[];

  constructor({ names }: VaryConfig) {
    this.#names = names;
  }

  response(x: Exchange): void {
    for (let index = 0; index < this.#names.length; index++) addVary(x.answer!.headers, this.#names[index]!);
  }
}
