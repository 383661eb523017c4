import type { Problem } from "../../answers/problem.ts";
import { SingleFlight } from "../../calls/single-flight.ts";
import { clock } from "../../life/clock.ts";
import type { Given } from "./service-credential.ts";
import type { TokenAnswer } from "./token-answer.ts";

/** What is known of one token; times in monotonic milliseconds. */
interface Known {
  /** As the field has it; undefined: there is none. */
  given: string | undefined;
  gotAt: number;
  /** From then on a new one is asked for in the background, and from then on this one is not sent any more. */
  refreshAt: number;
  endsAt: number;
  /** Not asked for before that. */
  againAt: number;
  /** In a row. */
  failures: number;
  problem: Problem | undefined;
}

export interface TokenCacheConfig {
  /** `services.orders.authenticate`, for problems. */
  readonly name: string;
  /** Callers whose tokens are remembered. */
  readonly most: number;
  /** Told once when none can be had any more, and once when it can again. */
  report(why: string | undefined): void;
}

/** Milliseconds between failed calls: doubled with each, up to the longest. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Milliseconds that a token has to be old for a refusal to be its age's fault. */
const youngMs = 5_000;

/** Milliseconds before its end from which on a token is not sent any more: it has to get there. */
const marginMs = 5_000;

/** Tokens by whom they are for: one call at a time for each, and a new one before the old one ends. */
export class TokenCache {
  readonly #config: TokenCacheConfig;
  readonly #known = new Map<string, Known>();
  readonly #flights = new SingleFlight<Given>();

  constructor(config: TokenCacheConfig) {
    this.#config = config;
  }

  /** `ask` never rejects. */
  give(key: string, ask: () => Promise<TokenAnswer>): Given | Promise<Given> {
    const now = clock.monotonic();
    const known = this.#known.get(key);
    if (known === undefined) return this.#flights.run(key, () => this.#ask(key, ask));
    const { given, endsAt, refreshAt, againAt, problem } = known;
    if (given !== undefined && now < endsAt) {
      if (now >= refreshAt && now >= againAt) void this.#flights.run(key, () => this.#ask(key, ask));
      return given;
    }
    if (now < againAt && problem !== undefined) return withRetryAfter(problem, againAt - now);
    return this.#flights.run(key, () => this.#ask(key, ask));
  }

  /** Where the token could be too old, the next request asks for another one. */
  refused(given: string): void {
    const now = clock.monotonic();
    for (const known of this.#known.values()) if (known.given === given && now - known.gotAt >= youngMs) known.given = undefined;
  }

  /** What was refused may be given now: nobody waits for the pause behind a failure. */
  again(): void {
    for (const known of this.#known.values()) known.againAt = 0;
  }

  async #ask(key: string, ask: () => Promise<TokenAnswer>): Promise<Given> {
    const answer = await ask();
    const now = clock.monotonic();
    const before = this.#known.get(key);
    if ("token" in answer) {
      const { token, lifeMs } = answer;
      if ((before?.failures ?? 0) > 0) this.#config.report(undefined);
      const given = `Bearer ${token}`;
      const endsAt = now + lifeMs - Math.min(marginMs, lifeMs / 10);
      // Instances that started together do not ask together.
      const refreshAt = now + lifeMs * (0.7 + Math.random() * 0.15);
      this.#remember(key, { given, gotAt: now, refreshAt, endsAt, againAt: 0, failures: 0, problem: undefined });
      return given;
    }
    const failures = (before?.failures ?? 0) + 1;
    const againAt = now + Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
    const problem = answer.isCallers ? deniedProblem(this.#config.name) : unavailableProblem(this.#config.name);
    if (failures === 1 && !answer.isCallers) this.#config.report(answer.why);
    const known = { given: undefined, gotAt: 0, refreshAt: 0, endsAt: 0, ...before, againAt, failures, problem };
    this.#remember(key, known);
    const isStillGood = known.given !== undefined && now < known.endsAt;
    return isStillGood ? known.given : withRetryAfter(problem, againAt - now);
  }

  /** The one that was fetched first goes first. */
  #remember(key: string, known: Known): void {
    this.#known.delete(key);
    if (this.#known.size >= this.#config.most) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, known);
  }
}

const unavailableProblem = (source: string): Problem => ({
  status: 503,
  slug: "service-credential-unavailable",
  title: "The gateway has no credential for the service at the moment",
  source,
});

const deniedProblem = (source: string): Problem => ({
  status: 403,
  slug: "not-on-behalf",
  title: "The service cannot be called on behalf of this caller",
  source,
});

const withRetryAfter = (problem: Problem, milliseconds: number): Problem =>
  problem.status === 503
    ? { ...problem, headers: ["Retry-After", String(Math.max(1, Math.ceil(milliseconds / 1_000)))] }
    : problem;
