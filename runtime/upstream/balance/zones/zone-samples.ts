import type { Attempt } from "../../attempts/attempt.ts";
import { type Outcome, outcomes } from "../../attempts/outcome.ts";
import { timeToHead } from "../../attempts/time-to-head.ts";

/** Attempts that are remembered, */
const most = 64;

/** milliseconds between the begins of two of them, so that they are not all of the same moment, */
const apartMs = 80;

/** and milliseconds after which one says nothing any more. */
const freshMs = 60_000;

/** Fewer say nothing. */
const fewest = 5;

/** Milliseconds that a failure is taken for at least, however quickly it came. */
const penaltyMs = 1_000;

/** Milliseconds by which answers may take longer without being slower: that is noise of this machine. */
const noiseMs = 2;

interface Sample {
  readonly attempt: Attempt;
  /** Milliseconds to the head of the answer; undefined: it is under way, or is not told by how it ended. */
  ms: number | undefined;
  /** It took longer than `ms`, or says nothing. */
  isBound: boolean;
}

/** Those that are under way, of all zones of a service: an endpoint may move to another one, or be gone, before its attempts end. */
export class OpenSamples {
  readonly #open = new Map<Attempt, Sample>();

  began(sample: Sample, inPlaceOf: Sample | undefined): void {
    if (inPlaceOf !== undefined) this.#open.delete(inPlaceOf.attempt);
    this.#open.set(sample.attempt, sample);
  }

  ended(attempt: Attempt, outcome: Outcome): void {
    const sample = this.#open.get(attempt);
    if (sample === undefined) return;
    this.#open.delete(attempt);
    const { latency } = outcomes[outcome];
    const ms = timeToHead(attempt, attempt.endedAt);
    sample.isBound = latency === "none" || latency === "bound";
    sample.ms = latency === "none" ? 0 : latency === "penalty" ? Math.max(penaltyMs, ms) : ms;
  }
}

/** How long the answers of a zone took to begin, of some of its attempts, whatever they asked for. */
export class ZoneSamples {
  #all: Sample[] = [];
  #next = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  readonly #open: OpenSamples;

  constructor(open: OpenSamples) {
    this.#open = open;
  }

  began(attempt: Attempt): void {
    const { startedAt } = attempt;
    if (startedAt - this.#lastAt < apartMs) return;
    this.#lastAt = startedAt;
    const before = this.#all[this.#next];
    const sample: Sample = { attempt, ms: undefined, isBound: false };
    this.#all[this.#next] = sample;
    this.#next = (this.#next + 1) % most;
    this.#open.began(sample, before);
  }

  /**
   * Milliseconds, ascending; none where too few are known. What is under way counts as well once it takes longer than half of
   * the others: nobody waits for a time-out until it is known that a zone does not answer.
   */
  sorted(now: number): readonly number[] {
    const known: number[] = [];
    const bounds: number[] = [];
    for (const { attempt, ms, isBound } of this.#all) {
      if (now - attempt.startedAt > freshMs) continue;
      const found = ms ?? timeToHead(attempt, now);
      (isBound || (ms === undefined && attempt.headAt === 0) ? bounds : known).push(found);
    }
    const least = known.length === 0 ? penaltyMs : medianOf(known.sort(ascending));
    for (const bound of bounds) if (bound > least) known.push(bound);
    return known.length < fewest ? [] : known.sort(ascending);
  }
}

const ascending = (one: number, other: number): number => one - other;

/** `sorted`: at least one. */
export const medianOf = (sorted: readonly number[]): number => sorted[sorted.length >> 1]!;

/**
 * How sure it is that answers of one zone take more than `times` as long as those of another, in standard deviations: the
 * standard score of Mann and Whitney's U (On a Test of Whether one of Two Random Variables is Stochastically Larger than the
 * Other, 1947), which asks nothing of how latencies are distributed, and on which a few slow answers have no weight. Both
 * ascending and not empty.
 */
export function slowerScore(one: readonly number[], other: readonly number[], times: number): number {
  let below = 0;
  let sum = 0;
  for (const ms of one) {
    while (below < other.length && Math.max(times * other[below]!, other[below]! + noiseMs) < ms) below++;
    sum += below;
  }
  const pairs = one.length * other.length;
  return (sum - pairs / 2) / Math.sqrt((pairs * (one.length + other.length + 1)) / 12);
}
