import type { Facts } from "../facts.ts";
import { budgetLeft } from "../objectives/recordings.ts";
import { series } from "../promql.ts";
import { type Dashboard, quantile, rate, shown, sumBy } from "./dashboard.ts";
import type { Panel } from "./panel.ts";

/** One look at night: is something wrong, and where. */
export function overviewDashboard(facts: Facts): Dashboard {
  const requests = sumBy("", rate(facts, "gatewright_requests_total"));
  const failed = sumBy("", rate(facts, "gatewright_requests_total", ["status", "=~", "5.."]));
  const panels: Panel[] = [
    { title: "Requests", type: "stat", unit: "reqps", width: 6, queries: [{ expr: requests }] },
    {
      title: "Answers with 5xx",
      type: "stat",
      unit: "percentunit",
      width: 6,
      redFrom: 0.01,
      queries: [{ expr: `(${failed} or ${requests} * 0) / (${requests} > 0)` }],
    },
    { title: "p99", type: "stat", unit: "s", width: 6, queries: [{ expr: quantile(0.99, "", facts) }] },
    {
      title: "In flight",
      type: "stat",
      unit: "short",
      width: 6,
      queries: [{ expr: sumBy("", shown(facts, "gatewright_open_requests")) }],
    },
    ...(facts.objectives.length === 0 ? [] : [budgets(facts)]),
    {
      title: "Requests by API",
      type: "timeseries",
      unit: "reqps",
      queries: [{ expr: sumBy("api, version", rate(facts, "gatewright_requests_total")), legend: "{{api}} {{version}}" }],
    },
    {
      title: "Answers by class",
      type: "timeseries",
      unit: "reqps",
      description: "none: the client left before an answer.",
      queries: [
        {
          expr: `sum by (class) (label_replace(${rate(facts, "gatewright_requests_total")}, "class", "\${1}xx", "status", "([1-5]).."))`,
          legend: "{{class}}",
        },
      ],
    },
    {
      title: "Time of requests",
      type: "timeseries",
      unit: "s",
      queries: [0.5, 0.9, 0.99].map((q) => ({ expr: quantile(q, "", facts), legend: `p${q * 100}` })),
    },
    {
      title: "Builds that serve",
      type: "table",
      unit: "short",
      queries: [{ expr: `count by (instance, version, digest) (${shown(facts, "gatewright_build_info")})` }],
    },
  ];
  return { name: "overview", title: "overview", panels };
}

const budgets = ({ job }: Facts): Panel => ({
  title: "Budget of failures that is left",
  type: "timeseries",
  unit: "percentunit",
  width: 24,
  greenFrom: 0,
  description: "Of each objective, over its window. Below zero the objective is missed. Recorded by the rules of this build.",
  queries: [{ expr: series(budgetLeft, [job]), legend: "{{objective}} {{about}}" }],
});
