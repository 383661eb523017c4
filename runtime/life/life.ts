import type { Log } from "../log/log.ts";
import type { EventTopic, LatestTopic } from "./channel.ts";
import type { Clock } from "./clock.ts";
import type { Json } from "./json.ts";

/** What a living thing has to live by. Everything that it begins here ends with `signal`. */
export interface Life {
  readonly clock: Clock;
  /** Lines under the name of the thing. */
  readonly log: Log;
  /** Over when the process stops, or the tenure of an owner ends. */
  readonly signal: AbortSignal;
  /** Processes of the group that serve, this one among them, and which of them this one is, from 0. */
  readonly group: { readonly size: number; readonly index: number };
  /**
   * Does `work` again and again: first at once, then `milliseconds` after it has ended, give or take a tenth, so that
   * instances that started together do not ask together. It never overlaps itself, and goes on after work that throws,
   * which is logged. `soon` brings the next time forward.
   */
  every(milliseconds: number, work: (signal: AbortSignal) => void | Promise<void>): Every;
  /** A value that every process of the group has: the last one wins, and one that starts has it before it is ready. */
  latest<Value extends Json>(topic: string): LatestTopic<Value>;
  /** Events for the other processes of the group, in order; bounded. */
  events<Event extends Json>(topic: string): EventTopic<Event>;
  /**
   * Asks the process that holds `topic` for the group (`Living.hold`). Rejects with `NobodyHolds` where none does, as after a
   * take-over by a build that its primary does not know, and with `Unanswered` past the deadline.
   */
  ask<Answer extends Json>(topic: string, question: Json): Promise<Answer>;
}

export interface Every {
  /** Brings the next time forward: now, or behind the work that is being done. */
  soon(): void;
  stop(): void;
}
