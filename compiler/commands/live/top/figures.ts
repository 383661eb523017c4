import { type CacheFigures, cacheFigures, hitsOf } from "./cache-figures.ts";
import { increase } from "./increase.ts";
import { type MetricSample, type Metrics, samplesOf, sumOf } from "./metrics-text.ts";
import { bucketsBetween, quantile } from "./quantile.ts";

/** What a gateway did between two reads of its metrics. */
export interface TopFigures {
  /** Between the reads. */
  readonly seconds: number;
  readonly total: Rates;
  /** Those that had requests, the busiest first. */
  readonly operations: readonly (Rates & OperationFigures)[];
  readonly services: readonly (Rates & ServiceFigures)[];
  readonly caches: CacheFigures | null;
  readonly limits: readonly LimitFigures[];
}

interface OperationFigures {
  readonly operation: string;
  /** Share of the requests that was answered out of a cache, fresh or stale; null where there is none, or it was not asked. */
  readonly hits: number | null;
}

export interface Rates {
  readonly perSecond: number;
  /** Shares of the requests, from 0 to 1; null where there was none. */
  readonly serverErrors: number | null;
  readonly clientErrors: number | null;
  /** Milliseconds; null where there was no request. `isBeyond`: longer than the highest bound of the histogram, which it is. */
  readonly p50: Quantile | null;
  readonly p99: Quantile | null;
  readonly inFlight: number;
}

export interface Quantile {
  readonly ms: number;
  readonly isBeyond: boolean;
}

interface ServiceFigures {
  readonly service: string;
  readonly active: number;
  readonly idle: number;
  readonly retriesPerSecond: number;
  /** Those of its endpoints that get no requests in at least one worker; null where nothing judges them. */
  readonly endpoints: { readonly out: number; readonly all: number } | null;
  /** Breakers that are not closed in at least one worker, its own and those of operations; null where it has none. */
  readonly openBreakers: number | null;
  /** Where zones are compared: those that get less than their share in at least one worker, with what they get; null: they are not. */
  readonly heldZones: readonly { readonly zone: string; readonly share: number | null }[] | null;
}

/** Something of which there is only so much. */
export interface LimitFigures {
  readonly limit: string;
  readonly used: number;
  readonly most: number;
  readonly refusedPerSecond: number;
}

type Labels = MetricSample["labels"];

export function topFigures(before: Metrics, after: Metrics, seconds: number): TopFigures {
  const ratesOf = (wanted: (labels: Labels) => boolean): Rates => rates(before, after, seconds, wanted);
  const perSecond = (name: string, wanted: (labels: Labels) => boolean = () => true): number =>
    increase(before, after, name, wanted) / seconds;
  const caches = cacheFigures(before, after, seconds);
  const names = (label: string): string[] => [
    ...new Set(samplesOf(after, "requests_total").map(({ labels }) => labels[label] ?? "")),
  ];
  const operations = names("operation")
    .map((operation) => ({
      operation,
      ...ratesOf((labels) => labels.operation === operation),
      hits: hitsOf(before, after, (labels) => labels.operation === operation),
    }))
    .filter(({ perSecond: rate, inFlight }) => rate > 0 || inFlight > 0)
    .sort(busiestFirst);
  const services = [...new Set([...samplesOf(after, "upstream_connections").map(({ labels }) => labels.service ?? "")])]
    .map((service) => {
      const ofService = (labels: Labels): boolean => labels.service === service;
      const inState = (state: string) => (labels: Labels) => ofService(labels) && labels.state === state;
      return {
        service,
        ...ratesOf(ofService),
        active: sumOf(after, "upstream_connections", inState("active")),
        idle: sumOf(after, "upstream_connections", inState("idle")),
        retriesPerSecond: perSecond("upstream_retries_total", ofService),
        endpoints: endpointsOf(after, service),
        openBreakers: openBreakersOf(after, service),
        heldZones: heldZonesOf(before, after, service),
      };
    })
    .sort(busiestFirst);
  const limits = limitNames.flatMap(([limit, used, most, refused]) =>
    samplesOf(after, most).length === 0
      ? []
      : [{ limit, used: sumOf(after, used), most: sumOf(after, most), refusedPerSecond: perSecond(refused) }],
  );
  return { seconds, total: ratesOf(() => true), operations, services, caches, limits };
}

function endpointsOf(after: Metrics, service: string): ServiceFigures["endpoints"] {
  const states = samplesOf(after, "service_endpoint_state").filter(({ labels }) => labels.service === service);
  if (states.length === 0) return null;
  const names = (samples: readonly MetricSample[]): number => new Set(samples.map(({ labels }) => labels.endpoint)).size;
  return { out: names(states.filter(({ value }) => value > 0)), all: names(states) };
}

function openBreakersOf(after: Metrics, service: string): number | null {
  const breakers = samplesOf(after, "service_breaker_open").filter(({ labels }) => labels.service === service);
  return breakers.length === 0 ? null : breakers.filter(({ value }) => value > 0).length;
}

function heldZonesOf(before: Metrics, after: Metrics, service: string): ServiceFigures["heldZones"] {
  const zones = samplesOf(after, "service_zone_withheld").filter(({ labels }) => labels.service === service);
  if (zones.length === 0) return null;
  const attempts = (wanted: (labels: Labels) => boolean): number =>
    increase(before, after, "service_zone_attempts_total", (labels) => labels.service === service && wanted(labels));
  const all = attempts(() => true);
  return zones
    .filter(({ value }) => value > 0)
    .map(({ labels: { zone = "" } }) => ({ zone, share: all === 0 ? null : attempts((labels) => labels.zone === zone) / all }));
}

const limitNames = [
  ["connections", "connections", "connections_limit", "connections_refused_total"],
  ["requests in flight", "open_requests", "open_requests_limit", "requests_refused_total"],
  ["memory of bodies", "body_memory_bytes", "body_memory_limit_bytes", "bodies_refused_total"],
] as const;

const busiestFirst = (one: Rates, other: Rates): number => other.perSecond - one.perSecond || other.inFlight - one.inFlight;

function rates(before: Metrics, after: Metrics, seconds: number, wanted: (labels: Labels) => boolean): Rates {
  const count = (status: RegExp): number =>
    increase(before, after, "requests_total", (labels) => wanted(labels) && status.test(labels.status ?? ""));
  const requests = count(/(?:)/);
  const share = (part: number): number | null => (requests === 0 ? null : part / requests);
  const buckets = bucketsBetween(before, after, wanted);
  const quantileMs = (of: number): Quantile | null => {
    const found = quantile(buckets, of);
    return found === undefined ? null : { ms: found.seconds * 1000, isBeyond: found.isBeyond };
  };
  return {
    perSecond: requests / seconds,
    serverErrors: share(count(/^5/)),
    clientErrors: share(count(/^4/)),
    p50: quantileMs(0.5),
    p99: quantileMs(0.99),
    inFlight: sumOf(after, "requests_in_flight", wanted),
  };
}
