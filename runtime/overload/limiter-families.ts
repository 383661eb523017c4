import type { MetricFamily } from "../gateway/metrics.ts";
import { label } from "../metrics/label.ts";
import type { ShedCounts } from "./limiter.ts";
import { priorityNames } from "./priority.ts";

/** What is told of a limiter, or of all those of one limit together. */
export interface LimiterFigures {
  readonly limit: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly shed: ShedCounts;
}

/** Metrics of limiters by name. */
export function limiterFamilies(limiters: ReadonlyMap<string, LimiterFigures>): readonly MetricFamily[] {
  const all = [...limiters].map(([name, figures]) => ({ labels: label("limit", name), figures }));
  const gauge = (name: string, help: string, value: (figures: LimiterFigures) => number): MetricFamily => ({
    name: `gatewright_concurrency_${name}`,
    help,
    type: "gauge",
    samples: all.map(({ labels, figures }) => ({ labels, value: value(figures) })),
  });
  return [
    gauge("limit", "Most requests that may be under way at a time.", ({ limit }) => limit),
    gauge("in_flight", "Requests that are under way.", ({ inFlight }) => inFlight),
    gauge("queued", "Requests that wait for others to end.", ({ waiting }) => waiting),
    {
      name: "gatewright_concurrency_shed_total",
      help: "Requests that were refused, by their priority and the reason.",
      type: "counter",
      samples: all.flatMap(({ labels, figures }) => shedSamples(labels, figures.shed)),
    },
  ];
}

/** Only what has happened: most limits are seldom reached. */
const shedSamples = (labels: string, shed: ShedCounts): MetricFamily["samples"] =>
  Object.entries(shed).flatMap(([reason, byClass]) =>
    priorityNames.flatMap((name, index) => {
      const value = byClass[index]!;
      const of = `${labels},${label("priority", name)},${label("reason", reason)}`;
      return value === 0 ? [] : [{ labels: of, value }];
    }),
  );
