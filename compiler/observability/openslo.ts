import { durationText } from "../text/duration-text.ts";
import type { Facts } from "./facts.ts";
import type { Objective } from "./objectives/objective.ts";
import { durations, requests, statuses } from "./objectives/recordings.ts";
import { resourceName } from "./scrape.ts";

/**
 * OpenSLO v1, the part of it that its readers have in common: one objective each, a ratio of counters, occurrences in a rolling
 * window. Queries name the counters themselves, for readers without our recording rules.
 */
export const openSloDocuments = (facts: Facts): readonly object[] => [
  {
    apiVersion: "openslo/v1",
    kind: "Service",
    metadata: { name: resourceName(facts.name), displayName: facts.name },
    spec: { description: `The gateway ${facts.name}` },
  },
  ...named(facts.objectives).map(([name, objective]) => slo(name, objective, facts)),
];

function slo(name: string, objective: Objective, facts: Facts): object {
  const matchers = [facts.job, ...objective.matchers];
  const { all, good } =
    objective.bound === undefined
      ? { all: requests(matchers, statuses.all), good: requests(matchers, statuses.good) }
      : durations(matchers, objective.bound);
  const source = (counter: string): object => ({ metricSource: { type: "Prometheus", spec: { query: `sum(${counter})` } } });
  return {
    apiVersion: "openslo/v1",
    kind: "SLO",
    metadata: { name, displayName: `${objective.name} ${objective.about}` },
    spec: {
      description: `${objective.promise}, over ${durationText(objective.window)}: ${objective.operations.length} operations`,
      service: resourceName(facts.name),
      indicator: {
        metadata: { name: `${name}-requests` },
        spec: { ratioMetric: { counter: true, good: source(good), total: source(all) } },
      },
      timeWindow: [{ duration: durationText(objective.window), isRolling: true }],
      budgetingMethod: "Occurrences",
      objectives: [{ displayName: objective.promise, target: Number((1 - objective.budget).toPrecision(10)) }],
    },
  };
}

/** Names of resources are shorter than ours: where two become one, they are numbered. */
function named(objectives: readonly Objective[]): readonly (readonly [string, Objective])[] {
  const taken = new Map<string, number>();
  return objectives.map((objective) => {
    const name = resourceName(`${objective.name}-${objective.about}`);
    const known = taken.get(name) ?? 0;
    taken.set(name, known + 1);
    return [known === 0 ? name : `${name.slice(0, 60)}-${known + 1}`, objective];
  });
}
