import type { Facts } from "../facts.ts";
import { type Dashboard, rate, shown, sumBy } from "./dashboard.ts";
import type { Panel } from "./panel.ts";

/** What there is most of, and what was refused beyond it. */
export function limitsDashboard(facts: Facts): Dashboard {
  const beside = (title: string, metric: string, limit: string, unit = "short"): Panel => ({
    title,
    type: "timeseries",
    unit,
    queries: [
      { expr: sumBy("instance", shown(facts, metric)), legend: "{{instance}}" },
      { expr: sumBy("instance", shown(facts, limit)), legend: "limit of {{instance}}" },
    ],
  });
  const panels: Panel[] = [
    beside("Connections of clients", "gatewright_connections", "gatewright_connections_limit"),
    beside("Requests in flight", "gatewright_open_requests", "gatewright_open_requests_limit"),
    {
      title: "Refused beyond these, with 503",
      type: "timeseries",
      unit: "reqps",
      queries: [
        { expr: sumBy("", rate(facts, "gatewright_connections_refused_total")), legend: "connections" },
        { expr: sumBy("", rate(facts, "gatewright_requests_refused_total")), legend: "requests" },
      ],
    },
    ...(facts.policies.has("rateLimit")
      ? [
          {
            title: "429: too many requests",
            type: "timeseries" as const,
            unit: "reqps",
            queries: [
              {
                expr: sumBy("operation", rate(facts, "gatewright_requests_total", ["status", "=", "429"])),
                legend: "{{operation}}",
              },
            ],
          },
        ]
      : []),
    ...(facts.policies.has("concurrency")
      ? [
          {
            title: "Limits of requests under way",
            type: "timeseries" as const,
            unit: "short",
            queries: [
              { expr: sumBy("limit", shown(facts, "gatewright_concurrency_in_flight")), legend: "{{limit}}" },
              { expr: sumBy("limit", shown(facts, "gatewright_concurrency_limit")), legend: "limit of {{limit}}" },
              { expr: sumBy("limit", shown(facts, "gatewright_concurrency_queued")), legend: "waiting for {{limit}}" },
            ],
          },
        ]
      : []),
    ...(facts.policies.has("overload")
      ? [
          {
            title: "Delay of event loops, as overload sees it",
            type: "timeseries" as const,
            unit: "s",
            queries: [
              { expr: `max by (instance) (${shown(facts, "gatewright_event_loop_lag_seconds")})`, legend: "{{instance}}" },
            ],
          },
        ]
      : []),
    ...(facts.policies.has("cache")
      ? [
          {
            title: "Where answers come from",
            type: "timeseries" as const,
            unit: "reqps",
            queries: [
              {
                expr: sumBy("outcome", rate(facts, "gatewright_cache_requests_total")),
                legend: "{{outcome}}",
              },
            ],
          },
          {
            title: "Memory of kept answers",
            type: "timeseries" as const,
            unit: "bytes",
            queries: [{ expr: sumBy("store", shown(facts, "gatewright_cache_bytes")), legend: "{{store}}" }],
          },
        ]
      : []),
    ...(facts.warming === undefined
      ? []
      : [
          {
            title: "URLs that were warmed",
            type: "timeseries" as const,
            unit: "ops",
            queries: [{ expr: sumBy("outcome", rate(facts, "gatewright_cache_warmed_total")), legend: "{{outcome}}" }],
          },
        ]),
    ...(facts.storedPurges || facts.sharedAnswers
      ? [
          {
            title: "Purges and changes that stores were not told of",
            type: "timeseries" as const,
            unit: "short",
            queries: [
              ...(facts.storedPurges
                ? [{ expr: sumBy("instance", shown(facts, "gatewright_cache_purges_waiting")), legend: "purges of {{instance}}" }]
                : []),
              ...(facts.sharedAnswers
                ? [
                    {
                      expr: sumBy("store, instance", shown(facts, "gatewright_cache_changes_waiting")),
                      legend: "changes for {{store}} at {{instance}}",
                    },
                  ]
                : []),
            ],
          },
        ]
      : []),
    ...(facts.exporters
      ? [
          {
            title: "What exporters lost",
            type: "timeseries" as const,
            unit: "short",
            queries: ["dropped", "failed", "rejected"].map((what) => ({
              expr: sumBy("exporter, signal", rate(facts, `gatewright_export_${what}_total`)),
              legend: `{{exporter}} {{signal}} ${what}`,
            })),
          },
          {
            title: "What waits to be exported",
            type: "timeseries" as const,
            unit: "short",
            queries: [
              {
                expr: sumBy("exporter, signal", shown(facts, "gatewright_export_queue_items")),
                legend: "{{exporter}} {{signal}}",
              },
            ],
          },
        ]
      : []),
  ];
  return { name: "limits", title: "limits", panels };
}
