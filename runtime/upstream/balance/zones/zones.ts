import type { StartValue } from "../../../exchange/exchange.ts";
import type { MetricFamily } from "../../../gateway/metrics.ts";
import { clock } from "../../../life/clock.ts";
import type { Json } from "../../../life/json.ts";
import type { Life } from "../../../life/life.ts";
import type { Living } from "../../../life/living.ts";
import type { Log } from "../../../log/log.ts";
import type { Attempt } from "../../attempts/attempt.ts";
import type { EndpointSet } from "../../attempts/endpoint-set.ts";
import type { Outcome } from "../../attempts/outcome.ts";
import type { AttemptWatcher } from "../../attempts/watcher.ts";
import type { Endpoint, Place } from "../../endpoint.ts";
import { type Direction, Zone, type ZoneStanding } from "./zone.ts";
import { ZoneCounts } from "./zone-counts.ts";
import { medianOf, OpenSamples, slowerScore } from "./zone-samples.ts";
import { tellZone, zoneFamilies, zoneStates } from "./zones-told.ts";

export interface ZonesConfig {
  /** Whose they are. */
  readonly service: string;
  /** Of each endpoint, in their order; absent where their registry says so. */
  readonly places?: readonly Place[];
  /** Of this gateway; undefined: it has none. */
  readonly zone?: StartValue | string;
  /** Zones that are nearer to it than others. */
  readonly region?: readonly (StartValue | string)[];
  /** Of zones that are equally near, the quicker one takes requests. */
  readonly byLatency: boolean;
  /** How many times as long as those of one further away the answers of a zone may take; absent: any number. */
  readonly slower?: number;
  /** Share of the requests that measure zones which would get none, from 0 to 1. */
  readonly probe: number;
}

/** Milliseconds between two reviews, and most that may lie between two. */
const reviewMs = 1_000;
const longestMs = 2_000;

/** How many times as long as in another zone that is equally near answers take before requests prefer that one. */
const preferred = 1.25;

/** Standard deviations: by chance alone, one review of a thousand finds a zone slower. */
const sure = 3;

/** Zones that are told apart and compared with each other, and of them, those that each is compared with: the quickest. */
const mostCompared = 64;
const mostRivals = 3;

/** Milliseconds for which a zone is known whose endpoints are gone. */
const knownMs = 120_000;

export const createZones = (config: ZonesConfig): Zones => new Zones(config);

/** The same, as one who hears of attempts. */
export const watchedZones = ({ zones }: { readonly zones: Zones }): AttemptWatcher => zones;

/** The zones of a service: how long their answers take, and what part of the requests each is given. Every process has its own. */
export class Zones implements Living, AttemptWatcher {
  declare readonly __resource: "zones";
  readonly name: string;
  readonly required = false;
  readonly schema = "zones of a service, 1";
  readonly probe: number;
  /** Grows whenever parts have changed. */
  version = 0;
  readonly #config: ZonesConfig;
  readonly #near: ReadonlySet<string>;
  readonly #zones = new Map<string, Zone>();
  readonly #counts = new ZoneCounts();
  readonly #open = new OpenSamples();
  #zoneOf = new Map<Endpoint, Zone>();
  #places: Map<Endpoint, Place> | undefined = undefined;
  /** By name, of zones that have not been here yet. A registry names them as it likes. */
  readonly #adopted = new Map<string, ZoneStanding>();
  #log: Log | undefined = undefined;
  #reviewedAt = clock.monotonic();

  constructor(config: ZonesConfig) {
    this.name = `services.${config.service}.zones`;
    this.probe = config.probe;
    this.#config = config;
    this.#near = new Set(config.region);
  }

