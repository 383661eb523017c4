import type { Exchange } from "../../exchange/exchange.ts";
import { clock } from "../../life/clock.ts";
import type { Endpoint } from "../endpoint.ts";
import type { LoadBalancer, Picker } from "../load-balancer.ts";

export interface SlowStartConfig {
  readonly loadBalancer: LoadBalancer;
  /** Milliseconds in which an endpoint that gets requests again comes to its whole share. */
  readonly slowStart: number;
}

/** Share of its share with which an endpoint begins: one that gets nothing would never be warm. */
const least = 0.1;

/** Gives an endpoint that has come back its share little by little, whatever the load balancer. */
export const createSlowStart = ({ loadBalancer, slowStart }: SlowStartConfig): LoadBalancer => ({
  over: (endpoints, all) => {
    const picker = loadBalancer.over(endpoints, all);
    // Where all have come back at once, nobody would be spared.
    return endpoints.length < 2 ? picker : new GentlePicker(picker, slowStart);
  },
});

class GentlePicker implements Picker {
  readonly #picker: Picker;
  readonly #ms: number;

  constructor(picker: Picker, ms: number) {
    this.#picker = picker;
    this.#ms = ms;
  }

  pick(x: Exchange): Endpoint {
    const endpoint = this.#picker.pick(x);
    return this.#isReady(endpoint) ? endpoint : (this.#picker.another(x, [endpoint]) ?? endpoint);
  }

  another(x: Exchange, tried: readonly Endpoint[]): Endpoint | undefined {
    return this.#picker.another(x, tried);
  }

  #isReady({ backSince }: Endpoint): boolean {
    if (backSince === undefined) return true;
    const share = (clock.monotonic() - backSince) / this.#ms;
    return share >= 1 || Math.random() < Math.max(least, share);
  }
}
