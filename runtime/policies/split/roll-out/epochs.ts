import { evidenceOf, gainOverBound, gainOverOld, noWealth, plus } from "./evidence.ts";
import { type ArmCounts, added, type Counts, type EpochEvidence, type Evidence, type RollOutPlan, type Verdict } from "./plan.ts";

/** Milliseconds after which bets begin anew: who was good for hours must not have to be bad for as long. */
const epochMs = 600_000;

/** Epochs that are remembered: the first of the step, and the last ones. */
const mostEpochs = 8;

/** By how much the new arm may be worse than the old one was, once nobody is left with that one. */
const leeway = 1.5;

/**
 * The evidence against the new arm. A metric counts against it where it is worse than the old arm in the same time *and* worse
 * than its bound: each of the two has to be refuted (an intersection-union test), so neither costs the other anything.
 *
 * A new epoch begins with each step and every ten minutes, as what was good so far says nothing against what is bad from now
 * on. The n-th may raise a false alarm with chance α / (n (n + 1)), and each metric with an equal part of that: over all
 * metrics and epochs, however many, this adds up to α at most.
 */
export class Epochs {
  readonly #plan: RollOutPlan;
  #begun = 0;
  #epochs: EpochEvidence[] = [];
  #before: ArmCounts;
  /** Bounds of the step. */
  #allowed: readonly number[];

  constructor(plan: RollOutPlan) {
    this.#plan = plan;
    this.#before = { all: 0, bad: plan.metrics.map(() => 0) };
    this.#allowed = plan.metrics.map(({ allowed }) => allowed);
  }

  get evidence(): Evidence {
    return { begun: this.#begun, epochs: this.#epochs, before: this.#before };
  }

  /** `now`: of this machine, whose clock may be behind. */
  adopt({ begun, epochs, before }: Evidence, now: number): void {
    const { length } = this.#plan.metrics;
    this.#begun = begun;
    if (before.bad.length === length) this.#before = before;
    // Of another build, it may be about other metrics.
    if (epochs.every(({ wealth }) => wealth.length === length))
      this.#epochs = epochs.map((epoch) => ({ ...epoch, since: Math.min(epoch.since, now) }));
    this.#settleBounds();
  }

  /** The clock was turned by so many milliseconds. */
  turned(by: number): void {
    this.#epochs = this.#epochs.map((epoch) => ({ ...epoch, since: epoch.since + by }));
  }

  /** The first step of a release. */
  reset(now: number): void {
    this.#begun = 0;
    this.#before = { all: 0, bad: this.#plan.metrics.map(() => 0) };
    this.beginStep(now, undefined);
  }

  /** `counts`: of the step that is over. */
  beginStep(now: number, counts: Counts | undefined): void {
    if (counts !== undefined) this.#before = added({ fresh: this.#before, old: this.#before }, counts).old;
    this.#epochs = [];
    this.#settleBounds();
    this.#begin(now);
  }

  #settleBounds(): void {
    const { all, bad } = this.#before;
    this.#allowed = this.#plan.metrics.map(({ allowed }, metric) =>
      Math.min(0.99, Math.max(allowed, all === 0 ? 0 : (leeway * bad[metric]!) / all)),
    );
  }

  #begin(now: number): void {
    const wealth = this.#plan.metrics.map(() => [noWealth, noWealth] as const);
    this.#epochs.push({ number: ++this.#begun, since: now, wealth });
    if (this.#epochs.length > mostEpochs) this.#epochs.splice(1, 1);
  }

  /** What came in the same time. `hasOld`: the old arm gets requests in this step. */
  add(counts: Counts, hasOld: boolean, now: number): void {
    const { metrics } = this.#plan;
    if (now - (this.#epochs.at(-1)?.since ?? now) >= epochMs) this.#begin(now);
    const gains = metrics.map(({ allowed }, metric) => {
      const fresh = { all: counts.fresh.all, bad: counts.fresh.bad[metric]! };
      const old = { all: counts.old.all, bad: counts.old.bad[metric]! };
      return [gainOverOld(fresh, old), gainOverBound(fresh, hasOld ? allowed : this.#allowed[metric]!)] as const;
    });
    this.#epochs = this.#epochs.map((epoch) => ({
      ...epoch,
      wealth: epoch.wealth.map(([overOld, overBound], metric) => {
        const [one, other] = gains[metric]!;
        return [plus(overOld, one), plus(overBound, other)] as const;
      }),
    }));
  }

  verdicts(hasOld: boolean): readonly Verdict[] {
    const { metrics, falseAlarms } = this.#plan;
    return metrics.map(({ name }, metric) => {
      let nearest = { metric: name, evidence: 0, needed: 1 };
      for (const { number, wealth } of this.#epochs) {
        const [overOld, overBound] = wealth[metric]!;
        const absolute = evidenceOf(overBound);
        const evidence = hasOld ? Math.min(absolute, evidenceOf(overOld)) : absolute;
        const needed = (metrics.length * number * (number + 1)) / falseAlarms;
        if (evidence / needed > nearest.evidence / nearest.needed) nearest = { metric: name, evidence, needed };
      }
      return nearest;
    });
  }
}
