import type { Exchange } from "../../../exchange/exchange.ts";
import { mixed } from "../unit-hash.ts";
import { added, type Counts, type MetricPlan, noCounts } from "./plan.ts";

/** What the first attempt says of the service that it was made at; undefined: nothing. */
export type FirstAttemptAt = (
  service: string,
  x: Pick<Exchange, "upstream">,
) => { readonly hasFailed: boolean; readonly took: number } | undefined;

/** Users that are told apart in one period. */
const marks = 65_536;

/**
 * What this process has seen since it was asked last. The requests of one user are not independent of each other: in each
 * period the first one counts, by a bit that others may share, which leaves requests out, but of both arms alike.
 */
export class Samples {
  readonly #metrics: readonly MetricPlan[];
  readonly #firstAttemptAt: FirstAttemptAt;
  #counts: Counts;
  readonly #seen = new Uint8Array(marks / 8);

  constructor(metrics: readonly MetricPlan[], firstAttemptAt: FirstAttemptAt) {
    this.#metrics = metrics;
    this.#firstAttemptAt = firstAttemptAt;
    this.#counts = noCounts(metrics.length);
  }

  /** `service`: the one that the request was to go to. `place` of its user; undefined: it is a user of its own. */
  add(x: Exchange, service: string, isFresh: boolean, place: number | undefined): void {
    const first = this.#firstAttemptAt(service, x);
    if (first === undefined || (place !== undefined && !this.#isFirst(place))) return;
    const bad = this.#metrics.map(({ bound }) => ((bound === null ? first.hasFailed : first.took > bound) ? 1 : 0));
    const one = { all: 1, bad };
    const none = { all: 0, bad: bad.map(() => 0) };
    this.#counts = added(this.#counts, isFresh ? { fresh: one, old: none } : { fresh: none, old: one });
  }

  /** Undefined: nothing was seen. */
  take(): Counts | undefined {
    const counts = this.#counts;
    if (counts.fresh.all + counts.old.all === 0) return undefined;
    this.#counts = noCounts(this.#metrics.length);
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
