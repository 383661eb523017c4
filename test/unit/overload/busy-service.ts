import { Random } from "../../harness/values/random.ts";

interface Event {
  readonly at: number;
  readonly happen: () => void;
}

/** Time that passes as fast as it can be computed: what is planned happens in its order. */
export class Simulation {
  now = 0;
  readonly random: Random;
  /** A heap, the earliest first. */
  readonly #events: Event[] = [];

  constructor(seed: string) {
    this.random = new Random(seed);
  }

  after(milliseconds: number, happen: () => void): void {
    const events = this.#events;
    const event = { at: this.now + milliseconds, happen };
    let index = events.push(event) - 1;
    for (; index > 0; index = (index - 1) >> 1) {
      const parent = events[(index - 1) >> 1]!;
      if (parent.at <= event.at) break;
      events[index] = parent;
    }
    events[index] = event;
  }

  /** Exponentially distributed, as between arrivals that know nothing of each other. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.random.next());
  }

  run(until: number): void {
    const events = this.#events;
    while (events.length > 0 && events[0]!.at <= until) {
      const { at, happen } = this.#pop();
      this.now = at;
      happen();
    }
    this.now = until;
  }

  #pop(): Event {
    const events = this.#events;
    const first = events[0]!;
    const last = events.pop()!;
    if (events.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && events[child + 1]!.at < events[child]!.at) child++;
      if (events[child]!.at >= last.at) break;
      events[index] = events[child]!;
      index = child;
    }
    events[index] = last;
    return first;
  }
}

/** A service that works at so many requests at a time; others wait inside it, in their order. */
export class BusyService {
  slots: number;
  /** Milliseconds that one takes on average. */
  mean: number;
  busy = 0;
  answered = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #simulation: Simulation;

  constructor(simulation: Simulation, slots: number, mean: number) {
    this.#simulation = simulation;
    this.slots = slots;
    this.mean = mean;
  }

  /** Calls back when it has answered. */
  ask(answered: () => void): void {
    const work = (): void => {
      this.busy++;
      // Half of it is always the same, so that latency is no pure chance.
      const takes = this.mean / 2 + this.#simulation.exponential(this.mean / 2);
      this.#simulation.after(takes, () => {
        this.busy--;
        this.answered++;
        if (this.busy < this.slots) this.#waiting.shift()?.();
        answered();
      });
    };
    if (this.busy < this.slots) work();
    else this.#waiting.push(work);
  }
}
