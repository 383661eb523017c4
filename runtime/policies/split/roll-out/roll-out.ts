// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { AdminRoute } from "../../../admin/route.ts";
import type { Exchange } from "../../../exchange/exchange.ts";
import type { MetricFamily } from "../../../gateway/metrics.ts";
import { contained, logged } from "../../../life/boundary.ts";
import type { LatestTopic } from "../../../life/channel.ts";
import { clock } from "../../../life/clock.ts";
import type { Json } from "../../../life/json.ts";
import type { Every, Life } from "../../../life/life.ts";
import type { Living } from "../../../life/living.ts";
import { timers } from "../../../life/timers.ts";
import type { Log } from "../../../log/log.ts";
import { isFailed } from "../../../stores/store.ts";
import type { Refusal } from "../split-routes.ts";
import { Judge, type Order } from "./judge.ts";
import { added, type Counts, type Evidence, type RollOutPlan, runOf, type Standing } from "./plan.ts";
import type { Ordered, Written } from "./recorded.ts";
import { type FirstAttemptAt, type Sample, Samples, type TimeUpload, type Upload } from "./samples.ts";
import { Shared, type SharedConfig } from "./shared.ts";
import { families, rollOutRoute, tellChange, tellStanding } from "./told.ts";
import { TurnedClock } from "./turned-clock.ts";

export interface RollOutConfig {
  /** Where it is configured: `policies.yaml:7`. */
  readonly at: string;
  readonly gateway: string;
  /** Of the experiment. */
  readonly name: string;
  /** What is rolled out: with another one, a roll-out begins anew. */
  readonly release: string;
  readonly plan: RollOutPlan;
  /** Of the forwarder, which policies know nothing of. */
  readonly firstAttemptAt: FirstAttemptAt;
  readonly timeUpload: TimeUpload;
  /** Null: the processes of this instance alone agree on it. */
  readonly shared: SharedConfig | null;
}

/** A request that was part of the experiment, and is over. */
export interface Counted extends Sample {
  /** In which it came. */
  readonly run: number;
  readonly hasWrongShares: boolean;
}

/** What every process of the group knows. */
type Known = { readonly standing: Standing; readonly order: string };

/** What a process tells the one that decides. */
type Report = { readonly run: number; readonly counts: Counts | null; readonly hasWrongShares: boolean };

/** Milliseconds between two decisions. */
const tickMs = 1_000;

/** Ticks after which evidence is told, for the process that may have to go on from it. */
const evidenceTicks = 5;

/** Milliseconds that whoever gave an order waits until it is followed. */
const patienceMs = 6_000;

/** Ticks after which what is known is written again, though it is the same. */
const rewriteTicks = 10;

/** How often, and milliseconds apart, the store is asked for where the roll-out stands before requests are taken. */
const firstAttempts = 20;
const firstPauseMs = 100;

export const createRollOut = (config: RollOutConfig): RollOut => new RollOut(config);

/**
 * The roll-out of an experiment. Each process counts; one of the group pools what they counted and, where a store is shared,
 * one of the instances decides for all. Nobody does while the store is out of reach: shares stay as they are.
 */
export class RollOut implements Living {
  declare readonly __resource: "experiments";
  readonly name: string;
  readonly required: boolean;
  readonly schema = "roll-out/1";
  readonly adminRoutes: readonly AdminRoute[];
  protected readonly config: RollOutConfig;
  readonly #samples: Samples;
  readonly #listeners: ((share: number, isAnew: boolean) => void)[] = [];
  readonly #waiting = new Map<string, () => void>();
  #known: Known | undefined = undefined;
  #evidence: Evidence | undefined = undefined;
  #topic: LatestTopic<Known> | undefined = undefined;
  #evidenceTopic: LatestTopic<Evidence> | undefined = undefined;
  #orders: LatestTopic<Ordered> | undefined = undefined;
  #pooled: Counts | undefined = undefined;
  #hasWrongShares = false;
  /** Of the process that decides for its group. */
  #owner: { readonly every: Every; readonly log: Log; readonly shared: Shared | undefined } | undefined = undefined;
  #judge: Judge | undefined = undefined;
  #clock = new TurnedClock();
  #followed = "";
  #ticks = 0;
  #toldBad: Evidence["bad"] = undefined;
  #rollBacks = 0;

