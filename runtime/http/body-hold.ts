import { BodyBudget, defaultBodyMemory, Hold } from "../body/hold.ts";
import type { HttpExchange } from "./http-exchange.ts";

/** What the exchange holds of bodies; made for the first that does, and so is the budget. */
export function holdOf(x: HttpExchange): Hold {
  if (x.held === undefined) {
    const { load, workers, gateway } = x.state;
    load.bodies ??= new BodyBudget(gateway.listeners.public.limits?.bodyMemory ?? defaultBodyMemory(workers));
    x.held = new Hold(load.bodies);
  }
  return x.held;
}
