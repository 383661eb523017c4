import { BodyBudget, defaultBodyMemory, Hold } from "../body/hold.ts";
import type { HttpExchange } from "./http-exchange.ts";

/** What the exchange holds of bodies; made for the first that does, and so is the budget. */
export function holdOf(x: HttpExchange): Hold {
  x.held ??= ownHold(x);
  return x.held;
}

/** For what is held longer than the exchange lasts: whoever asks gives it back. */
export function ownHold({ state }: HttpExchange): Hold {
  const { load, workers, gateway } = state;
  load.bodies ??= new BodyBudget(gateway.listeners.public.limits?.bodyMemory ?? defaultBodyMemory(workers));
  return new Hold(load.bodies);
}
