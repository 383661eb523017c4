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
  left: number;
  used: number;
}

/**
 * One limit in one process of a group: asks the holder, and for large limits takes on lease what the next requests need. Where
 * nobody holds it, as after a take-over by a build that the primary process does not know, it counts its share of the limit.
 */
export class GroupCounters implements Counters {
  readonly #limit: LimitConfig;
  readonly #life: Pick<Life, "group" | "log">;
  readonly #line: Line;
  readonly #term: number;
  readonly #over = new OverCallers();
  /** In the order in which they end. */
  readonly #leases = new Map<string, Lease>();
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
    if (lease === undefined) return this.#ask(key, cost);
    if (lease.left < Math.max(1, cost) || clock.monotonic() >= lease.until) {
      this.#end(key, lease);
      return this.#ask(key, cost);
    }
    lease.left -= cost;
    lease.used += cost;
    return { passed: true, left: lease.beside + lease.left, moreIn: this.#term, retryIn: 0, at: lease.at };
  }

  settle(key: string, cost: number, at: number, actual: number): void {
    if (cost === actual) return;
    if (this.#share !== undefined) return this.#share.settle(key, cost, at, actual);
    if (actual < cost) this.#over.forget(key);
    this.#line.tell(["settle", this.#limit.id, key, cost, at, actual]);
  }

  async look(key: string): Promise<Standing | { readonly failed: string }> {
    if (this.#share !== undefined) return this.#share.look(key);
    const answer = await this.#line.ask<LookAnswer>(["look", this.#limit.id, key]);
    if (isFailed(answer)) return answer;
    if (isNobody(answer) || answer === null) return this.#shared().look(key);
    return { left: answer[0], moreIn: answer[1] };
  }

  async reset(key: string): Promise<true | { readonly failed: string }> {
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

  /** Ends the leases that would be over before the next time, in `milliseconds`: what was not used of them is free again. */
  tidy(milliseconds: number): void {
    const soon = clock.monotonic() + milliseconds * 1.5;
    for (const [key, lease] of this.#leases) {
      if (lease.until > soon) return;
      this.#end(key, lease);
    }
  }

  endAll(): void {
    for (const [key, lease] of this.#leases) this.#end(key, lease);
  }

  async #ask(key: string, cost: number): Promise<Taken | { readonly failed: string }> {
    const { id, law } = this.#limit;
    const { size } = this.#life.group;
    // The lease begins here before it does at the holder, so that it never lasts longer here.
    const until = clock.monotonic() + this.#term;
    const wanted = law.most >= leastForLease * size && this.#leases.size < this.#limit.maxKeys ? size : 0;
    const answer = await this.#line.ask<TakeAnswer>(["take", id, key, cost, wanted]);
    if (isFailed(answer)) return answer;
    if (isNobody(answer) || answer === null) return this.#shared().take(key, cost);
    const [passed, left, moreIn, retryIn, at, lease, granted] = answer;
    if (lease > 0) {
      const had = this.#leases.get(key);
      if (had !== undefined) this.#end(key, had);
      this.#leases.set(keptText(key), { id: lease, until, at, beside: left, left: granted, used: 0 });
    }
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
