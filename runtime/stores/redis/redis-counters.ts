// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { OverCallers } from "../over-callers.ts";
import { type Counters, type Failed, type Given, isFailed, type LimitConfig, type Standing, type Taken } from "../store.ts";
import type { Caller, CallFailed } from "./caller.ts";
import type { LimitScript } from "./scripts/script.ts";

/** What a script gives: see `LimitScript`. */
type Counted = readonly [passed: 0 | 1, left: number, moreIn: number, retryIn: number, at: number];
/** The window is another one by the clock of the server. */
type ScriptReply = Counted | readonly [-1, number];

/** Scripts count time from here, in milliseconds. */
const epoch = 1_700_000_000_000;

const hash = (text: string): string => crypto.hash("sha256", text, "base64url");

/** The counters of one limit in a server that several instances share: one script, one key for each caller. */
export class RedisCounters implements Counters {
  readonly #script: LimitScript;
  readonly #digest: string;
  readonly #before: string;
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
    this.#script = script;
    // By this name a server knows a script (EVALSHA).
    this.#digest = crypto.hash("sha1", script.lua, "hex");
    // Another law is another key: what it counted cannot be read by this one.
    this.#before = `${prefix}gw:{${hash(`${limit.id} ${script.id}`).slice(0, 12)}:`;
    this.#now = now;
    this.#caller = caller;
  }

  take(key: string, cost: number): Given<Taken> {
    const over = this.#over.of(key, cost);
    if (over !== undefined) return over;
    const answer = this.#run(key, "take", cost, Math.max(1, cost), 0);
    if (answer instanceof Promise) return this.#taken(key, cost, answer);
    return this.#local === undefined ? answer : this.#local.take(key, cost);
  }

  settle(key: string, cost: number, at: number, actual: number): void {
    if (cost === actual) return;
    if (actual < cost) this.#over.forget(key);
    // What fails stays counted as it was: nobody waits for it, and it is not sent twice.
    void this.#run(key, "settle", cost, at, actual);
  }

  async look(key: string): Promise<Standing | Failed> {
    const reply = await this.#run(key, "look", 0, 0, 0);
    return isFailed(reply) ? reply : { left: reply[1], moreIn: reply[2] / 1000 };
  }

  async reset(key: string): Promise<true | Failed> {
    const name = this.#nameOf(key);
    const answer = await this.#caller.call(name, "del", [name]);
    this.#over.forget(key);
    return isFailed(answer) ? answer : true;
  }

  async #taken(key: string, cost: number, answer: Promise<Counted | Failed>): Promise<Taken | Failed> {
    const reply = await answer;
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

  #nameOf(key: string): string {
    return `${this.#before}${hash(key).slice(0, 22)}}:${this.#script.version}`;
  }

  #run(key: string, op: string, a: number, b: number, c: number): Failed | Promise<Counted | Failed> {
    const name = this.#nameOf(key);
    const of = [String(a), String(b), String(c)];
    const sent = this.#caller.call(name, "evalsha", [this.#digest, "1", name, op, ...of, ...this.#script.arguments(this.#now())]);
    return sent instanceof Promise ? this.#followed(sent, name, op, of) : sent;
  }

  /** What the server says it did nothing for is asked once more: with the script as a whole, and in the right window. */
  async #followed(sent: Promise<unknown>, name: string, op: string, of: readonly string[]): Promise<Counted | Failed> {
    let reply = (await sent) as ScriptReply | CallFailed;
    const whole = async (now: number): Promise<ScriptReply | CallFailed> =>
      (await this.#caller.call(name, "eval", [this.#script.lua, "1", name, op, ...of, ...this.#script.arguments(now)])) as
        | ScriptReply
        | CallFailed;
    if (isFailed(reply) && (reply as CallFailed).code === "NOSCRIPT") reply = await whole(this.#now());
    if (!isFailed(reply) && reply[0] === -1) reply = await whole(reply[1] / 1000 + epoch);
    if (isFailed(reply)) return reply;
    return reply[0] === -1 ? { failed: "the clock of the store leaps" } : reply;
  }
}
