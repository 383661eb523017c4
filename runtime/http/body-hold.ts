import { BodyBudget, defaultBodyMemory, Hold } from "../body/hold.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { HttpExchange } from "./http-exchange.ts";

/** What the exchange holds of bodies; made for the first that does, and so is the budget. */
export const holdOf = (x: HttpExchange): Hold => (x.held ??= openHold(x));

/** What somebody holds for longer than the exchange: whoever takes of it gives it back. */
export const openHold = (x: Exchange): Hold => new Hold(budgetOf(x));

/** Of the process. */
export function budgetOf(exchange: Exchange): BodyBudget {
  // Every exchange of a running gateway is made by the server of `runtime/http`.
  const { load, workers, gateway } = (exchange as HttpExchange).state;
  load.bodies ??= new BodyBudget(gateway.listeners.public.limits?.bodyMemory ?? defaultBodyMemory(workers));
  return load.bodies;
}
