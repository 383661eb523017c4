import type { Facts } from "../facts.ts";
import type { Matcher } from "../promql.ts";
import { type Dashboard, quantile, rate, shown, sumBy } from "./dashboard.ts";
import type { Panel } from "./panel.ts";

const service: Matcher = ["service", "=~", "$service"];

/** What the gateway forwards to. */
export function servicesDashboard(facts: Facts): Dashboard {
  const of = (name: string, labels: string, ...more: readonly Matcher[]) => ({
    expr: sumBy(labels, rate(facts, name, service, ...more)),
    legend: labels
      .split(", ")
      .map((label) => `{{${label}}}`)
      .join(" "),
  });
  const state = (name: string, labels: string): Panel["queries"] => [
    {
      expr: `max by (${labels}) (${shown(facts, name, service)})`,
      legend: labels
        .split(", ")
        .map((label) => `{{${label}}}`)
        .join(" "),
    },
  ];
  const panels: Panel[] = [
    { title: "Requests by service", type: "timeseries", unit: "reqps", queries: [of("gatewright_requests_total", "service")] },
    {
      title: "Answers with 5xx by service",
      type: "timeseries",
      unit: "reqps",
      queries: [of("gatewright_requests_total", "service, status", ["status", "=~", "5.."])],
    },
    {
      title: "Time of requests by service, p99",
      type: "timeseries",
      unit: "s",
      queries: [{ expr: quantile(0.99, "service", facts, service), legend: "{{service}}" }],
    },
    {
      title: "Requests that got no whole answer",
      type: "timeseries",
      unit: "reqps",
      description: "By what went wrong; client_gone: the client left.",
      queries: [of("gatewright_request_errors_total", "service, kind")],
    },
    {
      title: "Connections",
      type: "timeseries",
      unit: "short",
      queries: [
        {
          expr: sumBy("service, state", shown(facts, "gatewright_upstream_connections", service)),
          legend: "{{service}} {{state}}",
        },
      ],
    },
    ...(facts.retries
      ? [
          {
            title: "Requests that were sent once more",
            type: "timeseries" as const,
            unit: "reqps",
            queries: [of("gatewright_upstream_retries_total", "service")],
          },
        ]
      : []),
    ...(facts.watched.length === 0
      ? []
      : [
          {
            title: "Endpoints that get no requests, in workers",
            type: "timeseries" as const,
            unit: "short",
            queries: state("gatewright_service_endpoint_state", "service, endpoint, state"),
          },
        ]),
    ...(facts.breakers
      ? [
          {
            title: "Breakers that are not closed",
            type: "timeseries" as const,
            unit: "short",
            queries: state("gatewright_service_breaker_open", "service, operation"),
          },
        ]
      : []),
    ...(facts.zones === undefined
      ? []
      : [
          {
            title: "Attempts by zone",
            type: "timeseries" as const,
            unit: "reqps",
            queries: [of("gatewright_service_zone_attempts_total", "service, zone")],
          },
          {
            title: "Time to the head of answers by zone, median",
            type: "timeseries" as const,
            unit: "s",
            queries: [
              {
                expr: `${sumBy("service, zone", shown(facts, "gatewright_service_zone_latency_seconds", service))} / ${sumBy("service, zone", shown(facts, "gatewright_service_zone_latency_known", service))}`,
                legend: "{{service}} {{zone}}",
              },
            ],
          },
          {
            title: "Part of its share that a zone is not given, added up over workers",
            type: "timeseries" as const,
            unit: "short",
            description: "0: it has all of it. Above: it is slower than another, has no endpoint that works, or is just back.",
            queries: [
              {
                expr: sumBy("service, zone", shown(facts, "gatewright_service_zone_withheld", service)),
                legend: "{{service}} {{zone}}",
              },
            ],
          },
        ]),
    ...(facts.comparesAnswers
      ? [
          {
            title: "Answers of the mirror that differ, of those compared",
            type: "timeseries" as const,
            unit: "percentunit",
            queries: [
              {
                expr: `${sumBy("service, operation", rate(facts, "gatewright_compared_answers_total", service, ["outcome", "=", "different"]))} / (${sumBy("service, operation", rate(facts, "gatewright_compared_answers_total", service))} > 0)`,
                legend: "{{service}} {{operation}}",
              },
            ],
          },
          {
            title: "Differences of the mirror, by kind",
            type: "timeseries" as const,
            unit: "reqps",
            queries: [of("gatewright_answer_differences_total", "service, kind")],
          },
          {
            title: "Answers of the mirror that were not compared, by reason",
            type: "timeseries" as const,
            unit: "reqps",
            queries: [of("gatewright_uncompared_answers_total", "service, reason")],
          },
        ]
      : []),
  ];
  return { name: "service", title: "services", variables: ["service"], panels };
}
