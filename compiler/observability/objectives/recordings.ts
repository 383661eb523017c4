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
          ? counted([["job", "=", job], ...objective.matchers], window, objective)
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

/** Labels that the gateway gives its series; all others are those of the target that was scraped. */
const ownLabels = ["operation", "api", "version", "service", "method", "status", "le"];

/** What every scrape has, with the labels of its target alone. */
const always = "gatewright_connections_limit";

/**
 * Mean per second over a window. A series begins with the first request of its kind, and `rate` sees no increase in what it
 * begins with: ten failures between two scrapes would be none. So that counts as well where the same target was scraped a
 * window before and had no such series, which then began at 0. A Prometheus that is new, or a target with other labels, knows
 * nothing of when what it finds was counted. A bucket is the same one as `1` and as `1.0`.
 */
function meanOf(counter: string, [job]: readonly Matcher[], window: number): string {
  const over = span(window);
  const began = `min_over_time(${counter}[${over}]) unless ignoring(le) ${counter} offset ${over}`;
  const wasScraped = `and ignoring(${ownLabels.join(", ")}) ${series(always, [job!])} offset ${over}`;
  return `sum(rate(${counter}[${over}]) or label_replace((${began}) / ${window / 1000} ${wasScraped}, "from", "0", "", ""))`;
}

function availability(matchers: readonly Matcher[], window: number): Counted {
  const { all, bad } = statuses;
  const rate = (status: string): string => meanOf(requests(matchers, status), matchers, window);
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

function latency(matchers: readonly Matcher[], window: number, { bound = 0 }: Objective): Counted {
  const rate = (counter: string): string => meanOf(counter, matchers, window);
  const { all, good } = durations(matchers, bound);
  return { all: rate(all), bad: `clamp_min(${rate(all)} - ${rate(good)}, 0)` };
}

/** Every request counts that has ended, whatever the answer: an objective is a bucket's upper bound, so nothing is guessed. */
export const durations = (matchers: readonly Matcher[], bound: number): { readonly all: string; readonly good: string } => ({
  all: series("gatewright_request_duration_seconds_count", matchers),
  good: series("gatewright_request_duration_seconds_bucket", [...matchers, bucketLabel(bound / 1000)]),
});