  constructor(config: RollOutConfig) {
    const { at, name, plan, firstAttemptAt, shared } = config;
    this.config = config;
    this.name = `${at} roll-out of ${name}`;
    // What the others have decided is known before the first request.
    this.required = shared !== null;
    this.#samples = new Samples(plan.metrics, firstAttemptAt, this.tellsCallers);
    this.adminRoutes = [rollOutRoute(name, this)];
  }

  /** `listener` hears of the share of the new arm: at once where it is known, and of each change, or where a person has set it going again. */
  watch(listener: (share: number, isAnew: boolean) => void): void {
    this.#listeners.push(listener);
    if (this.#known !== undefined) listener(this.shareIn(this.#known.standing), false);
  }

  count(counted: Counted): void {
    if (counted.hasWrongShares) this.#hasWrongShares = true;
    const standing = this.#known?.standing;
    if (standing !== undefined && counted.run === runOf(standing) && this.isJudged(standing))
      this.#samples.add(counted, standing.step);
  }

  protected judgeAt(now: number): Judge {
    return new Judge(this.config.plan, now);
  }

  /** Of the new arm, here. */
  protected shareIn({ share }: Standing): number {
    return share;
  }

  /** What happens here counts. */
  protected isJudged({ phase }: Standing): boolean {
    return phase === "running";
  }

  /** What is told of what was counted here. */
  protected tagged(counts: Counts | undefined): Counts | undefined {
    return counts === undefined ? undefined : { ...counts, run: this.run };
  }

  /** See `Standing`. */
  get run(): number {
    return runOf(this.#known?.standing ?? {});
  }

  protected get standing(): Standing | undefined {
    return this.#known?.standing;
  }

  /** This process decides for its group. */
  protected get isOwner(): boolean {
    return this.#owner !== undefined;
  }

  /** Clients may choose their arm, so that no more may hang on any of them than on another. */
  get tellsCallers(): boolean {
    return this.config.plan.callers > 0;
  }

  /** Undefined: nobody is waited for. */
  timeUpload(x: Exchange): Upload | undefined {
    return this.config.timeUpload(x);
  }

  async start(life: Life): Promise<void> {
    const topic = `roll-out ${this.config.name} ${this.config.release}`;
    this.#topic = life.latest<Known>(topic);
    this.#evidenceTopic = life.latest<Evidence>(`${topic} evidence`);
    this.#orders = life.latest(`${topic} orders`);
    // Of the process before this one, where nobody of the group has said anything since.
    if (this.#known !== undefined && this.#topic.value === undefined) this.#topic.publish(this.#known);
    this.#topic.subscribe((known) => this.#hear(known));
    this.#evidenceTopic.subscribe((evidence) => {
      this.#evidence = evidence;
    });
    this.#orders.subscribe(() => this.#owner?.every.soon());
    const reports = life.events<Report>(`${topic} reports`);
    reports.subscribe(
      (report) => this.#pool(report),
      () => {},
    );
    let hasToldShares = false;
    life.every(tickMs, () => {
      const counts = this.tagged(this.#samples.take());
      if (counts === undefined && (hasToldShares || !this.#hasWrongShares)) return;
      hasToldShares = this.#hasWrongShares;
      reports.publish({ run: this.run, counts: counts ?? null, hasWrongShares: this.#hasWrongShares });
    });
    if (this.#known === undefined) await this.#ask(life);
  }

  /** Of the store, before the first request comes. */
  async #ask(life: Life): Promise<void> {
    const shared = this.#share();
    for (let attempt = 0; shared !== undefined && attempt < firstAttempts && !life.signal.aborted; attempt++) {
      const written = await shared.first();
      if (!isFailed(written)) {
        if (written !== undefined && this.#known === undefined) this.#hear({ standing: written.standing, order: written.order });
        return;
      }
      await new Promise<void>((resolve) => void timers.after(firstPauseMs, logged("a start was not gone on with"), resolve));
    }
  }

  #share(): Shared | undefined {
    const { shared, gateway, name, release, plan } = this.config;
    if (shared === null) return undefined;
    return new Shared(shared, `${gateway}:roll-out:${name}:${release}`, plan.metrics.length);
  }

  own(tenure: Life): void {
    const shared = this.#share();
    const every = tenure.every(tickMs, () => this.#tick());
    this.#owner = { every, log: tenure.log, shared };
    tenure.signal.addEventListener(
      "abort",
      contained(logged("a tenure was not left"), () => {
        this.#owner = undefined;
        this.#judge = undefined;
        void shared?.leave();
      }),
      { once: true },
    );
  }

  /** Every process hears of all of them, and only the one that decides uses them. */
  #pool({ run, counts, hasWrongShares }: Report): void {
    if (this.#owner === undefined) return;
    if (hasWrongShares && run === this.run) this.#hasWrongShares = true;
    if (counts === null) return;
    // A process may hear later than the others that a person has set the roll-out going again.
    const isNewer = this.#pooled === undefined || runOf(counts) > runOf(this.#pooled);
    if (isNewer) this.#pooled = counts;
    else if (runOf(counts) === runOf(this.#pooled!)) this.#pooled = added(this.#pooled!, counts);
  }

  async #tick(): Promise<void> {
    const { shared } = this.#owner ?? {};
    const counts = this.#pooled;
    this.#pooled = undefined;
    if (shared === undefined) {
      const order = this.#orders?.value;
      const periods = counts === undefined ? [] : [counts];
      const known = this.#known === undefined ? undefined : { ...this.#known, evidence: this.#evidence };
      const { standing, evidence, order: followed } = this.#decide(known, periods, order, this.#hasWrongShares);
      this.#publish({ standing, order: followed });
      // That a bad request of a caller was counted is known at once: another one of the same would count in another process.
      if (this.#ticks++ % evidenceTicks === 0 || evidence.bad !== this.#toldBad) this.#evidenceTopic?.publish(evidence);
      this.#toldBad = evidence.bad;
      return;
    }
    const look = await shared.look(counts, this.#hasWrongShares);
    if (isFailed(look)) return this.#hold(look.failed);
    if (!look.decides) {
      this.#judge = undefined;
      if (look.written !== undefined) this.#publish({ standing: look.written.standing, order: look.written.order });
      return;
    }
    const written = this.#decide(look.written ?? this.#known, look.periods, look.order, look.hasWrongShares);
    const isNew = written.standing !== look.written?.standing || written.order !== look.written.order;
    // Now and then in any case, as the store may have lost it.
    const isWritten = isNew || this.#ticks++ % rewriteTicks === 0 ? await shared.write(written) : true;
    if (isFailed(isWritten)) this.#hold(isWritten.failed);
    else this.#publish({ standing: written.standing, order: written.order });
  }

  #decide(
    known: { readonly standing: Standing; readonly evidence?: Evidence | undefined; readonly order: string } | undefined,
    periods: readonly Counts[],
    order: Ordered | undefined,
    hasWrongShares: boolean,
  ): Written {
    const now = clock.wall();
    if (this.#judge === undefined) {
      this.#clock = new TurnedClock();
      this.#judge = this.judgeAt(now);
      if (known !== undefined) this.#judge.adopt(known.standing, known.evidence);
      this.#followed = known?.order ?? "";
      if (known === undefined) this.#tell(undefined, this.#judge.standing);
    }
    const judge = this.#judge;
    const before = judge.standing;
    const turned = this.#clock.look();
    if (turned !== 0) judge.turned(turned);
    for (const period of periods) judge.observe(period, now);
    if (order !== undefined && order.id !== this.#followed) {
      this.#followed = order.id;
      judge.order(order.order, now);
    }
    judge.advance(now, hasWrongShares ? "held: users are not distributed as the shares say" : undefined);
    this.#tell(before, judge.standing);
    return { standing: judge.standing, evidence: judge.evidence, order: this.#followed };
  }

  #tell(before: Standing | undefined, after: Standing): void {
    if (before !== undefined && after.phase === "rolledBack" && before.phase !== "rolledBack") this.#rollBacks++;
    if (this.#owner !== undefined) tellChange(this.#owner.log, this.config, before, after);
  }

  /** Nobody decides. */
  #hold(failed: string): void {
    const known = this.#known;
    const why = `held: the store does not answer (${failed})`;
    if (known === undefined || known.standing.why === why) return;
    this.#owner?.log.write("warning", "roll-out held, as the store does not answer", {
      experiment: this.config.name,
      reason: failed,
    });
    this.#publish({ ...known, standing: { ...known.standing, why } });
  }

  /** Where something has changed. */
  #publish(known: Known): void {
    if (this.#known?.standing !== known.standing || this.#known.order !== known.order) this.#topic?.publish(known);
  }

  #hear(known: Known): void {
    const before = this.#known?.standing;
    const { run } = this;
    this.#known = known;
    const share = this.shareIn(known.standing);
    const isAnew = before !== undefined && run !== this.run;
    if (isAnew) {
      // What was counted in a run that is over.
      this.#samples.take();
      this.#hasWrongShares = false;
    }
    if (isAnew || before === undefined || share !== this.shareIn(before))
      for (const listener of this.#listeners) listener(share, isAnew);
    this.#waiting.get(known.order)?.();
  }

  /** Resolves once it is followed; a refusal says why it is not. */
  async order(order: Order): Promise<Refusal | undefined> {
    const now = clock.wall();
    if (this.#known === undefined) return unavailable("It is not known yet where the roll-out stands.");
    const trial = this.judgeAt(now);
    trial.adopt(this.#known.standing, undefined);
    const reason = trial.order(order, now);
    if (reason !== undefined) return { status: 409, title: "The roll-out cannot do that", detail: reason };
    const id = crypto.randomUUID();
    const followed = this.#wait(id);
    const told = await this.#share()?.tell(id, order);
    if (isFailed(told)) return unavailable(`The store does not answer (${told.failed}).`);
    if (told === undefined) this.#orders?.publish({ id, order });
    return (await followed)
      ? undefined
      : unavailable("Nobody has followed it yet: `gatewright live split` shows when it is done.");
  }

  #wait(id: string): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isFollowed: boolean): void => {
        timer.cancel();
        this.#waiting.delete(id);
        resolve(isFollowed);
      };
      const timer = timers.after(patienceMs, logged("an order to a roll-out was not given up"), () => end(false));
      this.#waiting.set(id, () => end(true));
    });
  }

  handOver(): Json {
    return this.#known === undefined
      ? {}
      : { release: this.config.release, known: this.#known, evidence: this.#evidence ?? null };
  }

  adopt(state: Json): void {
    // As `handOver` of this schema gives it; the release may be another one now.
    const { release, known, evidence } = state as { release?: string; known?: Known; evidence?: Evidence | null };
    if (known === undefined || release !== this.config.release) return;
    this.#evidence = evidence ?? undefined;
    this.#hear(known);
  }

  state(): Json {
    return this.told();
  }

  told(): { readonly [key: string]: Json } {
    return tellStanding(this.config.plan, this.#known?.standing);
  }

  metrics(): readonly MetricFamily[] {
    const standing = this.#owner === undefined ? undefined : this.#known?.standing;
    return families(this.config.name, standing, this.#rollBacks);
  }
}

const unavailable = (detail: string): Refusal => ({ status: 503, title: "The roll-out cannot be told", detail });
