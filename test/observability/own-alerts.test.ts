import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { observed } from "./gateways.ts";
import { firesAt, firingAt, type RulesCase, silentAt, testRules } from "./promtool.ts";
import { watched } from "./watched.ts";

let rules = "";
beforeAll(async () => {
  rules = (await observed(watched)).get("prometheus/rules.yaml") ?? "";
});

const at = (more = ""): string => `{job="shop",instance="a:9090"${more}}`;
const build = { [`gatewright_build_info${at(',version="0.1.0"')}`]: "1x60" };
const pids = (values: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(values.map((value, index) => [`process_start_time_seconds${at(`,pid="${index}"`)}`, value]));

/** What deserves the alert, and what looks like it and does not. Scraped and judged every minute. */
const alerts: Readonly<Record<string, readonly Omit<RulesCase, "name">[]>> = {
  GatewrightAbsent: [
    // traps/telemetry row 34. A series is stale five minutes behind its last value at the latest; here it ends by a marker.
    { series: { [`gatewright_build_info${at()}`]: "1x9 stale" }, expected: firesAt(10 + 5, "GatewrightAbsent") },
    { series: build, expected: [silentAt(60, "GatewrightAbsent")] },
    { series: { 'gatewright_build_info{job="another"}': "1x60" }, expected: [firingAt(5, "GatewrightAbsent")] },
  ],
  GatewrightRefuses: [
    {
      series: {
        [`gatewright_connections_refused_total${at()}`]: "0x9 0+3x20",
        [`gatewright_requests_refused_total${at()}`]: "0x30",
      },
      // The counter rises with minute 11.
      expected: firesAt(11 + 5, "GatewrightRefuses"),
    },
    {
      series: { [`gatewright_connections_refused_total${at()}`]: "7x60", [`gatewright_requests_refused_total${at()}`]: "3x60" },
      expected: [silentAt(60, "GatewrightRefuses")],
    },
  ],
  GatewrightFills: [
    {
      series: { [`gatewright_open_requests${at()}`]: "10x9 81x30", [`gatewright_open_requests_limit${at()}`]: "100x60" },
      expected: firesAt(10 + 10, "GatewrightFills"),
    },
    {
      series: { [`gatewright_connections${at()}`]: "80x60", [`gatewright_connections_limit${at()}`]: "100x60" },
      expected: [silentAt(60, "GatewrightFills")],
    },
  ],
  GatewrightSheds: [
    {
      series: { [`gatewright_overload_shed_total${at(',overload="default",priority="low"')}`]: "0x9 0+60x30" },
      expected: firesAt(11 + 10, "GatewrightSheds", { priority: "low" }),
    },
    {
      series: { [`gatewright_overload_shed_total${at(',overload="default",priority="low"')}`]: "60x60" },
      expected: [silentAt(60, "GatewrightSheds")],
    },
  ],
  GatewrightServiceUnreached: [
    {
      series: {
        [`gatewright_request_errors_total${at(',service="orders",kind="upstream_refused"')}`]: "0x19 0+10x40",
        [`gatewright_requests_total${at(',service="orders",status="200"')}`]: "0+90x60",
        [`gatewright_requests_total${at(',service="orders",status="502"')}`]: "0x19 0+10x40",
      },
      // Of 10 minutes: 10 k of 90 × 10 + 10 k are more than 5% from k = 5 on; the counter rises with minute 21.
      expected: firesAt(20 + 5 + 5, "GatewrightServiceUnreached", { service: "orders" }),
    },
    {
      // Clients that leave are no fault of the service, and nine failures are none either.
      series: {
        [`gatewright_request_errors_total${at(',service="orders",kind="client_gone"')}`]: "0+50x60",
        [`gatewright_request_errors_total${at(',service="orders",kind="upstream_reset"')}`]: "0x30 9x30",
        [`gatewright_requests_total${at(',service="orders",status="200"')}`]: "0+1x60",
      },
      expected: [20, 30, 35, 40, 60].map((minute) => silentAt(minute, "GatewrightServiceUnreached")),
    },
  ],
  GatewrightNoEndpoint: [
    {
      series: {
        [`gatewright_service_endpoint_state${at(',service="orders",endpoint="1",state="unhealthy"')}`]: "1x60",
        [`gatewright_service_endpoint_state${at(',service="orders",endpoint="1",state="ejected"')}`]: "0x60",
        [`gatewright_service_endpoint_state${at(',service="orders",endpoint="2",state="unhealthy"')}`]: "0x60",
        [`gatewright_service_endpoint_state${at(',service="orders",endpoint="2",state="ejected"')}`]: "0x9 1x50",
      },
      expected: firesAt(10 + 1, "GatewrightNoEndpoint", { service: "orders" }),
    },
    {
      series: {
        [`gatewright_service_endpoint_state${at(',service="orders",endpoint="1",state="unhealthy"')}`]: "1x60",
        [`gatewright_service_endpoint_state${at(',service="orders",endpoint="2",state="unhealthy"')}`]: "0x60",
      },
      expected: [silentAt(60, "GatewrightNoEndpoint")],
    },
  ],
  GatewrightBreakerOpen: [
    {
      series: { [`gatewright_service_breaker_open${at(',service="orders"')}`]: "0x9 1x50" },
      expected: firesAt(10 + 5, "GatewrightBreakerOpen", { service: "orders" }),
    },
    {
      // It opens, and what it tries succeeds.
      series: { [`gatewright_service_breaker_open${at(',service="orders"')}`]: "0 1 1 1 1 0 1 1 1 1 0 1 1 1 1 0" },
      expected: [6, 10, 15].map((minute) => silentAt(minute, "GatewrightBreakerOpen")),
    },
  ],
  GatewrightZoneSlow: [
    {
      // One of two workers finds it slow.
      series: {
        [`gatewright_service_zone_state${at(',service="orders",zone="eu-1",state="slow"')}`]: "0x9 1x50",
        [`gatewright_service_zone_state${at(',service="orders",zone="eu-1",state="down"')}`]: "0x60",
        [`gatewright_service_zone_state${at(',service="orders",zone="eu-2",state="slow"')}`]: "0x60",
      },
      expected: [
        ...firesAt(10 + 10, "GatewrightZoneSlow", { service: "orders", zone: "eu-1" }),
        silentAt(60, "GatewrightZoneSlow", { zone: "eu-2" }),
      ],
    },
    {
      // It is back within the ten minutes; one that is as near as another and goes second is in neither state; one that is down has an alert of its own.
      series: {
        [`gatewright_service_zone_state${at(',service="orders",zone="eu-1",state="slow"')}`]: "0x9 1x9 0 1x9 0x30",
        [`gatewright_service_zone_state${at(',service="orders",zone="eu-2",state="slow"')}`]: "0x60",
        [`gatewright_service_zone_withheld${at(',service="orders",zone="eu-2"')}`]: "2x60",
        [`gatewright_service_zone_state${at(',service="orders",zone="eu-3",state="down"')}`]: "2x60",
      },
      expected: [19, 29, 35, 60].map((minute) => silentAt(minute, "GatewrightZoneSlow")),
    },
  ],
  GatewrightZoneDown: [
    {
      series: {
        [`gatewright_service_zone_state${at(',service="orders",zone="eu-1",state="down"')}`]: "0x9 2x50",
        [`gatewright_service_zone_state${at(',service="orders",zone="eu-2",state="down"')}`]: "0x60",
      },
      expected: [
        ...firesAt(10 + 5, "GatewrightZoneDown", { service: "orders", zone: "eu-1" }),
        silentAt(60, "GatewrightZoneDown", { zone: "eu-2" }),
      ],
    },
    {
      // A deployment takes its endpoints out one after the other; a slow one works.
      series: {
        [`gatewright_service_zone_state${at(',service="orders",zone="eu-1",state="down"')}`]: "0x9 1x3 0 1x3 0x40",
        [`gatewright_service_zone_state${at(',service="orders",zone="eu-2",state="slow"')}`]: "2x60",
      },
      expected: [13, 17, 20, 60].map((minute) => silentAt(minute, "GatewrightZoneDown")),
    },
  ],
  GatewrightCertificateEndsSoon: [
    {
      series: { [`gatewright_certificate_expiry_days${at(',certificate="tls.pem"')}`]: "14x9 13.9x50" },
      expected: firesAt(10 + 15, "GatewrightCertificateEndsSoon", { certificate: "tls.pem" }),
    },
    {
      series: { [`gatewright_certificate_expiry_days${at(',certificate="tls.pem"')}`]: "14x60" },
      expected: [silentAt(60, "GatewrightCertificateEndsSoon")],
    },
  ],
  GatewrightCertificateEnds: [
    {
      series: { [`gatewright_certificate_expiry_days${at(',certificate="tls.pem"')}`]: "2x9 -1x50" },
      expected: firesAt(10 + 15, "GatewrightCertificateEnds", { severity: "page" }),
    },
    {
      series: { [`gatewright_certificate_expiry_days${at(',certificate="tls.pem"')}`]: "2x60" },
      expected: [silentAt(60, "GatewrightCertificateEnds")],
    },
  ],
  GatewrightClientAuthorityEndsSoon: [
    {
      series: { [`gatewright_client_authority_expiry_days${at(',certificate="ca"')}`]: "29x60" },
      expected: firesAt(15, "GatewrightClientAuthorityEndsSoon"),
    },
    {
      series: { [`gatewright_client_authority_expiry_days${at(',certificate="ca"')}`]: "31x60" },
      expected: [silentAt(60, "GatewrightClientAuthorityEndsSoon")],
    },
  ],
  GatewrightKeysNotFetched: [
    {
      series: { [`gatewright_jwt_keys_failures${at(',scheme="login",keys="https://id/keys"')}`]: "0 1 2 3x60" },
      expected: firesAt(3 + 15, "GatewrightKeysNotFetched", { scheme: "login" }),
    },
    {
      series: { [`gatewright_jwt_keys_failures${at(',scheme="login",keys="https://id/keys"')}`]: "2x60" },
      expected: [silentAt(60, "GatewrightKeysNotFetched")],
    },
  ],
  GatewrightRevocationsOld: [
    {
      // The clock of promtool begins at 0: known until minute 10, and not since.
      series: { [`gatewright_revocations_known_timestamp_seconds${at()}`]: "0+60x10 600x50" },
      expected: firesAt(12 + 2, "GatewrightRevocationsOld"),
    },
    {
      series: { [`gatewright_revocations_known_timestamp_seconds${at()}`]: "0+60x60" },
      expected: [silentAt(60, "GatewrightRevocationsOld")],
    },
  ],
  GatewrightCredentialsGuessed: [
    {
      series: { [`gatewright_wrong_credentials_slowed_total${at(',by="delay"')}`]: "0x19 0+10x60" },
      // More than 100 in 15 minutes are there with the eleventh.
      expected: firesAt(20 + 11 + 15, "GatewrightCredentialsGuessed"),
    },
    {
      series: { [`gatewright_wrong_credentials_slowed_total${at(',by="delay"')}`]: "0+6x60" },
      expected: [silentAt(60, "GatewrightCredentialsGuessed")],
    },
  ],
  GatewrightRestarts: [
    // In a container the process has the same number each time, and another start.
    { series: pids(["1x9 2x3 3x3 4x3 5x40"]), expected: firesAt(10 + 12, "GatewrightRestarts") },
    // Elsewhere each has a number of its own: four of them ended within a quarter of an hour.
    {
      series: pids(["1x9 stale", "_x10 2x2 stale", "_x14 3x2 stale", "_x18 4x2 stale", "_x22 5x40"]),
      expected: firesAt(22, "GatewrightRestarts"),
    },
    // Two workers that are replaced once, one after the other.
    {
      series: pids(["1x9 stale", "1x12 stale", "_x10 2x40", "_x13 2x40"]),
      expected: [12, 14, 20].map((minute) => silentAt(minute, "GatewrightRestarts")),
    },
  ],
  GatewrightEventLoopLate: [
    {
      series: {
        [`nodejs_eventloop_lag_p99_seconds${at(',pid="1"')}`]: "0.01x60",
        [`nodejs_eventloop_lag_p99_seconds${at(',pid="2"')}`]: "0.01x9 0.2x50",
      },
      expected: firesAt(10 + 10, "GatewrightEventLoopLate"),
    },
    {
      // Two workers that are late a little are not one that is late.
      series: {
        [`nodejs_eventloop_lag_p99_seconds${at(',pid="1"')}`]: "0.09x60",
        [`nodejs_eventloop_lag_p99_seconds${at(',pid="2"')}`]: "0.09x60",
      },
      expected: [silentAt(60, "GatewrightEventLoopLate")],
    },
  ],
  GatewrightStoreOutOfReach: [
    {
      series: { [`gatewright_thing_ready${at(',thing="stores.shared"')}`]: "2x9 0x50" },
      expected: firesAt(10 + 1, "GatewrightStoreOutOfReach", { thing: "stores.shared" }),
    },
    {
      // One of two workers reaches it; and what is no store has a watcher of its own.
      series: {
        [`gatewright_thing_ready${at(',thing="stores.shared"')}`]: "1x60",
        [`gatewright_thing_ready${at(',thing="services.orders"')}`]: "0x60",
      },
      expected: [silentAt(60, "GatewrightStoreOutOfReach")],
    },
  ],
  GatewrightRolledBack: [
    {
      series: {
        [`gatewright_split_phase${at(',experiment="next",phase="running"')}`]: "1x9 0x50",
        [`gatewright_split_phase${at(',experiment="next",phase="rolledBack"')}`]: "0x9 1x50",
      },
      expected: firesAt(10, "GatewrightRolledBack", { experiment: "next" }),
    },
    {
      series: {
        [`gatewright_split_phase${at(',experiment="next",phase="running"')}`]: "1x60",
        [`gatewright_split_phase${at(',experiment="next",phase="rolledBack"')}`]: "0x60",
      },
      expected: [silentAt(60, "GatewrightRolledBack")],
    },
  ],
  GatewrightPurgesFail: [
    { series: { [`gatewright_cache_purges_failed_total${at()}`]: "2x9 3x50" }, expected: firesAt(10, "GatewrightPurgesFail") },
    { series: { [`gatewright_cache_purges_failed_total${at()}`]: "7x60" }, expected: [silentAt(60, "GatewrightPurgesFail")] },
    // Five minutes behind the last one nobody has to do anything any more.
    { series: { [`gatewright_cache_purges_failed_total${at()}`]: "2x9 3x50" }, expected: [silentAt(16, "GatewrightPurgesFail")] },
  ],
  GatewrightPurgesWait: [
    { series: { [`gatewright_cache_purges_waiting${at()}`]: "0x9 2x50" }, expected: firesAt(10 + 1, "GatewrightPurgesWait") },
    {
      // Told within a minute.
      series: { [`gatewright_cache_purges_waiting${at()}`]: "0x9 5 0x50" },
      expected: [10, 11, 12, 60].map((minute) => silentAt(minute, "GatewrightPurgesWait")),
    },
  ],
  GatewrightPurgesUnknown: [
    {
      // Known up to minute 10; older than 60 s with minute 12.
      series: { [`gatewright_cache_purges_known_timestamp_seconds${at()}`]: "0+60x10 600x50" },
      expected: firesAt(12 + 2, "GatewrightPurgesUnknown"),
    },
    {
      series: { [`gatewright_cache_purges_known_timestamp_seconds${at()}`]: "0+60x60" },
      expected: [silentAt(60, "GatewrightPurgesUnknown")],
    },
  ],
  GatewrightChangesWait: [
    {
      series: { [`gatewright_cache_changes_waiting${at(',store="shared"')}`]: "0x9 2x50" },
      expected: firesAt(10 + 1, "GatewrightChangesWait", { store: "shared" }),
    },
    {
      series: { [`gatewright_cache_changes_waiting${at(',store="shared"')}`]: "0x9 5 0x50" },
      expected: [10, 11, 12, 60].map((minute) => silentAt(minute, "GatewrightChangesWait")),
    },
  ],
  GatewrightWarmListOutdated: [
    {
      series: { [`gatewright_cache_warm_list_outdated${at()}`]: "0x9 1x50" },
      expected: firesAt(10 + 15, "GatewrightWarmListOutdated"),
    },
    {
      // Whoever wrote it was not done with the first half.
      series: { [`gatewright_cache_warm_list_outdated${at()}`]: "0x9 1x10 0x50" },
      expected: [silentAt(25, "GatewrightWarmListOutdated"), silentAt(60, "GatewrightWarmListOutdated")],
    },
  ],
  GatewrightExportsWait: [
    {
      series: { [`gatewright_export_oldest_seconds${at(',exporter="collector",signal="traces",worker="1"')}`]: "0x9 0+60x50" },
      // Older than 60 s from minute 12 on.
      expected: firesAt(12 + 5, "GatewrightExportsWait", { exporter: "collector" }),
    },
    {
      series: { [`gatewright_export_oldest_seconds${at(',exporter="collector",signal="traces",worker="1"')}`]: "5x60" },
      expected: [silentAt(60, "GatewrightExportsWait")],
    },
  ],
  GatewrightExportsLost: [
    {
      series: {
        [`gatewright_export_dropped_total${at(',exporter="collector",signal="traces"')}`]: "0x9 100+100x50",
        [`gatewright_export_failed_total${at(',exporter="collector",signal="traces"')}`]: "0x60",
        [`gatewright_export_rejected_total${at(',exporter="collector",signal="traces"')}`]: "0x60",
      },
      expected: firesAt(10 + 5, "GatewrightExportsLost", { signal: "traces" }),
    },
    {
      series: {
        [`gatewright_export_dropped_total${at(',exporter="collector",signal="traces"')}`]: "100x60",
        [`gatewright_export_failed_total${at(',exporter="collector",signal="traces"')}`]: "7x60",
        [`gatewright_export_rejected_total${at(',exporter="collector",signal="traces"')}`]: "3x60",
      },
      expected: [silentAt(60, "GatewrightExportsLost")],
    },
  ],
  GatewrightLogLinesLost: [
    { series: { [`gatewright_log_lines_dropped_total${at()}`]: "5x9 6x50" }, expected: firesAt(10, "GatewrightLogLinesLost") },
    { series: { [`gatewright_log_lines_dropped_total${at()}`]: "5x60" }, expected: [silentAt(60, "GatewrightLogLinesLost")] },
  ],
};

test("each alert fires on what deserves it, at its minute, and is silent on what does not", async () => {
  const cases = Object.entries(alerts).flatMap(([alert, all]) =>
    all.map((one, index) => ({ name: `${alert} ${index}`, ...one })),
  );
  await testRules(rules, cases);
});

test("every alert of a gateway that uses everything has such cases", () => {
  const { groups } = parse(rules) as { readonly groups: readonly { readonly rules: readonly { readonly alert?: string }[] }[] };
  const names = new Set(groups.flatMap((group) => group.rules.flatMap(({ alert }) => alert ?? [])));
  expect([...names].sort()).toEqual(Object.keys(alerts).sort());
});

test("a gateway has alerts about zones as far as it compares them", async () => {
  const zoneAlerts = async (loadBalancer: string): Promise<readonly string[]> => {
    const gateway = watched["gateway.yaml"]!.replace("zone: eu-1, failover: { slower: 2 }", loadBalancer);
    const text = (await observed({ ...watched, "gateway.yaml": gateway })).get("prometheus/rules.yaml")!;
    return [...new Set(text.match(/GatewrightZone\w+/g))].sort();
  };
  expect(await zoneAlerts("zone: eu-1, failover: { slower: 2 }")).toEqual(["GatewrightZoneDown", "GatewrightZoneSlow"]);
  expect(await zoneAlerts("zone: eu-1, failover: { by: latency }")).toEqual(["GatewrightZoneDown"]);
  expect(await zoneAlerts("zone: eu-1")).toEqual([]);
});
