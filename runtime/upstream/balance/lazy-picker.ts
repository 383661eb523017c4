import type { Exchange } from "../../exchange/exchange.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Picker } from "../load-balancer.ts";

/**
 * One that is made for the first request that needs it: of the parts of a set, many get none, and to make those of thousands of
 * endpoints all at once would keep requests waiting.
 */
export class LazyPicker implements Picker {
  readonly #make: () => Picker;
  #made: Picker | undefined = undefined;

  constructor(make: () => Picker) {
    this.#make = make;
  }

  pick(x: Exchange): Endpoint {
    return (this.#made ??= this.#make()).pick(x);
  }

  another(x: Exchange, tried: readonly Endpoint[]): Endpoint | undefined {
    return (this.#made ??= this.#make()).another(x, tried);
  }
}
