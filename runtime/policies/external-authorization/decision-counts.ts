import type { MetricFamily } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";
import type { Verdict } from "./protocol.ts";

/** Seconds; upper bounds of the histogram. */
const bounds = [0.005, 0.025, 0.1, 0.5, 2.5] as const;

const outcomes = {
  allow: "allowed",
  refuse: "refused",
  unclear: "unclear",
  outOfReach: "unreachable",
} as const satisfies Readonly<Record<Verdict["kind"], string>>;

/** What came of requests that a decision service has a say in, and how long it took to answer. */
export class DecisionCounts {
  readonly #service: string;
  readonly #verdicts = { allow: 0, refuse: 0, unclear: 0, outOfReach: 0 };
  /** How many answers came within each of the bounds and not within the one before; the last: later than all. */
  readonly #within: number[] = [0, ...bounds.map(() => 0)];
  #seconds = 0;
  #kept = 0;

  /** @param service whom it asks, without query */
  constructor(service: string) {
    this.#service = service;
  }

  /** `isKept`: from the cache. */
  decided(kind: Verdict["kind"], isKept: boolean): void {
    this.#verdicts[kind]++;
    if (isKept) this.#kept++;
  }

  /** It was asked, and answered or did not. */
  asked(milliseconds: number): void {
    const seconds = milliseconds / 1_000;
    this.#seconds += seconds;
    const index = bounds.findIndex((bound) => seconds <= bound);
    this.#within[index < 0 ? bounds.length : index]!++;
  }

  metrics(pending: number): readonly MetricFamily[] {
    const service = label("service", this.#service);
    return [
      {
        name: "gatewright_decisions_total",
        help: "Requests by what a decision service said of them: allowed, refused, unclear (no decision in its answer), unreachable.",
        type: "counter",
        samples: Object.entries(outcomes).map(([kind, outcome]) => ({
          labels: `${service},${label("outcome", outcome)}`,
          value: this.#verdicts[kind as Verdict["kind"]],
        })),
      },
      {
        name: "gatewright_decisions_kept_total",
        help: "Requests among them that a decision in the cache was about.",
        type: "counter",
        samples: [{ labels: service, value: this.#kept }],
      },
      {
        name: "gatewright_decision_questions",
        help: "Questions that a decision service has not answered yet.",
        type: "gauge",
        samples: [{ labels: service, value: pending }],
      },
      {
        name: "gatewright_decision_duration_seconds",
        help: "How long questions to a decision service took, also those without an answer.",
        type: "histogram",
        samples: [],
        bounds,
        histograms: [{ labels: service, counts: [...this.#within], sum: this.#seconds }],
      },
    ];
  }
}
