import type { Facts } from "../facts.ts";
import { type Alert, type Alerts, own } from "./alert.ts";

/** Alerts about kept answers that are served although they should not be any more, and about what is fetched ahead. */
export const cacheAlerts: Alerts = (facts) => [
  ...(facts.storedPurges ? [purgesFail(facts), purgesWait(facts), purgesUnknown(facts)] : []),
  ...(facts.sharedAnswers ? [changesWait(facts)] : []),
  ...(facts.warming?.isListed === true ? [listOutdated(facts)] : []),
];

const storeLook = [
  "Is the store there, and can the gateway reach it? The log of the gateway has the reason.",
  "Is it full? Records are not evicted: `maxmemory-policy` must not be allkeys-….",
  "All instances of the gateway, or one? One: the network between it and the store.",
] as const;

const storeCommands = [
  ["gatewright live status --url URL", "under `cache.purges`: purges in force, those that wait, and why"],
  ["gatewright live ready --url URL", "whether the store is reached, and why not"],
] as const;

const purgesFail = (facts: Facts): Alert => ({
  name: "GatewrightPurgesFail",
  severity: "page",
  expr: `sum by (job, instance) (increase(${own(facts, "gatewright_cache_purges_failed_total")}[5m])) > 0`,
  summary: "{{ $labels.instance }} could not carry out {{ $value | humanize }} purges",
  description:
    "Purges were answered with 503 in the last 5 minutes, as the store did not take them. What they name is still served, unless whoever asked has asked again.",
  runbook: {
    meaning:
      "Somebody asked for a purge, and it is in force nowhere. Clients get what was to be purged until it expires or is purged again.",
    look: storeLook,
    commands: storeCommands,
    remedy: [
      "Bring the store back, then purge again: `gatewright live purge`. A purge that was answered with 503 is not made up for.",
      "Where it cannot wait, `gatewright live purge all` once the store is back is safe: it costs the service a fetch of everything.",
    ],
  },
});

const purgesWait = (facts: Facts): Alert => ({
  name: "GatewrightPurgesWait",
  severity: "page",
  expr: `sum by (job, instance) (${own(facts, "gatewright_cache_purges_waiting")}) > 0`,
  for: "1m",
  summary: "{{ $value | humanize }} purges of {{ $labels.instance }} are not in the store",
  description:
    "Operations have purged what the store was not told of for a minute. It is in force in the worker that purged, and in no other one.",
  runbook: {
    meaning:
      "A change was made through one worker, and the others still serve what was kept before it. They learn of it as soon as the store answers; if the worker ends before, they never do.",
    look: storeLook,
    commands: storeCommands,
    remedy: ["Bring the store back: what waits is told by itself. Do not restart the instance before that."],
  },
});

const purgesUnknown = (facts: Facts): Alert => ({
  name: "GatewrightPurgesUnknown",
  severity: "ticket",
  expr: `time() - min by (job, instance) (${own(facts, "gatewright_cache_purges_known_timestamp_seconds")}) > 60`,
  for: "2m",
  summary: "{{ $labels.instance }} does not know what was purged in the last {{ $value | humanizeDuration }}",
  description: "The purges in the store were not read for more than a minute.",
  runbook: {
    meaning:
      "What is purged elsewhere is not known here. With `onStoreFailure: serve`, what is kept is served meanwhile; with `ask`, the service is asked about all of it, and has more to do.",
    look: storeLook,
    commands: storeCommands,
    remedy: ["Bring the store back: what was missed is in force as soon as it answers."],
  },
});

const changesWait = (facts: Facts): Alert => ({
  name: "GatewrightChangesWait",
  severity: "page",
  expr: `sum by (job, instance, store) (${own(facts, "gatewright_cache_changes_waiting")}) > 0`,
  for: "1m",
  summary: "{{ $labels.store }} was not told that {{ $value | humanize }} URIs have changed at {{ $labels.instance }}",
  description: "Other instances may serve what the store keeps of them, although it has changed.",
  runbook: {
    meaning:
      "A request with an unsafe method changed something, and the store could not be told for a minute. The worker that forwarded it serves nothing of these URIs from the store; others may. If the worker ends before the store is back, what is kept of them stays until it expires.",
    look: storeLook.slice(0, 1).concat(storeLook.slice(2)),
    commands: storeCommands.slice(1),
    remedy: ["Bring the store back: it is told by itself. Do not restart the instance before that."],
  },
});

const listOutdated = (facts: Facts): Alert => ({
  name: "GatewrightWarmListOutdated",
  severity: "ticket",
  expr: `max by (job, instance) (${own(facts, "gatewright_cache_warm_list_outdated")}) == 1`,
  for: "15m",
  summary: "{{ $labels.instance }} cannot use the file of URLs to warm",
  description:
    "For 15 minutes the file could not be read, or had no URL that can be warmed. The list that was read before it is warmed.",
  runbook: {
    meaning:
      "Requests are served as always. What is new in the file is not fetched ahead, so the first client who asks for it waits for the service.",
    look: [
      "The log of the gateway has the reason: `files cannot be used`. Whoever writes the file may have written half of it, or nothing.",
    ],
    commands: [
      ["gatewright live status --url URL", "under `cache.warm`: how many URLs are listed, and whether the list is outdated"],
    ],
    remedy: ["Write the file anew, one URL a line. It is followed; no restart is needed."],
  },
});
