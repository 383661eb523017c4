import { bucketLabel, decimal, type Matcher, series, span } from "../promql.ts";
import type { RecordingRule } from "../rule.ts";
import type { Objective } from "./objective.ts";
import { tiersOf } from "./tiers.ts";

/** What is recorded of an objective, with the span that it is a mean of: requests that count, and those that were bad. */
export const recorded = { all: "objective:gatewright_requests:rate", bad: "objective:gatewright_requests_bad:rate" } as const;

/** 1: nothing was spent in the window; 0: all of it; below: more. */
export const budgetLeft = "objective:gatewright_budget_left:ratio";

const day = 86_400_000;
const base = 300_000;

/** Labels of what is recorded of an objective. */
export const objectiveLabels = (
  job: string,
  { name, about }: Pick<Objective, "name" | "about">,
): Readonly<Record<string, string>> => ({
  job,
  objective: name,
  about,
});

/** Mean per second over a span, of one objective. */
export const recordedSeries = (what: keyof typeof recorded, window: number, labels: Readonly<Record<string, string>>): string =>
  series(
    `${recorded[what]}${span(window)}`,
    Object.entries(labels).map(([label, value]) => [label, "=", value] as const),
  );

/**
 * Rules for each span that alerts and dashboards look at. Spans of a day and more are means of what was recorded over five
 * minutes: one series is read instead of all those of the gateway.
 */
export function recordingsOf(objective: Objective, job: string): RecordingRule[] {
  const tiers = tiersOf(objective);
  const windows = new Set([base, ...tiers.flatMap(({ long, short }) => [short, long]), objective.window]);
  const labels = objectiveLabels(job, objective);
  const counted = objective.bound === undefined ? availability : latency;
  const rates = [...windows]
    .sort((a, b) => a - b)
    .flatMap((window) => {
      const means = (what: keyof typeof recorded): string =>
        `avg_over_time(${recordedSeries(what, base, labels)}[${span(window)}])`;
      const { all, bad } =
        window < day
          ? counted([["job", "=", job], ...objective.matchers], span(window), objective)
          : { all: means("all"), bad: means("bad") };
      return [
        { record: `${recorded.all}${span(window)}`, expr: all, labels },
        { record: `${recorded.bad}${span(window)}`, expr: bad, labels },
      ];
    });
  const [bad, all] = (["bad", "all"] as const).map((what) => recordedSeries(what, objective.window, labels));
  // Without requests nothing was spent, and nothing is said: 0/0 would be a panel with NaN.
  return [...rates, { record: budgetLeft, expr: `1 - ${bad} / (${all} > 0) / ${decimal(objective.budget)}`, labels }];
}

interface Counted {
  readonly all: string;
  readonly bad: string;
}

function availability(matchers: readonly Matcher[], over: string): Counted {
  const { all, bad } = statuses;
  const rate = (status: string): string => `sum(rate(${requests(matchers, status)}[${over}]))`;
  // No failure yet is no series yet; without any request there is nothing to say.
  return { all: rate(all), bad: `${rate(bad)} or ${rate(all)} * 0` };
}

/**
 * Which answers count: 1xx to 3xx are good, 5xx are bad, whoever made them. What the client did wrong (4xx, 401 and 429 of the
 * gateway among them) and requests whose client left say nothing of the gateway: a flood of them would hide failures.
 */
export const statuses = { all: "[1235]..", good: "[123]..", bad: "5.." } as const;

export const requests = (matchers: readonly Matcher[], status: string): string =>
  series("gatewright_requests_total", [...matchers, ["status", "=~", status]]);

function latency(matchers: readonly Matcher[], over: string, { bound = 0 }: Objective): Counted {
  const rate = (counter: string): string => `sum(rate(${counter}[${over}]))`;
  const { all, good } = durations(matchers, bound);
  return { all: rate(all), bad: `clamp_min(${rate(all)} - ${rate(good)}, 0)` };
}

/** Every request counts that has ended, whatever the answer: an objective is a bucket's upper bound, so nothing is guessed. */
export const durations = (matchers: readonly Matcher[], bound: number): { readonly all: string; readonly good: string } => ({
  all: series("gatewright_request_duration_seconds_count", matchers),
  good: series("gatewright_request_duration_seconds_bucket", [...matchers, bucketLabel(bound / 1000)]),
});
