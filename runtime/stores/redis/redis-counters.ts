import type { StoreBreaker } from "../breaker.ts";
import { OverCallers } from "../over-callers.ts";
import { type Counters, type Failed, type Given, isFailed, type LimitConfig, type Standing, type Taken } from "../store.ts";
import type { Caller } from "./caller.ts";
import { CallerKeys, type ScriptKey } from "./caller-keys.ts";
import { type Counted, ScriptCall } from "./script-call.ts";
import { ScriptText } from "./script-text.ts";
import type { LimitScript } from "./scripts/script.ts";

/** The counters of one limit in a server that several instances share: one script, one key for each caller. */
export class RedisCounters implements Counters {
  readonly #text: ScriptText;
  readonly #keys: CallerKeys;
  readonly #now: () => number;
  readonly #caller: Caller;
  readonly #over = new OverCallers();
  readonly #local: { take(key: string, cost: number): Taken } | undefined;

  /** `prefix`: what all keys begin with; `now` in milliseconds since the epoch. */
  constructor(
    limit: LimitConfig,
    script: LimitScript,
    prefix: string,
    now: () => number,
    caller: Caller,
    local: { take(key: string, cost: number): Taken } | undefined,
  ) {
    this.#local = local;
    this.#text = new ScriptText(script);
    // Another law is another key: what it counted cannot be read by this one.
    this.#keys = new CallerKeys(`${prefix}gw:`, `${limit.id} ${script.id}`, script.version);
    this.#now = now;
    this.#caller = caller;
  }

  take(key: string, cost: number): Given<Taken> {
    const over = this.#over.of(key, cost);
    if (over !== undefined) return over;
    const at = this.#keys.of(key);
    const pass = this.#caller.admit(at);
    if (isFailed(pass)) return this.#local === undefined ? pass : this.#local.take(key, cost);
    return new Promise((resolve) => {
      this.#run(at, pass, `take ${cost} ${Math.max(1, cost)} 0`, (reply) => resolve(this.#taken(key, cost, reply)));
    });
  }

  settle(key: string, cost: number, at: number, actual: number): void {
    if (cost === actual) return;
    if (actual < cost) this.#over.forget(key);
    // What fails stays counted as it was: nobody waits for it, and it is not sent twice.
    void this.#ask(key, `settle ${cost} ${at} ${actual}`);
  }

  async look(key: string): Promise<Standing | Failed> {
    const reply = await this.#ask(key, "look 0 0 0");
    return isFailed(reply) ? reply : { left: reply[1], moreIn: reply[2] / 1000 };
  }

  async reset(key: string): Promise<true | Failed> {
    const { name } = this.#keys.of(key);
    const answer = await this.#caller.call(name, "del", [name]);
    this.#over.forget(key);
    return isFailed(answer) ? answer : true;
  }

  #taken(key: string, cost: number, reply: Counted | Failed): Taken | Failed {
    if (isFailed(reply)) return this.#local === undefined ? reply : this.#local.take(key, cost);
    const [passed, left, moreIn, retryIn, at] = reply;
    const taken: Taken = {
      passed: passed === 1,
      left,
      moreIn: moreIn / 1000,
      retryIn: retryIn < 0 ? Number.POSITIVE_INFINITY : retryIn / 1000,
      at,
    };
    this.#over.remember(key, cost, taken);
    return taken;
  }

  #ask(key: string, operation: string): Failed | Promise<Counted | Failed> {
    const at = this.#keys.of(key);
    const pass = this.#caller.admit(at);
    return isFailed(pass) ? pass : new Promise((resolve) => this.#run(at, pass, operation, resolve));
  }

  #run(key: ScriptKey, pass: StoreBreaker, operation: string, end: (reply: Counted | Failed) => void): void {
    const run = { key, operation, now: this.#now(), isWhole: false };
    this.#caller.send(new ScriptCall(this.#caller, pass, this.#text, run, end));
  }
}
