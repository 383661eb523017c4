import type { Json } from "./json.ts";

/** One value that the processes of a group share. */
export interface LatestTopic<Value extends Json> {
  /** What was published last, by whomever; undefined where nothing was. */
  readonly value: Value | undefined;
  /** For every process of the group, this one among them. Values that follow each other quickly are coalesced. */
  publish(value: Value): void;
  /** Called for each new value; at once where there is one already. */
  subscribe(listener: (value: Value) => void): void;
}

/** Events for every process of the group. */
export interface EventTopic<Event extends Json> {
  /** For the others and this one, in the order of each sender. */
  publish(event: Event): void;
  /** `missed`: events that were dropped, as there were too many; ask for the whole state then. */
  subscribe(listener: (event: Event) => void, missed: (count: number) => void): void;
}
