import type { MetricFamily } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";

const outcomes = {
  /** Sent to the service. */
  first: 0,
  replayed: 0,
  conflict: 0,
  mismatch: 0,
  /** Refused, since nobody knows what came of the first one. */
  unknown: 0,
  notKept: 0,
  missing: 0,
  malformed: 0,
  unavailable: 0,
  /** Sent to the service, and nobody knows what came of it. */
  lost: 0,
};

/** What came of requests to one operation, by their keys. */
export class KeyCounts {
  readonly #operation: string;
  readonly #counts = { ...outcomes };

  constructor(operation: string) {
    this.#operation = operation;
  }

  add(outcome: keyof typeof outcomes): void {
    this.#counts[outcome]++;
  }

  metrics(): readonly MetricFamily[] {
    const operation = label("operation", this.#operation);
    return [
      {
        name: "gatewright_idempotency_total",
        help: "Requests with an Idempotency-Key, or without one that they need, by what came of them: first (sent to the service), replayed, conflict, mismatch, unknown, notKept, missing, malformed, unavailable (the store did not answer); lost: those among the first of which nobody knows whether they were carried out.",
        type: "counter",
        samples: Object.entries(this.#counts).map(([outcome, value]) => ({
          labels: `${operation},${label("outcome", outcome)}`,
          value,
        })),
      },
    ];
  }
}
