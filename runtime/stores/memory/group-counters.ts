import { keptText } from "../../exchange/kept-text.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import { OverCallers } from "../over-callers.ts";
import { type Counters, type Given, isFailed, type LimitConfig, type Standing, type Taken } from "../store.ts";
import { type LookAnswer, leaseTerm, leastForLease, type TakeAnswer } from "./calls.ts";
import { isNobody, type Line } from "./line.ts";
import { LocalCounters } from "./local-counters.ts";

/** What this process may give out without asking. */
interface Lease {
  readonly id: number;
  readonly until: number;
  readonly at: number;
  /** What was left beside it when it was given. */
  readonly beside: number;
  readonly granted: number;
  left: number;
  used: number;
  /** How often something was taken of it. */
  takes: number;
  /** The next one was asked for. */
  isRenewed: boolean;
}

type Failure = { readonly failed: string };

/** As often as this it is worth a call to have the next one ready. */
const busy = 4;

const isToRenew = ({ takes, isRenewed }: Lease): boolean => takes >= busy && !isRenewed;

/**
 * One limit in one process of a group: asks the holder, and for large limits takes on lease what the next requests need. A
 * lease that is in use is renewed before it is used up or over, so that hardly a request waits for one. Where nobody holds the
 * limit, as after a take-over by a build that the primary process does not know, it counts its share of it.
 */
export class GroupCounters implements Counters {
  readonly #limit: LimitConfig;
  readonly #life: Pick<Life, "group" | "log">;
  readonly #line: Line;
  readonly #term: number;
  readonly #over = new OverCallers();
  /** In the order in which they end. */
  readonly #leases = new Map<string, Lease>();
  /** Requests for leases, which others of the same key wait for as well. */
  readonly #asked = new Map<string, Promise<unknown>>();
  #share: LocalCounters | undefined = undefined;

  constructor(limit: LimitConfig, life: Pick<Life, "group" | "log">, line: Line) {
    this.#limit = limit;
    this.#life = life;
    this.#line = line;
    this.#term = leaseTerm(limit.law.span);
  }

