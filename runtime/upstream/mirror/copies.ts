import type { Exchange } from "../../exchange/exchange.ts";
import type { CopyListener, Copies as Mirroring, MirrorOrder, RequestCopy } from "../../exchange/mirroring.ts";
import type { HttpExchange, ServerState } from "../../http/http-exchange.ts";
import { changedRequestText } from "../changed-request.ts";
import { Copy } from "./copy.ts";

export const createCopies = (order: MirrorOrder): Copies => new Copies(order);

/** The copies of one mirror that are not over. Whoever begins them bounds their number. */
export class Copies<Listener extends CopyListener = CopyListener> implements Mirroring<Listener> {
  readonly order: MirrorOrder;
  readonly #inFlight = new Set<Copy>();
  #of: ServerState | undefined = undefined;
  #state: ServerState | undefined = undefined;

  constructor(order: MirrorOrder) {
    this.order = order;
  }

  begin(exchange: Exchange, listener: Listener): RequestCopy {
    // Every exchange of a running gateway is made by the server of `runtime/http`.
    const copy = this.make(exchange as HttpExchange, listener);
    this.#inFlight.add(copy);
    copy.begin();
    return copy;
  }

  protected make(x: HttpExchange, listener: Listener): Copy {
    return new Copy(x, this, listener);
  }

  ended(copy: Copy): void {
    this.#inFlight.delete(copy);
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
