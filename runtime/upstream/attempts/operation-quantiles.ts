import type { Exchange } from "../../exchange/exchange.ts";
import type { Attempt } from "./attempt.ts";
import { LatencyQuantile } from "./latency-quantile.ts";
import type { Outcome } from "./outcome.ts";
import type { AttemptWatcher } from "./watcher.ts";

/** How long answers of operations take that go by their own, of which there are as many as the gateway has. */
export class OperationQuantiles implements AttemptWatcher {
  readonly #known = new Map<string, LatencyQuantile>();

  /** Milliseconds within which this share of the operation's answers began; undefined while too little is known. */
  of({ operation }: Exchange, share: number): number | undefined {
    let known = this.#known.get(operation.id);
    if (known === undefined) {
      known = new LatencyQuantile(share);
      this.#known.set(operation.id, known);
    }
    return known.value;
  }

  ended(attempt: Attempt, outcome: Outcome, { operation }: Exchange): void {
    this.#known.get(operation.id)?.ended(attempt, outcome);
  }
}