  start(life: Life): void {
    this.#log = life.log;
    life.every(reviewMs, () => this.#review());
  }

  watch({ all }: EndpointSet): void {
    const { places } = this.#config;
    // The first time all endpoints of the configuration are there.
    if (places !== undefined) this.#places ??= new Map(all.map((endpoint, index) => [endpoint, places[index]!]));
    this.#makeRoom(all);
    const members = new Map<Zone, Endpoint[]>();
    const isFirst = this.#zoneOf.size === 0;
    this.#zoneOf = new Map();
    for (const endpoint of all) {
      const zone = this.#named(this.#placeOf(endpoint), isFirst);
      this.#zoneOf.set(endpoint, zone);
      const mine = members.get(zone);
      if (mine === undefined) members.set(zone, [endpoint]);
      else mine.push(endpoint);
    }
    for (const zone of this.#zones.values()) zone.members = members.get(zone) ?? [];
    this.version++;
  }

  #named(place: Place | undefined, isFirst: boolean): Zone {
    const key = keyOf(place);
    const { zone: name = "", priority = 0 } = place ?? {};
    let zone = this.#zones.get(key);
    if (zone !== undefined) return zone;
    const distance = name !== "" && name === this.#config.zone ? 0 : this.#near.has(name) ? 1 : 2;
    // A registry may say that each of thousands is in another one.
    if (distance === 2 && name !== "" && this.#zones.size >= mostCompared) return this.#named({ priority }, isFirst);
    zone = new Zone(name, priority, distance, isFirst, this.#counts, this.#open);
    this.#adoptIn(zone);
    this.#zones.set(key, zone);
    return zone;
  }

  /** Those whose endpoints are gone are not waited for where there are others in their place. */
  #makeRoom(all: readonly Endpoint[]): void {
    // Thousands of endpoints share a few places.
    const places = new Set(all.map((endpoint) => this.#placeOf(endpoint)));
    const here = new Set(Array.from(places, keyOf));
    const gone = [...this.#zones.keys()].filter((key) => !here.has(key));
    if (here.size + gone.length > mostCompared) for (const key of gone) this.#zones.delete(key);
  }

  #placeOf(endpoint: Endpoint): Place | undefined {
    return this.#places?.get(endpoint) ?? endpoint.place;
  }

  /** Of an endpoint of the service. */
  of(endpoint: Endpoint): Zone {
    return this.#zoneOf.get(endpoint)!;
  }

  began(attempt: Attempt): void {
    // Of an endpoint that is gone, a request may still be on its way.
    const zone = this.#zoneOf.get(attempt.endpoint);
    if (zone === undefined) return;
    zone.attempts++;
    zone.counted.attempts++;
    zone.samples.began(attempt);
  }

  ended(attempt: Attempt, outcome: Outcome): void {
    this.#open.ended(attempt, outcome);
  }

  /** It hangs on the latencies of the zone where requests go. */
  compares(zone: Zone): boolean {
    for (const other of this.#zones.values())
      if (other !== zone && Math.min(this.#limit(zone, other), this.#limit(other, zone)) < Number.POSITIVE_INFINITY) return true;
    return false;
  }

  /** How many times as long as those of the other one the answers of a zone may take. What is declared beats what is measured. */
  #limit(zone: Zone, { priority, distance }: Zone): number {
    const { byLatency, slower = Number.POSITIVE_INFINITY } = this.#config;
    if (priority !== zone.priority || distance < zone.distance) return Number.POSITIVE_INFINITY;
    return distance > zone.distance ? slower : byLatency ? preferred : Number.POSITIVE_INFINITY;
  }

  #review(): void {
    const now = clock.monotonic();
    const ms = Math.min(longestMs, now - this.#reviewedAt);
    this.#reviewedAt = now;
    this.#forget(now);
    const all = [...this.#zones.values()];
    const working = all.filter((zone) => zone.working > 0);
    for (const [index, zone] of working.entries()) zone.times = index < mostCompared ? zone.samples.sorted(now) : [];
    const counts = all.map((zone) => zone.takeAttempts());
    const total = counts.reduce((sum, count) => sum + count, 0);
    for (const [index, zone] of all.entries()) {
      if (total > 0) zone.share = counts[index]! / total;
      const before = zone.held;
      const rival = this.#quickerThan(zone, working);
      if (zone.working > 0) zone.move(rival.direction, ms, now);
      else if (working.length > 0) zone.down(now);
      if (zone.held !== before) this.version++;
      this.#tell(zone, rival.zone);
    }
  }

  /** Where the share of a zone should move, and the zone that says so. */
  #quickerThan(zone: Zone, working: readonly Zone[]): { readonly direction: Direction; readonly zone: Zone | undefined } {
    if (zone.times.length === 0) return { direction: "up", zone: undefined };
    const rivals = working
      .filter((other) => other !== zone && other.times.length > 0 && this.#limit(zone, other) < Number.POSITIVE_INFINITY)
      .sort((one, other) => medianOf(one.times) - medianOf(other.times))
      .slice(0, mostRivals);
    const quicker = rivals.filter((other) => slowerScore(zone.times, other.times, this.#limit(zone, other)) >= sure);
    const further = quicker.find(({ distance }) => distance > zone.distance);
    if (quicker.length > 0) return { direction: "down", zone: further ?? quicker[0] };
    // Half of what is too much is not enough to come back: where both bounds were one, requests would go to and fro.
    const isQuick = rivals.every((other) => slowerScore(zone.times, other.times, (1 + this.#limit(zone, other)) / 2) <= 0);
    return { direction: isQuick ? "up" : "still", zone: undefined };
  }

  /** Zones whose endpoints have been gone for long. */
  #forget(now: number): void {
    for (const [key, zone] of this.#zones) {
      if (zone.members.length > 0) zone.goneAt = undefined;
      else if (now - (zone.goneAt ??= now) > knownMs) this.#zones.delete(key);
    }
  }

  #tell(zone: Zone, quicker: Zone | undefined): void {
    const state =
      zone.members.length === 0 || zone.held === 1
        ? "whole"
        : zone.working === 0
          ? "down"
          : quicker === undefined
            ? zone.told
            : quicker.distance > zone.distance
              ? "slow"
              : "second";
    if (state === zone.told) return;
    zone.told = state;
    tellZone(this.#log, this.#config.service, zone, quicker);
  }

  handOver(): Json {
    return Object.fromEntries([...this.#zones.values()].map((zone) => [zone.name, zone.standing]));
  }

  /** Before the start: `schema` says that it is what `handOver` made. */
  adopt(state: Json): void {
    const standings = Object.entries(state as { readonly [name: string]: ZoneStanding });
    for (const [name, standing] of standings) this.#adopted.set(name, standing);
    for (const zone of this.#zones.values()) this.#adoptIn(zone);
    this.version++;
  }

  /** Once: what was known at the start says nothing about a zone that comes back hours later. */
  #adoptIn(zone: Zone): void {
    const before = this.#adopted.get(zone.name);
    if (before === undefined) return;
    this.#adopted.delete(zone.name);
    zone.adopt(before);
  }

  state(): Json {
    return zoneStates([...this.#zones.values()]);
  }

  metrics(): readonly MetricFamily[] {
    const { service } = this.#config;
    return [...this.#counts.families(service), ...zoneFamilies(service, [...this.#zones.values()])];
  }
}

const keyOf = ({ zone = "", priority = 0 }: Place = {}): string => `${priority} ${zone}`;
