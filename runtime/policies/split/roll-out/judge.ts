import { CallerCount } from "./callers.ts";
import { Epochs } from "./epochs.ts";
import {
  added,
  type Counts,
  type Evidence,
  mostBad,
  noCounts,
  type Phase,
  type RollOutPlan,
  runOf,
  type Standing,
  type Verdict,
} from "./plan.ts";

/** What a person may say to a roll-out. */
export type Order =
  /** To the next step; where the shares were set by hand, on from there. */
  | { readonly do: "continue" }
  /** From the first step. */
  | { readonly do: "restart"; readonly region?: string }
  | { readonly do: "rollBack"; readonly region?: string }
  /** The share stays as it is, or becomes another one, and nothing else changes it. */
  | { readonly do: "set"; readonly share?: number; readonly region?: string };

/** Callers with a bad request in one step that are told apart. */
const mostBadCallers = 65_536;

/** Evidence beyond which a release is not promoted, though it is far from being rolled back. */
const doubtful = 5;

/**
 * Decides about a roll-out, from what is counted and the time it is: no clock, no store, no other process. Rolled back is what
 * is shown to be worse; promoted is what had its time and enough requests, and is not in doubt. That it looks better than
 * the old arm is no reason for anything.
 */
export class Judge {
  protected readonly plan: RollOutPlan;
  protected readonly epochs: Epochs;
  protected current: Standing;
  /** Of whom a bad request was counted in this step. */
  readonly #badCallers = new Set<number>();
  /** The last of them, for the one who goes on from here. */
  #lastBad: readonly number[] = [];
  protected callers = new CallerCount();

  constructor(plan: RollOutPlan, now: number) {
    this.plan = plan;
    this.epochs = new Epochs(plan);
    this.current = this.at(0, now, "running", "it has begun");
    this.epochs.reset(now);
  }

  get standing(): Standing {
    return this.current;
  }

  get evidence(): Evidence {
    const { evidence } = this.epochs;
    return this.#lastBad.length === 0 ? evidence : { ...evidence, bad: this.#lastBad };
  }

