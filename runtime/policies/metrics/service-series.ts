import type { AttemptRecord } from "../../exchange/exchange.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";
import { Durations } from "./durations.ts";
import { upstreamErrorKind } from "./error-kinds.ts";

/** What can come of an attempt; the first ones by the first digit of the status, the others as errors are numbered. */
const outcomes = [
  "1xx",
  "2xx",
  "3xx",
  "4xx",
  "5xx",
  "refused",
  "reset",
  "timeout",
  "unresolved",
  "broken",
  "other",
  "abandoned",
] as const;
/** The indices of two of them. */
const broken = 9;
const abandoned = 11;
/** From the index of an error kind to that of an outcome. */
const errorsFrom = 4;

/** What was counted for one service, attempt by attempt. */
export class ServiceSeries {
  readonly name: string;
  readonly #outcomes = new Float64Array(outcomes.length);
  readonly #responses: Durations;

  constructor(name: string, bounds: Float64Array, isNative: boolean) {
    this.name = name;
    this.#responses = new Durations(bounds, isNative);
  }

  count(attempt: AttemptRecord): void {
    this.#outcomes[outcomeOf(attempt)]!++;
    if (attempt.headAt > 0) this.#responses.observe((attempt.headAt - attempt.startedAt) / 1000);
  }

  get labels(): string {
    return label("service", this.name);
  }

  get attempts(): MetricFamily["samples"] {
    return outcomes.flatMap((outcome, index) => {
      const value = this.#outcomes[index]!;
      return value === 0 ? [] : [{ labels: `${this.labels},${label("outcome", outcome)}`, value }];
    });
  }

  get responses(): ReturnType<Durations["sample"]> {
    return this.#responses.sample(this.labels);
  }
}

function outcomeOf({ error, status, headAt }: AttemptRecord): number {
  if (error === "abandoned") return abandoned;
  if (error !== "") return headAt > 0 ? broken : errorsFrom + upstreamErrorKind(error);
  if (status >= 100 && status < 600) return Math.floor(status / 100) - 1;
  return broken;
}

export const serviceFamilies = (all: readonly ServiceSeries[], bounds: readonly number[]): MetricFamily[] => [
  {
    name: "gatewright_upstream_attempts_total",
    help: "Requests as they were sent to services, each try of one by itself, by what came of it.",
    type: "counter",
    samples: all.flatMap(({ attempts }) => attempts),
  },
  {
    name: "gatewright_upstream_response_seconds",
    help: "From the begin of an attempt, the wait for a connection included, to the head of the answer.",
    type: "histogram",
    samples: [],
    bounds,
    histograms: all.map(({ responses }) => responses),
  },
];