  take(key: string, cost: number): Given<Taken> {
    if (this.#share !== undefined) return this.#share.take(key, cost);
    const over = this.#over.of(key, cost);
    if (over !== undefined) return over;
    const lease = this.#leases.get(key);
    if (lease === undefined) return this.#wait(key, cost);
    if (lease.left < Math.max(1, cost) || clock.monotonic() >= lease.until) {
      this.#end(key, lease);
      return this.#wait(key, cost);
    }
    lease.left -= cost;
    lease.used += cost;
    lease.takes++;
    if (lease.left * 2 < lease.granted && isToRenew(lease)) void this.#renew(key, lease);
    return { passed: true, left: lease.beside + lease.left, moreIn: this.#term, retryIn: 0, at: lease.at };
  }

  settle(key: string, cost: number, at: number, actual: number): void {
    if (cost === actual) return;
    if (this.#share !== undefined) return this.#share.settle(key, cost, at, actual);
    if (actual < cost) this.#over.forget(key);
    this.#line.tell(["settle", this.#limit.id, key, cost, at, actual]);
  }

  async look(key: string): Promise<Standing | Failure> {
    if (this.#share !== undefined) return this.#share.look(key);
    const answer = await this.#line.ask<LookAnswer>(["look", this.#limit.id, key]);
    if (isFailed(answer)) return answer;
    if (isNobody(answer) || answer === null) return this.#shared().look(key);
    return { left: answer[0], moreIn: answer[1] };
  }

  async reset(key: string): Promise<true | Failure> {
    if (this.#share !== undefined) return this.#share.reset(key);
    const answer = await this.#line.ask<Json>(["reset", this.#limit.id, key]);
    if (isFailed(answer)) return answer;
    return isNobody(answer) || answer === null ? this.#shared().reset(key) : true;
  }

  /** Another process has reset it. */
  forget(key: string): void {
    this.#over.forget(key);
    this.#share?.reset(key);
  }

  /**
   * Looks at the leases that would be over before the time after next, in `milliseconds` each: those in use are renewed, and
   * what was not used of others is free again.
   */
  tidy(milliseconds: number): void {
    const now = clock.monotonic();
    for (const [key, lease] of this.#leases) {
      if (lease.until > now + milliseconds * 2) return;
      if (isToRenew(lease)) void this.#renew(key, lease);
      else if (!lease.isRenewed || lease.until <= now + milliseconds * 1.5) this.#end(key, lease);
    }
  }

  endAll(): void {
    for (const [key, lease] of this.#leases) this.#end(key, lease);
  }

  /** Of those that come while nobody has a lease, one asks for it. */
  #wait(key: string, cost: number): Promise<Taken | Failure> {
    if (!this.#takesLeases) return this.#ask(key, cost, 0);
    const asked = this.#asked.get(key);
    return asked === undefined ? this.#first(key, cost) : this.#further(key, cost, asked);
  }

  async #first(key: string, cost: number): Promise<Taken | Failure> {
    const asked = this.#ask(key, cost, this.#life.group.size);
    this.#asked.set(key, asked);
    try {
      return await asked;
    } finally {
      this.#asked.delete(key);
    }
  }

  async #further(key: string, cost: number, asked: Promise<unknown>): Promise<Taken | Failure> {
    const first = await asked;
    if (isFailed(first)) return first;
    const over = this.#over.of(key, cost);
    if (over !== undefined) return over;
    const lease = this.#leases.get(key);
    // What little there is on lease near the limit is no reason to wait one after another.
    if (this.#share !== undefined || (lease !== undefined && lease.left >= Math.max(1, cost))) return this.take(key, cost);
    return this.#ask(key, cost, 0);
  }

  get #takesLeases(): boolean {
    return this.#limit.law.most >= leastForLease * this.#life.group.size && this.#leases.size < this.#limit.maxKeys;
  }

  /** `group`: see `Call`. */
  async #ask(key: string, cost: number, group: number): Promise<Taken | Failure> {
    const asked = clock.monotonic();
    const answer = await this.#line.ask<TakeAnswer>(["take", this.#limit.id, key, cost, group]);
    if (isFailed(answer)) return answer;
    if (isNobody(answer) || answer === null) return this.#shared().take(key, cost);
    this.#keep(key, asked, answer);
    const [passed, left, moreIn, retryIn, at, , granted] = answer;
    const taken = {
      passed: passed === 1,
      left: left + granted,
      moreIn,
      retryIn: retryIn < 0 ? Number.POSITIVE_INFINITY : retryIn,
      at,
    };
    this.#over.remember(key, cost, taken);
    return taken;
  }

  /**
   * Nobody waits for it, but who comes when the lease is used up before it is there. Where nothing more is left, the lease is
   * used up, and asked for as at first.
   */
  async #renew(key: string, lease: Lease): Promise<void> {
    lease.isRenewed = true;
    if (this.#asked.has(key)) return;
    const asked = clock.monotonic();
    const asking = this.#line.ask<TakeAnswer>(["take", this.#limit.id, key, 0, this.#life.group.size]);
    this.#asked.set(key, asking);
    const answer = await asking;
    this.#asked.delete(key);
    if (!isFailed(answer) && !isNobody(answer) && answer !== null) this.#keep(key, asked, answer);
  }

  /** `asked`: the lease begins here before it does at the holder, so that it never lasts longer here. */
  #keep(key: string, asked: number, [, left, , , at, id, granted]: NonNullable<TakeAnswer>): void {
    if (id === 0) return;
    const had = this.#leases.get(key);
    if (had !== undefined) this.#end(key, had);
    const until = asked + this.#term;
    const counts = { granted, left: granted, used: 0, takes: 0, isRenewed: false };
    this.#leases.set(keptText(key), { id, until, at, beside: left, ...counts });
  }

  #end(key: string, { id, used }: Lease): void {
    this.#leases.delete(key);
    this.#line.tell(["end", this.#limit.id, id, used]);
  }

  #shared(): LocalCounters {
    if (this.#share === undefined) {
      const { size, index } = this.#life.group;
      this.#share = new LocalCounters(this.#limit.law.share(size, index), this.#limit.maxKeys);
      this.#life.log.write("warning", "limit is divided among workers", {
        limit: this.#limit.id,
        workers: size,
        reason: "the primary process runs a build without this limit; restart the gateway to count for all workers together",
      });
    }
    return this.#share;
  }
}
