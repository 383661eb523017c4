import type { Facts } from "../facts.ts";
import { type Alert, type Alerts, own } from "./alert.ts";

/** Alerts about what the gateway forwards to. */
export const serviceAlerts: Alerts = (facts) => [
  ...(facts.services.length > 0 ? [unreached(facts)] : []),
  ...(facts.watched.length > 0 ? [noEndpoint(facts)] : []),
  ...(facts.breakers ? [breakerOpen(facts)] : []),
];

const unreached = (facts: Facts): Alert => {
  const errors = `sum by (job, service) (rate(${own(facts, "gatewright_request_errors_total", ["kind", "=~", "upstream_.*"])}[10m]))`;
  const all = `sum by (job, service) (rate(${own(facts, "gatewright_requests_total")}[10m]))`;
  return {
    name: "GatewrightServiceUnreached",
    severity: "ticket",
    expr: `${errors} / ${all} > 0.05\nand\n${errors} * 600 >= 10`,
    for: "5m",
    summary: "{{ $value | humanizePercentage }} of the requests to {{ $labels.service }} do not reach it, or get no whole answer",
    description:
      "More than 5% of the requests of the last 10 minutes, and at least 10, ended because the service was not reached, was too slow or broke off. Answers with 5xx are not among them.",
    runbook: {
      meaning:
        "The gateway could not get an answer from a service: its connections are refused or reset, its name is not resolved, or it answers too late. Clients get 502 or 504.",
      look: [
        "`kind` says what: `upstream_refused` and `upstream_unresolved`: nobody is there; `upstream_timeout`: it is slow; `upstream_reset`, `upstream_broken`: it ends connections.",
        "`upstream_reset` alone, and seldom: the service closes idle connections before the gateway does. Its keep-alive must be longer than `connections.idle` of the service in `gateway.yaml`.",
        "All endpoints, or one? The log of the gateway names the endpoint.",
      ],
      commands: [
        ["sum by (service, kind) (rate(gatewright_request_errors_total[10m]))", "in Prometheus: what goes wrong"],
        ["gatewright live status --url URL", "endpoints of each service, and what is known of them"],
      ],
      remedy: [
        "Start the service again or scale it. `retry` on operations that may be repeated hides single failures.",
        "`timeout.response` that is shorter than what the service needs turns slow answers into 504: raise it, or make the service faster.",
      ],
    },
  };
};

const noEndpoint = (facts: Facts): Alert => ({
  name: "GatewrightNoEndpoint",
  severity: "page",
  expr: `min by (job, instance, service) (max by (job, instance, service, endpoint) (${own(facts, "gatewright_service_endpoint_state")})) > 0`,
  for: "1m",
  summary: "No endpoint of {{ $labels.service }} is in order, as {{ $labels.instance }} sees it",
  description:
    "For a minute every endpoint of the service was unhealthy, ejected or draining in at least one worker. Requests go to all of them all the same (panic), to the `fallback`, or get 503, as the service is configured.",
  runbook: {
    meaning:
      "Health checks or failures have taken every endpoint of a service out. What its requests get is what the configuration says: by default all endpoints are asked once more, as a check that is wrong must not take a service down.",
    look: [
      "`state` of `gatewright_service_endpoint_state`: `unhealthy` is the check, `ejected` are failures of requests.",
      "Do requests succeed although all are `unhealthy`? Then the check is wrong: its path, its status, its time.",
      "Is it all instances of the gateway or one? One: the network between it and the service.",
    ],
    commands: [
      ["gatewright live status --url URL", "each endpoint with its state, since when and why"],
      ["gatewright explain 'GET /path'", "checks, ejection, panic and fallback of the service, with the lines that say so"],
    ],
    remedy: ["Bring the service back. A check that is wrong is corrected in `services.NAME.health.active`."],
  },
});

const breakerOpen = (facts: Facts): Alert => ({
  name: "GatewrightBreakerOpen",
  severity: "ticket",
  expr: `max by (job, service, operation) (${own(facts, "gatewright_service_breaker_open")}) > 0`,
  for: "5m",
  summary: "The breaker of {{ $labels.service }} {{ $labels.operation }} is open for 5 minutes",
  description:
    "In some worker the breaker has not been closed for 5 minutes: requests get 503, or the fallback, without the service being asked.",
  runbook: {
    meaning:
      "So many requests failed that the gateway does not send any for a while; then some are tried. A breaker that stays open for minutes tries in vain.",
    look: [
      "What failed before it opened: the dashboard of services, `gatewright_request_errors_total` and 5xx by operation.",
      "Does it open and close by turns (`gatewright_service_breaker_opened_total` rises)? The service takes a little traffic, and not all of it.",
    ],
    commands: [["gatewright live status --url URL", "breakers with their state, and when they try again"]],
    remedy: ["Bring the service back; the breaker closes by itself when what it tries succeeds."],
  },
});
