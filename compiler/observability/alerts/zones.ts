import type { Facts } from "../facts.ts";
import { type Alert, type Alerts, own } from "./alert.ts";

/** Alerts about zones that are compared by latency. */
export const zoneAlerts: Alerts = (facts) => [
  ...(facts.zones?.isLeft === true ? [zoneSlow(facts)] : []),
  ...(facts.zones === undefined ? [] : [zoneDown(facts)]),
];

const inState = (facts: Facts, state: "slow" | "down"): string =>
  `max by (job, service, zone) (${own(facts, "gatewright_service_zone_state", ["state", "=", state])}) > 0`;

const commands = [
  [
    "gatewright live status --url URL",
    "under `services.NAME.zones`: of each zone the endpoints that work, its share of late, what part of its share it is given, and its median",
  ],
  ["gatewright explain 'GET /path'", "zone, region, priorities and fail-over of the service, with the lines that say so"],
] as const;

const zoneSlow = (facts: Facts): Alert => ({
  name: "GatewrightZoneSlow",
  severity: "ticket",
  expr: inState(facts, "slow"),
  for: "10m",
  summary: "Requests for {{ $labels.service }} have left the zone {{ $labels.zone }} for 10 minutes, as it is slow",
  description:
    "In at least one worker, the answers of the zone take more than `failover.slower` times as long as those of a zone further away, or did so a moment ago. Other zones answer in its place.",
  runbook: {
    meaning:
      "A zone is so slow that requests go over to one further away. Clients are served, from further away; what is sent between zones costs time and may cost money, and the zones that take over have less in reserve.",
    look: [
      "Is the zone slow or far? Ask an endpoint of it from the machine of the gateway: where it is quick there, look at the load of the endpoints when all requests go to them.",
      "Is it all instances of the gateway or one? One: the network between it and the zone.",
      "Endpoints of the zone that are ejected or unhealthy leave its load to the others, which become slow.",
      "Does it come and go (`gatewright_service_zone_withheld` rises and falls)? Then the zone is well without requests and slow with them: it has too little capacity.",
    ],
    commands: [
      ...commands,
      [
        "sum by (service, zone) (gatewright_service_zone_latency_seconds) / sum by (service, zone) (gatewright_service_zone_latency_known)",
        "in Prometheus: the median of the time to the head of answers",
      ],
    ],
    remedy: [
      "Scale the service in this zone, or make it quicker there. Requests come back by themselves, little by little, once it is well below that factor.",
      "Where a zone is meant to be as slow as that, raise `loadBalancer.failover.slower`.",
    ],
  },
});

const zoneDown = (facts: Facts): Alert => ({
  name: "GatewrightZoneDown",
  severity: "ticket",
  expr: inState(facts, "down"),
  for: "5m",
  summary: "No endpoint of {{ $labels.service }} in the zone {{ $labels.zone }} has worked for 5 minutes",
  description:
    "In at least one worker, every endpoint of the zone is unhealthy, ejected or draining, while others of the service work. These answer in its place.",
  runbook: {
    meaning:
      "A whole zone of a service is lost. Clients are served by other zones as far as these can bear it; when they are lost as well, nobody is (`GatewrightNoEndpoint`). A zone whose endpoints were taken out of the registry or the configuration is not meant: it is gone on purpose.",
    look: [
      "Why the endpoints get no requests: `state` of `gatewright_service_endpoint_state`: `unhealthy` is the check, `ejected` are failures of requests.",
      "Are other services lost in the same zone? Then it is the zone, or the network to it, and not the service.",
      "Is it all instances of the gateway or one? One: the network between it and the zone.",
      "Whether the zones that take over can bear it: their endpoints, their latency, their errors.",
    ],
    commands,
    remedy: [
      "Bring the service back in the zone. It begins with a tenth of its share, and has all of it 20 s later.",
      "A zone that is down on purpose: take its endpoints out of the registry, or out of `endpoints`.",
    ],
  },
});
