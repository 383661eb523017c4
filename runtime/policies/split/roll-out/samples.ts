import type { Exchange } from "../../../exchange/exchange.ts";
import { mixed } from "../unit-hash.ts";
import type { Counts, MetricPlan } from "./plan.ts";

/** What the first attempt says of the service that it was made at; undefined: nothing. */
export type FirstAttemptAt = (
  service: string,
  x: Pick<Exchange, "upstream">,
) => { readonly hasFailed: boolean; readonly took: number } | undefined;

/** Users that are told apart in one period. */
const marks = 65_536;

/** Counted in place. */
interface Tally {
  all: number;
  readonly bad: number[];
}

const noTally = (metrics: number): Tally => ({ all: 0, bad: new Array<number>(metrics).fill(0) });

/**
 * What this process has seen since it was asked last. The requests of one user are not independent of each other: in each
 * period the first one counts, by a bit that others may share, which leaves requests out, but of both arms alike.
 */
export class Samples {
  readonly #metrics: readonly MetricPlan[];
  readonly #firstAttemptAt: FirstAttemptAt;
  #fresh: Tally;
  #old: Tally;
  readonly #seen = new Uint8Array(marks / 8);

  constructor(metrics: readonly MetricPlan[], firstAttemptAt: FirstAttemptAt) {
    this.#metrics = metrics;
    this.#firstAttemptAt = firstAttemptAt;
    this.#fresh = noTally(metrics.length);
    this.#old = noTally(metrics.length);
  }

  /** `service`: the one that the request was to go to. `place` of its user; undefined: it is a user of its own. */
  add(x: Exchange, service: string, isFresh: boolean, place: number | undefined): void {
    const first = this.#firstAttemptAt(service, x);
    if (first === undefined || (place !== undefined && !this.#isFirst(place))) return;
    const tally = isFresh ? this.#fresh : this.#old;
    tally.all++;
    const metrics = this.#metrics;
    for (let metric = 0; metric < metrics.length; metric++) {
      const { bound } = metrics[metric]!;
      if (bound === null ? first.hasFailed : first.took > bound) tally.bad[metric]!++;
    }
  }

  /** Undefined: nothing was seen. */
  take(): Counts | undefined {
    const counts = { fresh: this.#fresh, old: this.#old };
    if (counts.fresh.all + counts.old.all === 0) return undefined;
    this.#fresh = noTally(this.#metrics.length);
    this.#old = noTally(this.#metrics.length);
    this.#seen.fill(0);
    return counts;
  }

  #isFirst(place: number): boolean {
    const mark = mixed(place ^ 0x2545f491) & (marks - 1);
    const bit = 1 << (mark & 7);
    const byte = this.#seen[mark >>> 3]!;
    if ((byte & bit) !== 0) return false;
    this.#seen[mark >>> 3] = byte | bit;
    return true;
  }
}
