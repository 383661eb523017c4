import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import type { Log } from "../../log/log.ts";
import type { Claims, Term, Work } from "../../stores/claims.ts";
import { type Failed, type Given, isFailed } from "../../stores/store.ts";
import type { KeptHead } from "./kept-answer.ts";

/** Milliseconds for which a request that is under way holds its key without a sign of life of its process. */
export const lease = 30_000;

/** Milliseconds for which it is tried to tell a store, that does not answer, what came of a request. */
const longestTry = 300_000;

/** Requests whose end the store was not told yet; with more, those that ended first are given up. */
const mostUntold = 1_000;

/** A key that this process claimed. */
export class OpenClaim {
  readonly key: string;
  readonly work: Work;
  /** Of the answer of the service, once it is there. */
  head: KeptHead | undefined = undefined;
  /** Tells the store what came of it; undefined as long as nothing has. */
  end: (() => Given<boolean | "full">) | undefined = undefined;
  /** Monotonic milliseconds up to which it is tried. */
  until = Number.POSITIVE_INFINITY;
  /** The store is being told. */
  telling: Promise<void> | undefined = undefined;

  constructor(key: string, work: Work) {
    this.key = key;
    this.work = work;
  }
}

/**
 * The keys of requests under way, whose leases are renewed, and of those whose end the store does not know yet. Where the
 * process is gone, or the store for too long, leases run out: what came of the request is not known then.
 */
export class OpenClaims {
  readonly #claims: Claims;
  readonly #term: Term;
  readonly #open = new Set<OpenClaim>();
  #untold = 0;
  #log: Log | undefined = undefined;

  /** `span`: milliseconds for which a key is known. */
  constructor(claims: Claims, span: number) {
    this.#claims = claims;
    this.#term = { lease, span };
  }

  start(life: Life): void {
    this.#log = life.log;
    life.every(lease / 3, () => this.renew());
  }

  get size(): number {
    return this.#open.size;
  }

  begin(key: string, work: Work): OpenClaim {
    const claim = new OpenClaim(key, work);
    this.#open.add(claim);
    return claim;
  }

  /** Nothing reached the service, or it did nothing: the key is free again. */
  release(claim: OpenClaim): void {
    this.#end(claim, () => this.#claims.release(claim.key, claim.work));
  }

  /** The service may have acted, and nobody knows. */
  lose(claim: OpenClaim): void {
    this.#end(claim, () => this.#claims.extend(claim.key, claim.work, { ...this.#term, lease: 0 }));
  }

  /** `short`: what is kept where there is no room for the result. */
  keep(claim: OpenClaim, result: string, short: string): void {
    this.#end(claim, () => this.#kept(claim, result, short));
  }

  async #kept({ key, work }: OpenClaim, result: string, short: string): Promise<boolean | "full" | Failed> {
    const { span } = this.#term;
    const kept = await this.#claims.keep(key, work, result, span);
    return kept === "full" ? this.#claims.keep(key, work, short, span) : kept;
  }

  /** Renews leases, and tries again to tell what could not be told. */
  async renew(): Promise<void> {
    await Promise.all([...this.#open].map((claim) => (claim.end === undefined ? this.#extend(claim) : this.#tell(claim))));
  }

  /** What the store is being told is waited for, and what it was not told is tried for the last time. */
  async stop(): Promise<void> {
    const ended = [...this.#open].filter(({ end }) => end !== undefined);
    await Promise.all(ended.map(({ telling }) => telling));
    await Promise.all(ended.map((claim) => (this.#open.has(claim) ? this.#tell(claim) : undefined)));
  }

  #end(claim: OpenClaim, end: NonNullable<OpenClaim["end"]>): void {
    if (claim.end !== undefined) return;
    claim.end = end;
    claim.until = clock.monotonic() + longestTry;
    this.#untold++;
    void this.#tell(claim);
    if (this.#untold <= mostUntold) return;
    for (const oldest of this.#open)
      if (oldest.end !== undefined) {
        this.#giveUp(oldest);
        return;
      }
  }

  async #extend(claim: OpenClaim): Promise<void> {
    const isMine = await this.#claims.extend(claim.key, claim.work, this.#term);
    if (isMine === false) this.#warn("another request has the key of one that is under way");
  }

  #tell(claim: OpenClaim): Promise<void> {
    claim.telling ??= this.#told(claim);
    return claim.telling;
  }

  async #told(claim: OpenClaim): Promise<void> {
    const told = await claim.end!();
    claim.telling = undefined;
    if (!isFailed(told)) {
      if (told === false) this.#warn("another request has the key of one that was answered");
      this.#forget(claim);
    } else if (clock.monotonic() >= claim.until) this.#giveUp(claim);
  }

  #giveUp(claim: OpenClaim): void {
    this.#warn("the store was not told what came of a request; its key gives 409 until it expires");
    this.#forget(claim);
  }

  #forget(claim: OpenClaim): void {
    if (this.#open.delete(claim)) this.#untold--;
  }

  #warn(what: string): void {
    this.#log?.write("warning", what, {});
  }
}
