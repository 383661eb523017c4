import type { Exchange } from "../exchange/exchange.ts";
import type { Endpoint } from "./endpoint.ts";

/** How a service chooses among its endpoints. */
export interface LoadBalancer {
  /**
   * Chooses among `endpoints` from now on, of which there is at least one; asked again whenever they change. `all`: those that
   * cannot be chosen at the moment among them.
   */
  over(endpoints: readonly Endpoint[], all: readonly Endpoint[]): Picker;
}

/** Chooses among endpoints that do not change. */
export interface Picker {
  /** The endpoint for a request. */
  pick(x: Exchange): Endpoint;
  /** One for a further attempt, that was not tried; undefined where all were. */
  another(x: Exchange, tried: readonly Endpoint[]): Endpoint | undefined;
}

/** How endpoints are chosen for the requests of a service, of which some may find none. */
export interface Chooser {
  over(endpoints: readonly Endpoint[], all: readonly Endpoint[]): Choice;
}

export interface Choice extends Pick<Picker, "another"> {
  /** Undefined: there are endpoints, and none of them is for this request. */
  pick(x: Exchange): Endpoint | undefined;
}

/** The endpoints that were not tried. */
export const untried = (endpoints: readonly Endpoint[], tried: readonly Endpoint[]): Endpoint[] =>
  endpoints.filter((endpoint) => !tried.includes(endpoint));
