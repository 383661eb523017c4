import type { Facts } from "../facts.ts";
import { burnAlerts } from "../objectives/burn-alerts.ts";
import type { Runbook } from "./alert.ts";

/** The pages of alerts whose rules are made for each objective. */
export function burnRunbooks({ objectives }: Facts): ReadonlyMap<string, Runbook> {
  const has = (isLatency: boolean): boolean => objectives.some(({ bound }) => (bound !== undefined) === isLatency);
  return new Map([
    ...(has(false) ? [[burnAlerts.availability, errors] as const] : []),
    ...(has(true) ? [[burnAlerts.latency, slowness] as const] : []),
  ]);
}

const tiers =
  "Its label `tier` says how fast: `1` and `2` wake somebody up, `3` and `4` are tickets. The faster one keeps the slower ones quiet (`observability/alertmanager/alertmanager.yaml`). It ends by itself soon after the failures do, as the short window of each tier looks at the last minutes.";

const errors: Runbook = {
  meaning: `So many requests are answered with 5xx that the budget of failures for the whole window is gone long before its end. Answers with 4xx do not count, nor requests whose client left. ${tiers}`,
  look: [
    "Which operations and which service: the dashboard of the API, or the query below.",
    "Who makes the 5xx? `gatewright_request_errors_total` counts requests whose service was not reached or did not answer whole (502, 504). Where it does not rise, the service itself answers with 5xx: its log has the reason.",
    "503 without errors of a service is the gateway: limits (`concurrency`, `overload`, pools), breakers, stores and decision services that are out of reach.",
    "What was deployed when it began? `gatewright_build_info` changes its `digest` with the configuration.",
  ],
  commands: [
    [
      'topk(5, sum by (operation, status) (rate(gatewright_requests_total{status=~"5.."}[5m])))',
      "in Prometheus: the operations that fail, and with what",
    ],
    ["gatewright live status --url URL", "services with their endpoints, stores and keys, with what is wrong with them"],
    ["gatewright explain 'GET /path'", "what is done to a request, step by step, and where it goes"],
  ],
  remedy: [
    "One service fails: take it back to the version before, or give its operations a `fallback`.",
    "The gateway fails since it was deployed: start the build before.",
    "Some endpoints fail: health checks (`health`) take them out; without any, remove them by hand.",
  ],
};

const slowness: Runbook = {
  meaning: `So many requests take longer than their objective allows that the budget for the whole window is gone long before its end. Every request that has ended counts, whatever its answer. ${tiers}`,
  look: [
    "Is the service slow, or the gateway? The dashboard of Node's run time shows how late the event loops are: beyond a few milliseconds the gateway has too little CPU.",
    "Do requests wait for a connection? Pools at their limit and queues of `concurrency` are on the dashboards of services and limits.",
    "Is it all operations of a service, or one? One: its own query or payload. All: the service, or the way to it.",
  ],
  commands: [
    [
      "topk(5, histogram_quantile(0.99, sum by (operation, le) (rate(gatewright_request_duration_seconds_bucket[5m]))))",
      "in Prometheus: the slowest operations",
    ],
    ["gatewright live status --url URL", "services with their endpoints, and how many requests wait"],
  ],
  remedy: [
    "More instances of what is short of CPU: of the service, or of the gateway (`--workers`).",
    "Endpoints that are slow alone: `loadBalancer: leastRequests` gives them less, `hedge` asks a second one.",
    "A service that cannot keep up: `concurrency` refuses early what would come too late.",
  ],
};
