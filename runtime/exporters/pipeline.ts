import { type Contained, logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import { messageOf } from "../life/message-of.ts";
import { type Timer, timers } from "../life/timers.ts";
import type { Log } from "../log/log.ts";
import { Figures, type Waiting } from "./figures.ts";
import { type Outcome, pauseAfterFailures } from "./outcome.ts";
import type { Cut, Dropped, Queue } from "./queue.ts";
import { Troubles } from "./troubles.ts";

export interface PipelineConfig<Item, Batch> {
  /** For logs and metrics: `traces`. */
  readonly signal: string;
  createQueue(dropped: Dropped): Queue<Item, Batch>;
  /** How old what waits may be. */
  readonly ageMs: number;
  readonly batch: { readonly items: number; readonly delayMs: number };
  /** Batches on their way at the same time. */
  readonly concurrency: number;
  /** Sends. What it throws counts as `refused`. */
  ship(batch: Batch, signal: AbortSignal): Promise<Outcome>;
}

/** Successes in a row after which a batch may be larger again. */
const successesToGrow = 16;

/** When the next look is due: `blocked` until a batch comes back or a pause is over. */
type Due = "never" | "delay" | "now" | "blocked";

/**
 * The way of one signal out of the process: a bounded queue, batches of it, several of them on their way, and those that are to be
 * sent again. It knows no protocol.
 */
export class Pipeline<Item, Batch> implements Contained {
  readonly figures = new Figures();
  readonly #config: PipelineConfig<Item, Batch>;
  readonly #queue: Queue<Item, Batch>;
  readonly #troubles: Troubles;
  readonly #over = new AbortController();
  /** Batches that are to be sent again, the oldest first: not more than may be on their way, and the halves of one. */
  readonly #again: Cut<Batch>[] = [];
  readonly #onTheirWay = new Set<Cut<Batch>>();
  #most: number;
  #successes = 0;
  /** In a row. */
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  /** The same, as far as the other side has asked for it. */
  #askedUntil = Number.NEGATIVE_INFINITY;
  /** Dropped when it was looked at last. */
  #dropped = 0;
  #due: Due = "never";
  #timer: Timer | undefined = undefined;
  /** Batches are not waited for to be full. */
  #isEnding = false;
  /** Nothing is taken any more. */
  #isOver = false;
  #ended: (() => void) | undefined = undefined;

  constructor(config: PipelineConfig<Item, Batch>) {
    this.#config = config;
    this.#most = config.batch.items;
    this.#queue = config.createQueue((count) => {
      this.figures.dropped += count;
    });
    this.#troubles = new Troubles(config.signal, this.figures);
  }

  /** From now on it sends. */
  start(log: Log): void {
    this.#troubles.log = log;
  }

  /** `now`: as `clock.monotonic` tells it. */
  take(item: Item, now: number): void {
    if (this.#isOver) {
      this.figures.dropped += this.#queue.countOf(item);
      return;
    }
    this.#queue.add(item, now);
    if (this.#due === "never") this.#look(this.#isEnding ? 0 : this.#config.batch.delayMs, "delay");
    if (this.#due === "delay" && this.#queue.waiting >= this.#most) this.#look(0, "now");
  }

  get waiting(): Waiting {
    const since = [...this.#onTheirWay, ...this.#again].reduce((oldest, cut) => Math.min(oldest, cut.since), this.#queue.oldest);
    const oldestMs = since === Number.POSITIVE_INFINITY ? 0 : clock.monotonic() - since;
    return { items: this.#queue.count, bytes: this.#queue.bytes, oldestMs };
  }

  /** Why nothing gets through; undefined while it does. */
  get failing(): string | undefined {
    return this.#troubles.why;
  }

  /** Nothing waits for company any more. */
  hurry(): void {
    this.#isEnding = true;
    this.#look(0, "now");
  }

  /**
   * Sends what there is, for so many milliseconds at most; the rest is dropped. A collector that is away is asked twice more, and
   * one that wants to be left alone for longer is not: nobody waits for it when the gateway ends.
   */
  async end(milliseconds: number): Promise<void> {
    this.#isEnding = true;
    this.#failures = 0;
    this.#notBefore = this.#askedUntil;
    const all = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    if (this.#askedUntil - clock.monotonic() > milliseconds) this.#ended?.();
    const deadline = timers.after(milliseconds, logged("the end of an exporter"), () => this.#ended?.());
    this.#pump();
    await all;
    deadline.cancel();
    this.#timer?.cancel();
    this.#isOver = true;
    this.#over.abort();
    const left = this.#queue.count;
    for (const cut of [...this.#onTheirWay, ...this.#again.splice(0)]) this.#drop(cut);
    this.#onTheirWay.clear();
    this.#queue.clear();
    this.#troubles.ended(left);
  }

  broke(error: unknown): void {
    this.#troubles.lost(messageOf(error), this.#queue.count);
  }

  #look(milliseconds: number, due: Due): void {
    this.#timer?.cancel();
    this.#due = due;
    this.#timer = timers.after(milliseconds, this, () => this.#pump());
  }

  #pump(): void {
    const { ageMs, batch, concurrency } = this.#config;
    const now = clock.monotonic();
    this.#timer?.cancel();
    this.#due = "blocked";
    this.#queue.expire(now - ageMs);
    for (const cut of this.#again.filter(({ since }) => since < now - ageMs)) this.#giveUp(cut);
    if (this.figures.dropped > this.#dropped && this.#failures === 0)
      this.#troubles.lost("the queue is full: more comes than the collector takes", this.#queue.count);
    this.#dropped = this.figures.dropped;
    // One asks whether the other side is back; all at once would be too much for it.
    const lanes = this.#failures > 0 ? 1 : concurrency;
    while (this.#onTheirWay.size < lanes && now >= this.#notBefore) {
      const isDue = this.#isEnding || this.#queue.waiting >= this.#most || now - this.#queue.oldest >= batch.delayMs;
      const cut = this.#again.shift() ?? (isDue ? this.#queue.cut(this.#most) : undefined);
      if (cut === undefined) break;
      this.#onTheirWay.add(cut);
      void this.#send(cut);
    }
    if (this.#queue.count === 0) {
      this.#due = "never";
      this.#ended?.();
    } else if (this.#onTheirWay.size >= lanes) return;
    else if (now < this.#notBefore) this.#look(Math.min(this.#notBefore - now, ageMs), "blocked");
    else if (this.#queue.waiting > 0) this.#look(Math.max(0, this.#queue.oldest + batch.delayMs - now), "delay");
    else this.#due = "never";
  }

  async #send(cut: Cut<Batch>): Promise<void> {
    const { signal } = this.#over;
    let outcome: Outcome;
    try {
      outcome = await this.#config.ship(cut.batch, signal);
    } catch (error) {
      outcome = { kind: "refused", why: messageOf(error) };
    }
    // What was still on its way at the end was counted then.
    if (signal.aborted) return;
    try {
      this.#onTheirWay.delete(cut);
      this.#settle(cut, outcome);
      this.#pump();
    } catch (error) {
      this.broke(error);
    }
  }

  #settle(cut: Cut<Batch>, outcome: Outcome): void {
    const { figures } = this;
    const { count } = cut;
    const waiting = this.#queue.count;
    if (outcome.kind === "later") return this.#fail(cut, outcome);
    if (outcome.kind === "tooLarge") return this.#halve(cut, outcome.why);
    this.#failures = 0;
    // Another batch, which was on its way at the same time, may have been told to wait.
    this.#notBefore = this.#askedUntil;
    cut.release();
    if (outcome.kind === "refused") {
      figures.failed += count;
      return this.#troubles.failed(outcome.why, waiting - count);
    }
    const rejected = Math.min(count, outcome.rejected);
    figures.rejected += rejected;
    figures.sent += count - rejected;
    figures.lastSuccess = clock.wall();
    if (++this.#successes % successesToGrow === 0) this.#most = Math.min(this.#config.batch.items, this.#most * 2);
    this.#troubles.succeeded();
    if (rejected > 0) this.#troubles.lost(outcome.why ?? "the collector refused some of a batch", waiting - count);
  }

  #fail(cut: Cut<Batch>, { why, pauseMs }: Extract<Outcome, { readonly kind: "later" }>): void {
    const now = clock.monotonic();
    // Those that were on their way together failed together.
    if (now >= this.#notBefore) this.#failures++;
    const until = now + pauseAfterFailures(this.#failures, pauseMs);
    this.#notBefore = Math.max(this.#notBefore, until);
    if (pauseMs !== undefined) this.#askedUntil = Math.max(this.#askedUntil, until);
    this.#again.push(cut);
    this.#again.sort((one, other) => one.since - other.since);
    this.#troubles.failed(why, this.#queue.count);
    if (this.#ended !== undefined && this.#failures > 1) this.#ended();
  }

  #halve(cut: Cut<Batch>, why: string): void {
    const halves = cut.halves();
    this.#successes = 0;
    if (halves === undefined) {
      this.#drop(cut);
      return this.#troubles.lost(why, this.#queue.count);
    }
    this.#most = Math.max(1, Math.ceil(cut.count / 2));
    this.#again.unshift(...halves);
  }

  #giveUp(cut: Cut<Batch>): void {
    this.#again.splice(this.#again.indexOf(cut), 1);
    this.#drop(cut);
  }

  #drop(cut: Cut<Batch>): void {
    this.figures.dropped += cut.count;
    cut.release();
  }
}
