import type { Chance, Distribution } from "./chance.ts";
import type { SimulatedTime } from "./time.ts";

/** What an endpoint does with a request. */
export interface Behaviour {
  /** Milliseconds that it works for a good answer. */
  readonly latency: Distribution;
  /** Requests that it fails, of all: after how many milliseconds, and how. */
  readonly fails?: { readonly share: number; readonly afterMs: number; readonly how: Failure };
}

/** A status, or a connection that breaks. */
export type Failure = number | "reset";

/** `down`: connections are refused. `stalled`: they are taken, and nothing comes until that is over. */
export type Mood = Behaviour | "down" | "stalled";

export interface EndpointPlan {
  /** Requests that it works for at the same time; the others wait for their turn. Absent: all. */
  readonly workers?: number;
  /** What it does from a second on; the first is from 0. */
  readonly moods: readonly { readonly from: number; readonly mood: Mood }[];
}

/** Who asked an endpoint, and hears of it once. */
export interface Asking {
  answered(status: number): void;
  broke(): void;
}

/** An origin server as a queue with workers, with moods. */
export class SimulatedEndpoint {
  readonly #plan: EndpointPlan;
  readonly #time: SimulatedTime;
  readonly #chance: Chance;
  #working = 0;
  readonly #waiting: Asking[] = [];
  readonly #stalled: Asking[] = [];
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

  #begin(asking: Asking): void {
    const mood = this.#mood;
    this.#working++;
    if (mood === "stalled") {
      this.#stalled.push(asking);
      return;
    }
    if (mood === "down") {
      this.#time.after(0, () => this.#end(() => asking.broke()));
      return;
    }
    const { latency, fails } = mood;
    const failure = fails !== undefined && this.#chance() < fails.share ? fails : undefined;
    const milliseconds = failure === undefined ? latency(this.#chance) : failure.afterMs;
    this.#time.after(milliseconds, () =>
      this.#end(() => {
        if (failure?.how === "reset") asking.broke();
        else asking.answered(failure?.how ?? 200);
      }),
    );
  }

  #end(tell: () => void): void {
    this.#working--;
    tell();
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next);
  }

  /** What was held goes on; those that a server had which went down break. */
  #moodChanged(): void {
    if (this.#mood === "stalled") return;
    for (const asking of this.#stalled.splice(0)) {
      this.#working--;
      this.#begin(asking);
    }
  }
}
