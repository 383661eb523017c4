import type { Facts } from "../facts.ts";
import { recorded } from "../objectives/recordings.ts";
import { type Matcher, series } from "../promql.ts";
import { type Dashboard, quantile, rate, shown, sumBy } from "./dashboard.ts";

const api: Matcher = ["api", "=~", "$api"];

/** Operations, one beside the other. */
export function apiDashboard(facts: Facts): Dashboard {
  const requests = sumBy("operation", rate(facts, "gatewright_requests_total", api));
  const by = (name: string, ...more: readonly Matcher[]) => ({
    expr: sumBy("operation", rate(facts, name, api, ...more)),
    legend: "{{operation}}",
  });
  return {
    name: "api",
    title: "API",
    variables: ["api"],
    panels: [
      {
        title: "Requests by operation",
        type: "timeseries",
        unit: "reqps",
        queries: [{ expr: requests, legend: "{{operation}}" }],
      },
      {
        title: "Answers with 5xx by operation",
        type: "timeseries",
        unit: "percentunit",
        queries: [
          {
            expr: `${sumBy("operation", rate(facts, "gatewright_requests_total", api, ["status", "=~", "5.."]))} / (${requests} > 0)`,
            legend: "{{operation}}",
          },
        ],
      },
      {
        title: "p50 by operation",
        type: "timeseries",
        unit: "s",
        queries: [{ expr: quantile(0.5, "operation", facts, api), legend: "{{operation}}" }],
      },
      {
        title: "p99 by operation",
        type: "timeseries",
        unit: "s",
        queries: [{ expr: quantile(0.99, "operation", facts, api), legend: "{{operation}}" }],
      },
      {
        title: "Answers by status",
        type: "timeseries",
        unit: "reqps",
        queries: [{ expr: sumBy("status", rate(facts, "gatewright_requests_total", api)), legend: "{{status}}" }],
      },
      {
        title: "In flight by operation",
        type: "timeseries",
        unit: "short",
        queries: [{ expr: sumBy("operation", shown(facts, "gatewright_requests_in_flight", api)), legend: "{{operation}}" }],
      },
      { title: "Bytes of requests", type: "timeseries", unit: "Bps", queries: [by("gatewright_request_bytes_total")] },
      { title: "Bytes of answers", type: "timeseries", unit: "Bps", queries: [by("gatewright_response_bytes_total")] },
      ...(facts.objectives.length === 0
        ? []
        : [
            {
              title: "Bad requests of the last hour, by objective",
              type: "timeseries" as const,
              unit: "percentunit",
              width: 24 as const,
              description: "What alerts compare with the budget of each objective.",
              queries: [
                {
                  expr: `${series(`${recorded.bad}1h`, [facts.job])} / (${series(`${recorded.all}1h`, [facts.job])} > 0)`,
                  legend: "{{objective}} {{about}}",
                },
              ],
            },
          ]),
    ],
  };
}
