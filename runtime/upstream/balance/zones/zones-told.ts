import type { MetricFamily } from "../../../gateway/metrics.ts";
import type { Json } from "../../../life/json.ts";
import type { Log } from "../../../log/log.ts";
import { label } from "../../../metrics/label.ts";
import type { Zone } from "./zone.ts";

/** Once for each change. `quicker`: the zone for which requests leave it. */
export function tellZone(log: Log | undefined, service: string, zone: Zone, quicker: Zone | undefined): void {
  const about = { service, zone: zone.name };
  if (zone.told === "whole") log?.write("info", "zone has its share again", about);
  else if (zone.told === "down") log?.write("warning", "zone has no endpoint that works", about);
  else {
    const times = { ms: rounded(zone.median), quicker: quicker?.name ?? "", quickerMs: rounded(quicker?.median) };
    if (zone.told === "slow") log?.write("warning", "requests leave a zone that is slower than another", { ...about, ...times });
    else log?.write("info", "another zone that is as near is quicker, and goes first", { ...about, ...times });
  }
}

/** For `/status`. */
export const zoneStates = (zones: readonly Zone[]): Json =>
  zones.map((zone) => ({
    zone: zone.name,
    endpoints: `${zone.working}/${zone.members.length}`,
    share: percent(zone.share),
    held: percent(zone.held),
    ms: zone.median === undefined ? null : rounded(zone.median),
  }));

export function zoneFamilies(service: string, zones: readonly Zone[]): readonly MetricFamily[] {
  const labelsOf = (zone: string): string => `${label("service", service)},${label("zone", zone)}`;
  const samples = (valueOf: (zone: Zone) => number, of = zones) =>
    of.map((zone) => ({ labels: labelsOf(zone.name), value: valueOf(zone) }));
  const known = zones.filter(({ median }) => median !== undefined);
  return [
    {
      name: "gatewright_service_zone_withheld",
      help: "Part of its share that the zone is not given, as it is slower than another, has none that works or is just back; added up over workers.",
      type: "gauge",
      samples: samples(({ held }) => 1 - held),
    },
    {
      name: "gatewright_service_zone_state",
      help: "Workers in which requests leave the zone: slow: for one further away; down: none of its endpoints works.",
      type: "gauge",
      samples: (["slow", "down"] as const).flatMap((state) =>
        zones.map(({ name, told }) => ({
          labels: `${labelsOf(name)},${label("state", state)}`,
          value: told === state ? 1 : 0,
        })),
      ),
    },
    {
      name: "gatewright_service_zone_latency_seconds",
      help: "Median of the time to the head of answers of the zone, added up over the workers that know it.",
      type: "gauge",
      samples: samples(({ median = 0 }) => median / 1000, known),
    },
    {
      name: "gatewright_service_zone_latency_known",
      help: "Workers that know the latency of the zone.",
      type: "gauge",
      samples: samples(() => 1, known),
    },
  ];
}

const percent = (share: number): string => `${Number((share * 100).toFixed(1))}%`;
const rounded = (ms = 0): number => Number(ms.toPrecision(3));
