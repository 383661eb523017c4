import type { Endpoint } from "../../endpoint.ts";
import type { ZoneCount, ZoneCounts } from "./zone-counts.ts";
import { medianOf, type OpenSamples, ZoneSamples } from "./zone-samples.ts";

/** Milliseconds in which requests leave a zone that is slower than another, */
const awayMs = 10_000;

/** and in which they come back to one that is not, or that works again: the time doubles with each relapse. */
const backMs = 20_000;
const mostRelapses = 3;

/** Milliseconds after which it is another trouble, and no relapse. */
const relapseMs = 120_000;

/** Part of its share with which a zone begins that works again. */
const leastBack = 0.1;

/** Endpoints of one priority in one zone. */
export class Zone {
  /** As it is told: `eu-1`, or `eu-1 priority 1`; empty where endpoints have none. */
  readonly name: string;
  readonly zone: string;
  readonly priority: number;
  /** 0: that of the gateway, 1: in its region, 2: further away. */
  readonly distance: number;
  readonly samples: ZoneSamples;
  members: readonly Endpoint[] = [];
  /** Part of what it could bear that it is given, from 0 to 1. */
  held: number;
  /** Milliseconds, ascending, as of the last review; none where too few are known. */
  times: readonly number[] = [];
  /** Since it is known. */
  attempts = 0;
  readonly counted: ZoneCount;
  /** Of the attempts of late, from 0 to 1. */
  share = 0;
  /** Monotonic milliseconds. */
  probedAt = Number.NEGATIVE_INFINITY;
  goneAt: number | undefined = undefined;
  /** What was said of it last. */
  told: ZoneState = "whole";
  #direction: Direction = "still";
  #relapses = 0;
  #roseAt = Number.NEGATIVE_INFINITY;
  #attemptsBefore = 0;

  constructor(zone: string, priority: number, distance: number, isFirst: boolean, counts: ZoneCounts, open: OpenSamples) {
    this.name = priority === 0 ? zone : `${zone} priority ${priority}`;
    this.counted = counts.of(this.name);
    this.samples = new ZoneSamples(open);
    this.zone = zone;
    this.priority = priority;
    this.distance = distance;
    this.held = isFirst ? 1 : leastBack;
  }

  /** Endpoints that get requests. */
  get working(): number {
    return this.members.reduce((count, { marks }) => (marks === 0 ? count + 1 : count), 0);
  }

  /** Its share moves: `ms` have passed since it did before. */
  move(direction: Direction, ms: number, now: number): void {
    if (direction === "down" && this.#direction !== "down") this.#fell(now);
    if (direction === "up" && this.#direction === "down") this.#roseAt = now;
    if (direction !== "still") this.#direction = direction;
    if (direction === "down") this.held = Math.max(0, this.held - ms / awayMs);
    else if (direction === "up") this.held = Math.min(1, this.held + ms / (backMs * 2 ** this.#relapses));
  }

  /** None of its endpoints works: when one does again, requests come back little by little. */
  down(now: number): void {
    if (this.#direction !== "down") this.#fell(now);
    this.#direction = "down";
    this.held = Math.min(this.held, leastBack);
  }

  #fell(now: number): void {
    this.#relapses = now - this.#roseAt < relapseMs ? Math.min(mostRelapses, this.#relapses + 1) : 0;
  }

  /** Attempts since this was asked the last time. */
  takeAttempts(): number {
    const since = this.attempts - this.#attemptsBefore;
    this.#attemptsBefore = this.attempts;
    return since;
  }

  /** Milliseconds to the head of half of its answers; undefined: too few are known. */
  get median(): number | undefined {
    return this.times.length === 0 ? undefined : medianOf(this.times);
  }

  /** For the process that takes over. */
  get standing(): ZoneStanding {
    return { held: this.held, relapses: this.#relapses };
  }

  adopt({ held, relapses }: ZoneStanding): void {
    this.held = held;
    this.#relapses = relapses;
    this.#direction = held < 1 ? "down" : "still";
  }
}

/**
 * `slow`: requests leave it for one further away; `second`: one that is as near is quicker, and goes first; `down`: none of its
 * endpoints works. Until it has its share again.
 */
export type ZoneState = "whole" | "slow" | "second" | "down";

/** `still`: it is in doubt where it should be. */
export type Direction = "up" | "down" | "still";

export type ZoneStanding = { readonly held: number; readonly relapses: number };
