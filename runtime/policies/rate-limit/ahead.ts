import type { Exchange } from "../../exchange/exchange.ts";
import { isFailed } from "../../stores/store.ts";
import type { Asked, RateLimit } from "./index.ts";

/**
 * Asks what the step of the limit will ask, so that limits in a row are asked together. False: the request is refused, and
 * there is nothing to ask further limits for.
 */
export function ahead(x: Exchange, limit: RateLimit): boolean {
  const asked = limit.ask(x);
  if (asked === undefined) return true;
  x.slots[limit.slot] = { ...asked, giveBack: once(() => void giveBack(asked)) } satisfies Asked;
  return asked.given instanceof Promise || (!isFailed(asked.given) && asked.given.passed);
}

/** An earlier limit has refused: nobody waits for this one. */
async function giveBack({ rule, key, cost, given }: Asked): Promise<void> {
  const taken = await given;
  if (!isFailed(taken) && taken.passed && cost > 0) rule.counters.settle(key, cost, taken.at, 0);
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