  /** Goes on from where another process, or the build before, has got to. Its steps may be others. */
  adopt(standing: Standing, evidence: Evidence | undefined): void {
    const { steps, metrics } = this.plan;
    const isKnown = this.isAt(standing) || standing.phase !== "running";
    const step = isKnown ? Math.min(standing.step, steps.length - 1) : this.stepOf(standing);
    // What another build had counted may be about other metrics.
    const areSame = standing.verdicts.every(({ metric }, index) => metric === metrics[index]?.name);
    const hasCounts = areSame && standing.counts.fresh.bad.length === metrics.length;
    // On another machine, whose clock may have been ahead.
    const since = Math.min(standing.since, this.current.since);
    if (evidence !== undefined)
      this.epochs.adopt(areSame ? evidence : { ...evidence, epochs: [], before: noArm }, this.current.since);
    this.current = {
      ...standing,
      step,
      since,
      share: standing.phase === "running" ? steps[step]!.share : standing.share,
      counts: hasCounts ? standing.counts : noCounts(metrics.length),
      verdicts: areSame ? standing.verdicts : [],
    };
    this.#lastBad = evidence?.bad ?? [];
    for (const caller of this.#lastBad) this.#badCallers.add(caller);
    if (this.epochs.evidence.epochs.length === 0) this.epochs.beginStep(since, undefined);
  }

  /** The clock was turned by so many milliseconds: a step lasts as long as it would have. `until` is what clocks show. */
  turned(by: number): void {
    this.current = { ...this.current, since: this.current.since + by };
    this.epochs.turned(by);
  }

  /** Both arms in the same time, of one instance. */
  observe(told: Counts, now: number): void {
    if (this.current.phase !== "running" || runOf(told) !== runOf(this.current)) return;
    const counts = this.#onceEach(told);
    if (counts.fresh.all + counts.old.all === 0) return;
    const hasOld = this.#hasOld();
    this.epochs.add(counts, hasOld, now);
    const verdicts = this.epochs.verdicts(hasOld);
    const all = added(this.current.counts, counts);
    this.current = { ...this.current, counts: all, verdicts };
    const guilty = verdicts.find(({ evidence, needed }) => evidence >= needed);
    if (guilty !== undefined) this.rollBack(this.#reason(guilty, all));
  }

  /** With the first bad request of each caller, whichever process and instance came upon it. */
  #onceEach({ fresh, old, bad = [], callers }: Counts): Counts {
    if (callers !== undefined) this.callers.join(callers);
    let counts: Counts = { fresh, old };
    const news: number[] = [];
    for (const [caller, isFresh, bits] of bad) {
      if (this.#badCallers.has(caller)) continue;
      // So many are no single client.
      if (this.#badCallers.size < mostBadCallers) {
        this.#badCallers.add(caller);
        news.push(caller);
      }
      const { metrics } = this.plan;
      const none = noCounts(metrics.length);
      const one = { all: 1, bad: metrics.map((_, metric) => (bits >>> metric) & 1) };
      counts = added(counts, isFresh === 1 ? { ...none, fresh: one } : { ...none, old: one });
    }
    if (news.length > 0) this.#lastBad = [...this.#lastBad, ...news].slice(-mostBad);
    return counts;
  }

  /** Once all that is known was observed. `doubt`: why the comparison is not to be trusted; undefined: it is. */
  advance(now: number, doubt: string | undefined): void {
    const { phase, step } = this.current;
    if (phase !== "running") return;
    const why = this.#whyNot(now) ?? doubt;
    if (why !== undefined) {
      if (why !== this.current.why) this.current = { ...this.current, why };
    } else if (step === this.plan.steps.length - 1)
      this.current = { ...this.current, phase: "complete", why: "all steps are done" };
    else this.begin(step + 1, now, "the step before went well");
  }

  /** Undefined: done; otherwise why not. */
  order(order: Order, now: number): string | undefined {
    const { phase, share, step } = this.current;
    switch (order.do) {
      case "restart":
        this.setGoing();
        this.current = this.at(0, now, "running", "begun anew by hand");
        this.epochs.reset(now);
        return undefined;
      case "rollBack":
        this.rollBack("by hand");
        return undefined;
      case "set":
        this.current = { ...this.current, phase: "byHand", share: order.share ?? share, why: "the share was set by hand" };
        return undefined;
      case "continue":
        if (phase === "rolledBack") return "It was rolled back. `restart` begins with the first step.";
        if (phase === "complete") return "All steps are done.";
        if (phase === "byHand") {
          this.setGoing();
          this.begin(this.stepOf(this.current), now, "goes on after the share was set by hand");
        } else if (step === this.plan.steps.length - 1)
          this.current = { ...this.current, phase: "complete", why: "ended by hand" };
        else this.begin(step + 1, now, "continued by hand");
        return undefined;
    }
  }

  /** Why the step is not over yet. */
  #whyNot(now: number): string | undefined {
    const { minimum, callers, steps } = this.plan;
    const { step, since, counts, verdicts } = this.current;
    const { after, until, hold } = steps[step]!;
    const end = Math.max(since + after, until ?? 0);
    const worst = verdicts.find(({ evidence }) => evidence >= doubtful);
    const arms = [["new", counts.fresh.all] as const, ...(this.#hasOld() ? [["old", counts.old.all] as const] : [])];
    const idle = arms.find(([, count]) => count < minimum);
    if (now < end) return `lasts until ${new Date(end).toISOString()}`;
    if (idle !== undefined)
      return idle[1] === 0
        ? `held: the ${idle[0]} service has had no requests in this step`
        : `held: the ${idle[0]} service has had ${idle[1]} of ${minimum} requests in this step`;
    const known = this.callers.estimate;
    if (known < callers) return `held: the new service has had requests of ${known} of ${callers} callers`;
    if (worst !== undefined)
      return `held: ${worst.metric} may be worse, and it is not sure yet (${this.#numbers(worst.metric, counts)})`;
    return hold ? "held: waits for `continue`" : undefined;
  }

  /** By hand: what is still on its way was counted before. */
  protected setGoing(): void {
    this.current = { ...this.current, run: runOf(this.current) + 1 };
  }

  protected begin(step: number, now: number, why: string): void {
    this.epochs.beginStep(now, this.current.counts);
    this.current = this.at(step, now, "running", why);
  }

  protected at(step: number, now: number, phase: Phase, why: string): Standing {
    const { steps, metrics } = this.plan;
    this.#badCallers.clear();
    this.#lastBad = [];
    // The first time, nothing was set going.
    const run = runOf((this.current as Standing | undefined) ?? {});
    return { phase, run, step, since: now, share: steps[step]!.share, why, counts: noCounts(metrics.length), verdicts: [] };
  }

  protected rollBack(why: string): void {
    this.current = { ...this.current, phase: "rolledBack", share: this.plan.base, why };
  }

  #reason({ metric, evidence, needed }: Verdict, counts: Counts): string {
    return `${metric}: ${this.#numbers(metric, counts)}; evidence ${short(evidence)} of ${short(needed)}`;
  }

  /** `5.2% of 310 requests are bad, 0.1% of 5890 with the old service`. */
  #numbers(metric: string, { fresh, old }: Counts): string {
    const index = this.plan.metrics.findIndex(({ name }) => name === metric);
    const share = ({ all, bad }: Counts["old"]): string => `${percent(all === 0 ? 0 : bad[index]! / all)} of ${all}`;
    return `bad are ${share(fresh)} requests, ${share(old)} with the old service`;
  }

  /** Whether the old arm gets requests in this step. */
  #hasOld(): boolean {
    return this.current.share < 1;
  }

  /** Its step is one of the plan. */
  protected isAt({ step, share }: Standing): boolean {
    return this.plan.steps[step]?.share === share;
  }

  /** The last one with no larger share, or the first. */
  protected stepOf({ share }: Standing): number {
    return Math.max(
      0,
      this.plan.steps.findLastIndex((step) => step.share <= share + 1e-9),
    );
  }
}

const noArm = { all: 0, bad: [] };

const percent = (share: number): string => `${Number((share * 100).toFixed(2))}%`;

const short = (evidence: number): string => (evidence < 1e6 ? String(Math.round(evidence)) : evidence.toExponential(0));
