import type { Exchange } from "../../exchange/exchange.ts";
import type { CopyEnd, Copies as Mirroring, MirrorOrder, RequestCopy } from "../../exchange/mirroring.ts";
import type { HttpExchange, ServerState } from "../../http/http-exchange.ts";
import { changedRequestText } from "../changed-request.ts";
import { Copy } from "./copy.ts";

export const createCopies = (order: MirrorOrder): Copies => new Copies(order);

/** The copies of one mirror that are not over. Whoever begins them bounds their number. */
export class Copies implements Mirroring {
  readonly order: MirrorOrder;
  readonly #inFlight = new Set<Copy>();
  #of: ServerState | undefined = undefined;
  #state: ServerState | undefined = undefined;

  constructor(order: MirrorOrder) {
    this.order = order;
  }

  begin(exchange: Exchange, ended: (end: CopyEnd, status: number) => void): RequestCopy {
    // Every exchange of a running gateway is made by the server of `runtime/http`.
    const copy = new Copy(exchange as HttpExchange, this, (end, status) => {
      this.#inFlight.delete(copy);
      ended(end, status);
    });
    this.#inFlight.add(copy);
    copy.begin();
    return copy;
  }

  end(): void {
    for (const copy of this.#inFlight) copy.giveUp("failed");
  }

  /**
   * For copies of requests in this state: they are no requests of a client to the limits and the figures of the listener, and the
   * time of the request is not theirs. Bodies in memory are counted all the same.
   */
  stateOf(state: ServerState): ServerState {
    if (this.#of !== state) {
      const { gateway, load } = state;
      this.#of = state;
      this.#state = {
        ...state,
        time: undefined,
        load: { ...load, requests: 0 },
        gateway: { ...gateway, parts: { ...gateway.parts, changedRequestText } },
      };
    }
    // Made for the first body that is held.
    this.#state!.load.bodies = state.load.bodies;
    return this.#state!;
  }
}
