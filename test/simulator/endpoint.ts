import type { Chance, Distribution } from "./chance.ts";
import type { SimulatedEvent, SimulatedTime } from "./time.ts";

/** What an endpoint does with a request. */
export interface Behaviour {
  /** Milliseconds that it works for a good answer. */
  readonly latency: Distribution;
  /** Milliseconds from the head of a good answer to its end: a download, a stream of events, a tunnel. Absent: none. */
  readonly streams?: Distribution;
  /** Requests that it fails, of all: after how many milliseconds, and how. */
  readonly fails?: { readonly share: number; readonly afterMs: number; readonly how: Failure };
}

/** A status, or a connection that breaks. */
export type Failure = number | "reset";

/**
 * `down`: connections are refused, and those that stood break. `stalled`: they are taken, and nothing comes until that is
 * over, of what was under way either.
 */
export type Mood = Behaviour | "down" | "stalled";

export interface EndpointPlan {
  /** Requests that it works for at the same time; the others wait for their turn. Absent: all. */
  readonly workers?: number;
  /** What it does from a second on; the first is from 0. */
  readonly moods: readonly { readonly from: number; readonly mood: Mood }[];
}

/** Who asked an endpoint: hears of the head of the answer and of its end, or that the connection broke. */
export interface Asking {
  answered(status: number): void;
  ended(): void;
  broke(): void;
}

/** An origin server as a queue with workers, with moods. */
export class SimulatedEndpoint {
  readonly #plan: EndpointPlan;
  readonly #time: SimulatedTime;
  readonly #chance: Chance;
  #working = 0;
  readonly #waiting: Asking[] = [];
  readonly #stalled: (() => void)[] = [];
  /** Those that it works for, with what is done for them next. */
  readonly #underWay = new Map<Asking, { readonly event: SimulatedEvent; readonly next: () => void }>();
  /** Milliseconds at which requests came. */
  readonly arrivals: number[] = [];

  constructor(plan: EndpointPlan, time: SimulatedTime, chance: Chance) {
    this.#plan = plan;
    this.#time = time;
    this.#chance = chance;
    for (const { from } of plan.moods.slice(1)) time.at(from * 1000, () => this.#moodChanged());
  }

  get #mood(): Mood {
    const second = this.#time.now / 1000;
    return this.#plan.moods.findLast(({ from }) => from <= second)!.mood;
  }

  get isDown(): boolean {
    return this.#mood === "down";
  }

  /** Whoever leaves is worked for all the same: most servers notice too late. */
  ask(asking: Asking): void {
    this.arrivals.push(this.#time.now);
    if (this.#plan.workers !== undefined && this.#working >= this.#plan.workers) this.#waiting.push(asking);
    else this.#begin(asking);
  }

  /** A check of its health, which it answers at once while it works. */
  check(asking: Asking): void {
    const mood = this.#mood;
    if (mood === "stalled") return;
    if (mood === "down") {
      this.#time.after(0, () => asking.broke());
      return;
    }
    this.#time.after(1, () => {
      asking.answered(200);
      asking.ended();
    });
  }

  #begin(asking: Asking): void {
    const mood = this.#mood;
    this.#working++;
    if (mood === "stalled") this.#stalled.push(() => this.#work(asking));
    else if (mood === "down") this.#time.after(0, () => this.#end(() => asking.broke()));
    else this.#work(asking);
  }

  #work(asking: Asking): void {
    const mood = this.#mood;
    if (typeof mood === "string") return;
    const { latency, fails, streams } = mood;
    const failure = fails !== undefined && this.#chance() < fails.share ? fails : undefined;
    const end = (): void => this.#end(() => asking.ended());
    this.#after(asking, failure === undefined ? latency(this.#chance) : failure.afterMs, () => {
      if (failure?.how === "reset") {
        this.#end(() => asking.broke());
        return;
      }
      asking.answered(failure?.how ?? 200);
      if (streams === undefined || failure !== undefined) end();
      else this.#after(asking, streams(this.#chance), end);
    });
  }

  #after(asking: Asking, milliseconds: number, next: () => void): void {
    const event = this.#time.after(milliseconds, () => {
      this.#underWay.delete(asking);
      next();
    });
    this.#underWay.set(asking, { event, next });
  }

  #end(tell: () => void): void {
    this.#working--;
    tell();
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next);
  }

  #moodChanged(): void {
    const mood = this.#mood;
    if (mood === "down") this.#break();
    else if (mood === "stalled") this.#stop();
    else for (const goOn of this.#stalled.splice(0)) goOn();
  }

  #break(): void {
    const all = [...this.#underWay.keys(), ...this.#waiting.splice(0)];
    this.#stop();
    this.#stalled.length = 0;
    this.#working = 0;
    for (const asking of all) asking.broke();
  }

  /** What is under way goes on when somebody lets it. */
  #stop(): void {
    for (const { event, next } of this.#underWay.values()) {
      event.callback = undefined;
      this.#stalled.push(next);
    }
    this.#underWay.clear();
  }
}
