import type { Exchange, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";

export interface ConcealmentConfig {
  readonly schemes: readonly SecurityScheme[];
}

/** For operations that ask for no credentials, and whose clients have some for others. */
export const createConcealment = ({ schemes }: ConcealmentConfig): Concealment => new Concealment(schemes);

class Concealment {
  readonly #schemes: readonly SecurityScheme[];

  constructor(schemes: readonly SecurityScheme[]) {
    this.#schemes = schemes;
  }

  upstreamRequest(_x: Exchange, upstream: UpstreamRequest): void {
    for (let index = 0; index < this.#schemes.length; index++) this.#schemes[index]!.conceal(upstream);
  }
}
