import type { EventTopic, LatestTopic } from "./channel.ts";
import type { Json } from "./json.ts";

/** The place of a process in its group: what it shares with the others, and what it is named for. */
export interface Seat {
  /** Processes that serve, and which of them this one is, from 0. */
  readonly size: number;
  readonly index: number;
  latest<Value extends Json>(topic: string, signal: AbortSignal): LatestTopic<Value>;
  events<Event extends Json>(topic: string, signal: AbortSignal): EventTopic<Event>;
  ask<Answer extends Json>(topic: string, question: Json): Promise<Answer>;
  /**
   * Takes the place. From here on the process may be named for each of `owned`. Resolves when the latest value of each topic
   * is there, with what a process before hands over.
   */
  join(owned: readonly string[], seated: Seated): Promise<readonly HandedOver[]>;
}

/** Whom a seat tells what its process is named for. */
export interface Seated {
  begin(name: string): void;
  end(name: string): void;
  /** Another process takes over: what it goes on from. */
  handOver(): readonly HandedOver[];
}

/** What one living thing hands over. */
export interface HandedOver {
  readonly name: string;
  readonly schema: string;
  readonly state: Json;
}
