import type { Exchange } from "../../../exchange/exchange.ts";
import { CallerCount, callerOf } from "./callers.ts";
import { Marks } from "./marks.ts";
import type { BadRequest, Counts, MetricPlan } from "./plan.ts";

/** What the first attempt says of the service that it was made at; undefined: nothing. */
export type FirstAttemptAt = (
  service: string,
  x: Pick<Exchange, "upstream">,
) => { readonly hasFailed: boolean; readonly isAbandoned: boolean; readonly took: number } | undefined;

/** How long a service waited for what the client had still to send. */
export interface Upload {
  /** Milliseconds, so far. */
  readonly waited: number;
}

/** Begins to time a body that is to be sent on as it comes; undefined: there is none. */
export type TimeUpload = (x: Exchange) => Upload | undefined;

/** One request that is over. */
export interface Sample {
  readonly x: Exchange;
  /** The one that the request was to go to. */
  readonly service: string;
  readonly isFresh: boolean;
  /** Of its user; undefined: it is a user of its own. */
  readonly place: number | undefined;
  /** Milliseconds in which its client was waited for. */
  readonly waited: number;
}

/** Callers of one period whose bad requests are told apart; those of further ones are counted as they come. */
const mostCallers = 256;

/** Counted in place. */
interface Tally {
  all: number;
  readonly bad: number[];
}

const noTally = (metrics: number): Tally => ({ all: 0, bad: new Array<number>(metrics).fill(0) });

/**
 * What this process has seen since it was asked last. The requests of one user are not independent of each other: in each
 * period the first one counts, by a bit that others may share, which leaves requests out, but of both arms alike.
 *
 * Where clients may choose their arm, one caller (`callerOf`) can be as many users as it likes. There callers take the place
 * of users, and one of whom a request was bad does not count any more in the step. Whether a request counts is settled before anybody knows how it ends,
 * so the evidence stays what it is: that of requests to arms that are alike.
 */
export class Samples {
  readonly #metrics: readonly MetricPlan[];
  readonly #firstAttemptAt: FirstAttemptAt;
  readonly #tellsCallers: boolean;
  #fresh: Tally;
  #old: Tally;
  #bad: BadRequest[] = [];
  readonly #users = new Marks();
  readonly #badCallers = new Marks();
  readonly #callers = new CallerCount();
  #step = 0;

  constructor(metrics: readonly MetricPlan[], firstAttemptAt: FirstAttemptAt, tellsCallers: boolean) {
    this.#metrics = metrics;
    this.#firstAttemptAt = firstAttemptAt;
    this.#tellsCallers = tellsCallers;
    this.#fresh = noTally(metrics.length);
    this.#old = noTally(metrics.length);
  }

  /** `step`: in which the roll-out is. */
  add({ x, service, isFresh, place, waited }: Sample, step: number): void {
    const first = this.#firstAttemptAt(service, x);
    if (first === undefined) return;
    const took = Math.max(0, first.took - waited);
    const bad = this.#badness(first.hasFailed, took);
    // How long it would have taken, nobody knows.
    if (first.isAbandoned && bad === 0) return;
    if (!this.#tellsCallers) {
      if (place === undefined || !this.#users.mark(place)) this.#count(isFresh, bad);
      return;
    }
    if (step !== this.#step) {
      this.#step = step;
      this.#badCallers.clear();
    }
    const caller = callerOf(x);
    if (this.#badCallers.has(caller) || this.#users.mark(caller)) return;
    if (isFresh) this.#callers.add(caller);
    if (bad === 0 || this.#bad.length >= mostCallers) return this.#count(isFresh, bad);
    this.#badCallers.mark(caller);
    this.#bad.push([caller, isFresh ? 1 : 0, bad]);
  }

  /** A bit for each metric by which it is bad. */
  #badness(hasFailed: boolean, took: number): number {
    let bits = 0;
    const metrics = this.#metrics;
    for (let metric = 0; metric < metrics.length; metric++) {
      const { bound } = metrics[metric]!;
      if (bound === null ? hasFailed : took > bound) bits |= 1 << metric;
    }
    return bits;
  }

  #count(isFresh: boolean, bad: number): void {
    const tally = isFresh ? this.#fresh : this.#old;
    tally.all++;
    for (let metric = 0; bad >>> metric !== 0; metric++) if (((bad >>> metric) & 1) === 1) tally.bad[metric]!++;
  }

  /** Undefined: nothing was seen. */
  take(): Counts | undefined {
    const counts = { fresh: this.#fresh, old: this.#old };
    const bad = this.#bad;
    if (counts.fresh.all + counts.old.all + bad.length === 0) return undefined;
    this.#fresh = noTally(this.#metrics.length);
    this.#old = noTally(this.#metrics.length);
    this.#bad = [];
    this.#users.clear();
    return this.#tellsCallers ? { ...counts, bad, callers: this.#callers.text } : counts;
  }
}
