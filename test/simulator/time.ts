import { clock } from "../../runtime/life/clock.ts";
import { timers } from "../../runtime/life/timers.ts";

/** Something that happens at a time; `undefined` once it was cancelled. */
export interface SimulatedEvent {
  readonly at: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** What `setTimeout` and its like give: as much of it as the run-time library uses. */
interface VirtualTimer {
  cancel(): void;
  ref(): VirtualTimer;
  unref(): VirtualTimer;
}

type Callback = (...args: unknown[]) => void;

const replaced = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate"] as const;

/**
 * All of time, in milliseconds from 0 on: the clock and the timers of the run-time library, and Node's own, which it uses in
 * a few places. Nothing waits for real time, and the same events come in the same order in each run.
 */
export class SimulatedTime {
  now = 0;
  #order = 0;
  /** A heap: no event comes before the one at half of its index. */
  readonly #events: SimulatedEvent[] = [];

  /** Calls back at a time; a callback at a time that is over comes next. */
  at(time: number, callback: () => void): SimulatedEvent {
    const event: SimulatedEvent = { at: Math.max(time, this.now), order: this.#order++, callback };
    const events = this.#events;
    let index = events.length;
    events.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, events[parent]!)) break;
      events[index] = events[parent]!;
      index = parent;
    }
    events[index] = event;
    return event;
  }

  after(milliseconds: number, callback: () => void): SimulatedEvent {
    return this.at(this.now + milliseconds, callback);
  }

  /** While it works, the time of this process is this one. */
  async own<Result>(work: () => Promise<Result>): Promise<Result> {
    const restore = this.#takeOver();
    try {
      return await work();
    } finally {
      restore();
    }
  }

  /**
   * Lets everything happen up to a time. What a callback begins and does not end at once (a promise) has gone on before the
   * next event.
   */
  async run(until: number): Promise<void> {
    for (;;) {
      const next = this.#events[0];
      if (next === undefined || next.at > until) break;
      this.#removeFirst();
      this.now = next.at;
      if (next.callback === undefined) continue;
      next.callback();
      // Behind all microtasks, whatever they add, and without a turn of the event loop: nothing here waits for a socket.
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
    this.now = until;
  }

  #takeOver(): () => void {
    const before = { monotonic: clock.monotonic, wall: clock.wall, after: timers.after };
    const real = Object.fromEntries(replaced.map((name) => [name, globalThis[name]]));
    clock.monotonic = () => this.now;
    clock.wall = () => Date.UTC(2026, 11, 1) + this.now;
    timers.after = (milliseconds, _owner, callback) => this.#timer(milliseconds, callback, false);
    const cancel = (timer: VirtualTimer | undefined): void => timer?.cancel();
    Object.assign(globalThis, {
      setTimeout: (callback: Callback, milliseconds = 0, ...args: unknown[]) =>
        this.#timer(milliseconds, () => callback(...args), false),
      setInterval: (callback: Callback, milliseconds = 0, ...args: unknown[]) =>
        this.#timer(milliseconds, () => callback(...args), true),
      setImmediate: (callback: Callback, ...args: unknown[]) => this.#timer(0, () => callback(...args), false),
      clearTimeout: cancel,
      clearInterval: cancel,
    });
    return () => {
      Object.assign(clock, { monotonic: before.monotonic, wall: before.wall });
      timers.after = before.after;
      Object.assign(globalThis, real);
    };
  }

  #timer(milliseconds: number, callback: () => void, isRepeated: boolean): VirtualTimer {
    const tick = (): void => {
      if (isRepeated) event = this.after(milliseconds, tick);
      callback();
    };
    let event = this.after(milliseconds, tick);
    const timer: VirtualTimer = {
      cancel: () => {
        event.callback = undefined;
      },
      ref: () => timer,
      unref: () => timer,
    };
    return timer;
  }

  #removeFirst(): void {
    const events = this.#events;
    const last = events.pop()!;
    if (events.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child++;
      if (!isBefore(events[child]!, last)) break;
      events[index] = events[child]!;
      index = child;
    }
    events[index] = last;
  }
}

const isBefore = (one: SimulatedEvent, other: SimulatedEvent): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);
