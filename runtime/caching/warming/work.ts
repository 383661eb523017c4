import { type Contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import { redactUrl } from "../../log/redaction.ts";
import type { WarmFields, WarmRequests, WarmTurn } from "../../upstream/cached/warm-requests.ts";
import { hasPort } from "./listed-urls.ts";
import { type WarmOutcome, warmOutcomes } from "./outcome.ts";
import { Pace } from "./pace.ts";
import type { WarmTarget } from "./target.ts";
import type { WarmTargets } from "./targets.ts";

export interface WarmWorkConfig {
  readonly fields: readonly WarmFields[];
  /** Milliseconds between the beginnings of two requests to services. */
  readonly interval: number;
  readonly concurrency: number;
}

/** What became of some URLs. */
export interface WarmResult {
  readonly counts: ReadonlyMap<WarmOutcome, number>;
  /** URL of one of those that are not kept, for the log: what is asked for most is what clients wrote. */
  readonly example: string | undefined;
}

/** Outcomes for which a service was asked. */
const asking: readonly WarmOutcome[] = ["stored", "unkept", "failed"];

/** Fetches URLs, no quicker than it may. */
export class WarmWork {
  readonly counts = new Map<WarmOutcome, number>(warmOutcomes.map((outcome) => [outcome, 0]));
  readonly #config: WarmWorkConfig;
  readonly #targets: WarmTargets;
  readonly #pace: Pace;
  readonly #pacing: Contained = logged("the pace of warming");
  #requests: WarmRequests | undefined = undefined;

  constructor(config: WarmWorkConfig, targets: WarmTargets) {
    this.#config = config;
    this.#targets = targets;
    this.#pace = new Pace(config.interval, this.#pacing);
  }

  open(requests: WarmRequests): void {
    this.#requests = requests;
  }

  isWarmable(url: string): boolean {
    return hasPort(url) && this.#requests!.turnOf(url, this.#config.fields[0]!) !== undefined;
  }

  /** Finds out by what they are dropped, and fetches nothing. */
  async place(targets: readonly WarmTarget[], turn: WarmTurn, signal: AbortSignal): Promise<void> {
    for (const target of targets)
      for (const fields of this.#config.fields) {
        if (signal.aborted || target.base !== undefined) break;
        const warmed = await this.#requests!.warm(target.url, fields, turn, false, target.key);
        if (warmed?.base !== undefined) this.#targets.place(target, warmed.base, turn);
        await turnOfLoop();
      }
  }

  /** Up to the end of `signal`. What was fetched a moment ago waits for its turn. */
  async do(targets: readonly WarmTarget[], turn: WarmTurn, signal: AbortSignal, isOver: () => boolean): Promise<WarmResult> {
    const counts = new Map<WarmOutcome, number>();
    let example: string | undefined;
    // Parameters that are secret beside those that look so: none.
    const secret = new Set<string>();
    const queue = targets.values();
    const count = (outcome: WarmOutcome, { url }: WarmTarget): void => {
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      this.counts.set(outcome, this.counts.get(outcome)! + 1);
      if (outcome === "failed" || outcome === "unkept") example ??= redactUrl(url, secret);
    };
    const work = async (): Promise<void> => {
      for (const target of queue)
        if (target.turn === undefined || target.turn === turn)
          if (!(await this.#one(target, turn, signal, isOver, count))) return;
    };
    await Promise.all(Array.from({ length: this.#config.concurrency }, work));
    return { counts, example };
  }

  /** With each of the fields in turn: what an answer varies by is known once the first one has come. False: it is over. */
  async #one(
    target: WarmTarget,
    turn: WarmTurn,
    signal: AbortSignal,
    isOver: () => boolean,
    count: (outcome: WarmOutcome, target: WarmTarget) => void,
  ): Promise<boolean> {
    const now = clock.monotonic();
    const dueAt = target.dueAt(now);
    const found = new Set<WarmOutcome>();
    for (const fields of this.#config.fields) {
      await this.#pace.turn(signal);
      if (signal.aborted || isOver()) return false;
      const warmed = await this.#requests!.warm(target.url, fields, turn, dueAt <= now, target.key);
      const outcome = warmed?.outcome;
      if (outcome === undefined || !asking.includes(outcome)) this.#pace.giveBack();
      if (warmed?.base !== undefined) this.#targets.place(target, warmed.base, turn);
      if (outcome !== undefined) found.add(outcome);
      if (outcome !== undefined && outcome !== "apart" && outcome !== "later") count(outcome, target);
      // What is fresh is found at once: requests of clients are not to wait for the whole list.
      await turnOfLoop();
    }
    // Fields that the key does not have are no matter where others have them.
    if (found.has("apart") && found.size === 1) count("apart", target);
    if (found.has("later")) this.#targets.defer(target, dueAt);
    if (asking.some((outcome) => found.has(outcome))) target.fetched(now);
    return true;
  }
}

const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
