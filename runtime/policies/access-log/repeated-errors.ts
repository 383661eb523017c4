import { createHash } from "node:crypto";
import { type Problem, problemType } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import { type Timer, timers } from "../../life/timers.ts";

/** Made for what is to be reported. */
export const createRepeatedErrors =
  (config: RepeatedErrorsConfig): RepeatedErrorsMaker =>
  (report) =>
    new RepeatedErrors(config, report);

export type RepeatedErrorsMaker = (report: (repeated: Repeated) => void) => RepeatedErrors;

export interface RepeatedErrorsConfig {
  /** Milliseconds in which errors that are alike are counted instead of written. */
  readonly periodMs: number;
  /** Errors that are told apart in that time; further ones are written. */
  readonly most: number;
}

/** An error of which there were more. */
export interface Repeated {
  readonly fingerprint: string;
  readonly operation: string;
  readonly status: number;
  readonly source: string;
  /** Empty where it has none. */
  readonly problem: string;
  readonly error: string;
  /** How many lines were not written. */
  count: number;
  /** Milliseconds since the epoch of the first and the last of these. */
  first: number;
  last: number;
}

/** Tells errors that are alike from new ones, within a period: of one thing that is broken, each request would write a line. */
export class RepeatedErrors {
  readonly #config: RepeatedErrorsConfig;
  readonly #report: (repeated: Repeated) => void;
  readonly #border = logged("repeated errors could not be logged");
  /** By what makes them alike: words of the configuration, codes of the transport, statuses. */
  readonly #known = new Map<string, Repeated>();
  #since = clock.monotonic();
  #timer: Timer | undefined = undefined;

  /** `report` writes how many there were. */
  constructor(config: RepeatedErrorsConfig, report: (repeated: Repeated) => void) {
    this.#config = config;
    this.#report = report;
  }

  /** The fingerprint of one that is to be written; undefined: it is counted. */
  add(x: Exchange): string | undefined {
    if (clock.monotonic() - this.#since >= this.#config.periodMs) this.flush();
    const { answer, upstream, operation } = x;
    const [status, source, problem] = [answer?.status ?? 0, answer?.source ?? "", typeOf(answer?.problem)];
    const error = upstream?.error ?? "";
    const key = [operation.id, status, source, problem, error, x.outcome, upstream?.service ?? ""].join(" ");
    const known = this.#known.get(key);
    if (known === undefined) return this.#begin(key, { operation: operation.id, status, source, problem, error });
    if (known.count === 0) known.first = clock.wall();
    known.count++;
    known.last = clock.wall();
    this.#timer ??= timers.after(this.#config.periodMs, this.#border, () => this.flush());
    return undefined;
  }

  #begin(key: string, about: Omit<Repeated, "fingerprint" | "count" | "first" | "last">): string {
    const fingerprint = createHash("sha256").update(key).digest("hex").slice(0, 16);
    if (this.#known.size < this.#config.most) this.#known.set(key, { fingerprint, ...about, count: 0, first: 0, last: 0 });
    return fingerprint;
  }

  /** Tells what was counted, and counts anew: the next one of each kind is written. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#since = clock.monotonic();
    const all = [...this.#known.values()];
    this.#known.clear();
    for (const repeated of all) if (repeated.count > 0) this.#report(repeated);
  }
}

const typeOf = (problem: Problem | undefined): string => (problem === undefined ? "" : problemType(problem));
