import { logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import { type Timer, timers } from "../../life/timers.ts";
import { writeEvent } from "../../log/log.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Attempt } from "./attempt.ts";
import type { EndpointSet } from "./endpoint-set.ts";
import { FailureWindow } from "./failure-window.ts";
import { type Outcome, outcomes } from "./outcome.ts";
import { timeToHead } from "./time-to-head.ts";
import type { AttemptWatcher } from "./watcher.ts";

export interface EjectionConfig {
  /** Of the service. */
  readonly service: string;
  /** Attempts at an endpoint that failed one after another; absent: not looked at. */
  readonly consecutive?: number;
  /** Share of the attempts at an endpoint within `window` that failed, from 0 to 1, once there were `minimum`; absent: not looked at. */
  readonly errorRate?: number;
  /** How many times as long as at the others its answers take; absent: not looked at. */
  readonly slower?: number;
  readonly minimum: number;
  /** Milliseconds. */
  readonly window: number;
  /** Milliseconds for which an endpoint is ejected the first time; longer each time that it comes back and fails again. */
  readonly eject: number;
  /** Milliseconds that it is ejected at most. */
  readonly maxEject: number;
  /** Share of the endpoints that may be ejected, from 0 to 1. */
  readonly most: number;
}

/** Answers that took less are quick, whatever others take: milliseconds. */
const quickMs = 10;

/** Takes endpoints at which requests fail out of the choice for a while, as the gateway sees it in its own requests. */
export const createEjection = (config: EjectionConfig): Ejection => new Ejection(config);

export class Ejection implements AttemptWatcher {
  readonly #config: EjectionConfig;
  readonly #known = new Map<Endpoint, EndpointRecord>();
  #set: EndpointSet | undefined = undefined;
  #ejections = 0;

  constructor(config: EjectionConfig) {
    this.#config = config;
  }

  watch(set: EndpointSet): void {
    this.#set = set;
    const there = new Set(set.all);
    for (const [endpoint, { timer }] of this.#known) {
      if (there.has(endpoint)) continue;
      timer?.cancel();
      this.#known.delete(endpoint);
    }
    this.#keepBound();
  }

  /** How many endpoints were ejected, since the process started. */
  count(): number {
    return this.#ejections;
  }

  ended(attempt: Attempt, outcome: Outcome): void {
    const { outlier } = outcomes[outcome];
    // One that is gone counts no more.
    if (outlier === "none" || this.#set!.has(attempt.endpoint, "draining")) return;
    const record = this.#recordOf(attempt.endpoint);
    if (record.timer !== undefined) return;
    const hasFailed = outlier === "failure";
    record.window.add(attempt.endedAt, hasFailed);
    if (!hasFailed) {
      record.inRow = 0;
      record.sample(timeToHead(attempt, attempt.endedAt));
      if (this.#config.slower === undefined) return;
    } else record.inRow++;
    const why = this.#whyEjected(attempt.endpoint, record, hasFailed);
    if (why !== undefined) this.#eject(attempt.endpoint, record, why);
  }

  /** Made with the first attempt that counts: of thousands of endpoints most may have none. */
  #recordOf(endpoint: Endpoint): EndpointRecord {
    let record = this.#known.get(endpoint);
    if (record === undefined) this.#known.set(endpoint, (record = new EndpointRecord(this.#config.window)));
    return record;
  }

  #whyEjected(endpoint: Endpoint, record: EndpointRecord, hasFailed: boolean): string | undefined {
    const { consecutive = Number.POSITIVE_INFINITY, errorRate = 2, slower, minimum } = this.#config;
    if (record.inRow >= consecutive) return `${record.inRow} attempts in a row failed`;
    const { all, failed } = record.window;
    if (all < minimum) return undefined;
    if (hasFailed && failed / all >= errorRate) return `${failed} of ${all} attempts failed`;
    if (slower === undefined || hasFailed) return undefined;
    const others = this.#latencyOfOthers(endpoint);
    if (others === undefined || record.latency < Math.max(quickMs, slower * others)) return undefined;
    return `its answers take ${Math.round(record.latency)} ms, those of the others ${Math.round(others)} ms`;
  }

  /** The median of those about which enough is known. */
  #latencyOfOthers(endpoint: Endpoint): number | undefined {
    const known: number[] = [];
    for (const [other, { window, latency }] of this.#known)
      if (other !== endpoint && window.all >= this.#config.minimum) known.push(latency);
    return known.toSorted((a, b) => a - b)[Math.floor(known.length / 2)];
  }

  #eject(endpoint: Endpoint, record: EndpointRecord, why: string): void {
    const set = this.#set!;
    // One endpoint is never ejected: floor(1 × most) is 0 below a share of all, which the schema does not allow.
    if (this.#ejected().length + 1 > Math.floor(set.all.length * this.#config.most)) return;
    const { eject, maxEject, service } = this.#config;
    // A time without ejection as long as one makes up for one.
    const good = record.returnedAt === 0 ? 0 : Math.floor((clock.monotonic() - record.returnedAt) / eject);
    record.times = Math.max(0, record.times - good) + 1;
    const ms = Math.min(maxEject, eject * record.times);
    this.#ejections++;
    record.until = clock.monotonic() + ms;
    record.timer = timers.after(ms, logged("an endpoint was not taken back"), () => this.#takeBack(endpoint, record));
    set.mark(endpoint, "ejected", true);
    writeEvent(
      "warning",
      "endpoint ejected",
      { service, endpoint: endpoint.url, why, seconds: Math.round(ms / 1000) },
      endpoint.url,
    );
  }

  #takeBack(endpoint: Endpoint, record: EndpointRecord): void {
    record.begin();
    this.#set!.mark(endpoint, "ejected", false);
    writeEvent("info", "endpoint taken back", { service: this.#config.service, endpoint: endpoint.url }, endpoint.url);
  }

  #ejected(): [Endpoint, EndpointRecord][] {
    return [...this.#known].filter(([, { timer }]) => timer !== undefined);
  }

  /** Of fewer endpoints fewer may be ejected: those that would be back first are. */
  #keepBound(): void {
    const ejected = this.#ejected().toSorted(([, a], [, b]) => a.until - b.until);
    const tooMany = ejected.length - Math.floor(this.#set!.all.length * this.#config.most);
    for (const [endpoint, record] of ejected.slice(0, Math.max(0, tooMany))) this.#takeBack(endpoint, record);
  }
}

/** What is known of an endpoint. */
class EndpointRecord {
  readonly window: FailureWindow;
  inRow = 0;
  /** Moving average of milliseconds to the head of good answers. */
  latency = 0;
  /** How long it is ejected the next time, in units of the first. */
  times = 0;
  /** Monotonic milliseconds. */
  until = 0;
  returnedAt = 0;
  /** While it is ejected. */
  timer: Timer | undefined = undefined;

  constructor(windowMs: number) {
    this.window = new FailureWindow(windowMs);
  }

  sample(ms: number): void {
    this.latency = this.latency === 0 ? ms : this.latency + (ms - this.latency) / 16;
  }

  /** Counts anew. */
  begin(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.returnedAt = clock.monotonic();
    this.window.clear();
    this.inRow = 0;
    this.latency = 0;
  }
}
