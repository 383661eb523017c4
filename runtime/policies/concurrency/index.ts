import { type Problem, refuse } from "../../answers/problem.ts";
import type { Exchange, Slot } from "../../exchange/exchange.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Living } from "../../life/living.ts";
import { latencyOf } from "../../overload/latency.ts";
import { Limiter, type LimiterConfig } from "../../overload/limiter.ts";
import { type LimiterFigures, limiterFamilies } from "../../overload/limiter-families.ts";
import { priorityOf } from "../../overload/priority.ts";
import { Waiting, type WaitingEnd } from "../../overload/waiting.ts";
import { crowded } from "./problems.ts";

export interface ConcurrencyConfig extends LimiterConfig {
  /** Unique in the gateway: `policies.yaml:7 concurrency`. */
  readonly name: string;
  /** Each operation has a limiter of its own. */
  readonly perOperation: boolean;
  /** In report mode: nobody waits, and nobody is kept out. */
  readonly reports: boolean;
  readonly slot: Slot;
}

export const createConcurrency = (config: ConcurrencyConfig): Concurrency => new Concurrency(config);

/** Limits how many requests are under way at a time. */
export class Concurrency implements Living {
  readonly name: string;
  readonly required = false;
  protected readonly problem: Problem = crowded;
  readonly #config: ConcurrencyConfig;
  /** By the index of the operation; one alone where all share it. */
  readonly #limiters: (Named | undefined)[] = [];

  constructor(config: ConcurrencyConfig) {
    this.name = config.name;
    this.#config = config;
  }

  request(x: Exchange): boolean | Promise<boolean> {
    const limiter = this.limiterOf(x);
    if (!limiter.enter()) return this.#crowded(x, limiter);
    x.slots[this.#config.slot] = limiter;
    return false;
  }

  done(x: Exchange): void {
    // Only what is above and below writes the slot.
    const held = x.slots[this.#config.slot] as Limiter | Waiting | undefined;
    if (held === undefined) return;
    if (held instanceof Waiting) held.line.leave(held);
    else this.left(held, held.isAdaptive ? latencyOf(x) : undefined);
  }

  state(): Json {
    const all = [...this.figures()];
    return Object.fromEntries(all.map(([name, { limit, inFlight, waiting }]) => [name, { limit, inFlight, waiting }]));
  }

  metrics(): readonly MetricFamily[] {
    return limiterFamilies(this.figures());
  }

  protected limiterOf(x: Exchange): Limiter {
    const index = this.#config.perOperation ? x.operation.index : 0;
    return this.#limiters[index]?.limiter ?? this.#begin(index, x);
  }

  protected left(limiter: Limiter, took: number | undefined): void {
    limiter.leave(took);
  }

  protected figures(): ReadonlyMap<string, LimiterFigures> {
    const begun = this.#limiters.filter((one) => one !== undefined);
    return new Map(
      begun.map(({ name, limiter: { limit, inFlight, waiting, shed } }) => [name, { limit, inFlight, waiting, shed }]),
    );
  }

  #begin(index: number, x: Exchange): Limiter {
    // One after the other: an array with wide gaps becomes a dictionary, and each request would look its limiter up there.
    while (this.#limiters.length < index) this.#limiters.push(undefined);
    const limiter = new Limiter(this.#config);
    this.#limiters[index] = { name: this.#config.perOperation ? `${this.name} ${x.operation.id}` : this.name, limiter };
    return limiter;
  }

  #crowded(x: Exchange, limiter: Limiter): boolean | Promise<boolean> {
    const { slot, reports } = this.#config;
    if (reports) {
      limiter.exceed(priorityOf(x));
      x.slots[slot] = limiter;
      return refuse(x, this.problem);
    }
    return this.#wait(x, limiter);
  }

  /** Shed at once, or later; or in, once there is a place. */
  #wait(x: Exchange, limiter: Limiter): boolean | Promise<boolean> {
    const { slot } = this.#config;
    let settle: ((end: WaitingEnd) => void) | undefined;
    const ends = new Promise<WaitingEnd>((resolve) => {
      settle = resolve;
    });
    const waiting = limiter.wait(priorityOf(x), x.time?.endOf(x) ?? Number.POSITIVE_INFINITY, (end) => {
      x.slots[slot] = end === "free" ? limiter : undefined;
      settle!(end);
    });
    if (waiting === undefined || waiting.isOver) return refuse(x, this.problem);
    x.slots[slot] = waiting;
    return this.#ended(x, ends);
  }

  async #ended(x: Exchange, ends: Promise<WaitingEnd>): Promise<boolean> {
    const end = await ends;
    // That its own time is over is not for want of a place alone: it has another answer.
    if (end === "deadline" && x.time !== undefined && x.time.endOf(x) <= clock.monotonic()) return x.time.refuse(x);
    // Whoever has left needs no answer.
    return end !== "free" && (end === "gone" || refuse(x, this.problem));
  }
}

interface Named {
  readonly name: string;
  readonly limiter: Limiter;
}
