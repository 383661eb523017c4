import type { Priority } from "./priority.ts";

/**
 * How waiting ended. `free`: there is a place, and it is taken. `gone`: whoever waited has left. Otherwise it is shed, because
 * there is no more room (`full`), somebody more important needed the room (`displaced`), the queue stands (`standing`), or it has
 * waited as long as it may (`deadline`).
 */
export type WaitingEnd = "free" | "gone" | ShedReason;

export type ShedReason = "full" | "displaced" | "standing" | "deadline";

/** Somebody who waits for a place. In one line at most, once. */
export class Waiting {
  readonly line: { leave(one: Waiting): void };
  readonly priority: Priority;
  /** Monotonic milliseconds: since when, and until when. */
  readonly since: number;
  readonly until: number;
  /** Called once, when waiting ends. Must not throw. */
  readonly settle: (end: WaitingEnd) => void;
  /** Neighbours among those of the same class; the older one is before. */
  before: Waiting | undefined = undefined;
  behind: Waiting | undefined = undefined;
  isOver = false;

  constructor(line: Waiting["line"], priority: Priority, since: number, until: number, settle: (end: WaitingEnd) => void) {
    this.line = line;
    this.priority = priority;
    this.since = since;
    this.until = until;
    this.settle = settle;
  }
}

/** Those of one class, in the order in which they came. */
export class WaitingClass {
  oldest: Waiting | undefined = undefined;
  newest: Waiting | undefined = undefined;

  add(one: Waiting): void {
    one.before = this.newest;
    if (this.newest === undefined) this.oldest = one;
    else this.newest.behind = one;
    this.newest = one;
  }

  remove(one: Waiting): void {
    const { before, behind } = one;
    if (before === undefined) this.oldest = behind;
    else before.behind = behind;
    if (behind === undefined) this.newest = before;
    else behind.before = before;
    one.before = undefined;
    one.behind = undefined;
  }
}
