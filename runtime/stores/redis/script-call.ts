import type { StoreBreaker } from "../breaker.ts";
import { type Failed, isFailed } from "../store.ts";
import { Call, type Caller, type CallFailed } from "./caller.ts";
import type { ScriptRun, ScriptText } from "./script-text.ts";

/** What a script gives: see `LimitScript`. */
export type Counted = readonly [passed: 0 | 1, left: number, moreIn: number, retryIn: number, at: number];
/** The window is another one by the clock of the server. */
type ScriptReply = Counted | readonly [-1, number];

/** Scripts count time from here, in milliseconds. */
const epoch = 1_700_000_000_000;

/**
 * A script on its way. What the server says it did nothing for is asked once more: with the script as a whole, and in the
 * right window.
 */
export class ScriptCall extends Call {
  readonly #caller: Caller;
  readonly #text: ScriptText;
  readonly #run: ScriptRun;
  readonly #end: (reply: Counted | Failed) => void;
  /** The window is that of the server's clock. */
  readonly #isCorrected: boolean;

  constructor(
    caller: Caller,
    breaker: StoreBreaker,
    text: ScriptText,
    run: ScriptRun,
    end: (reply: Counted | Failed) => void,
    isCorrected = false,
  ) {
    super(caller, run.key, breaker);
    this.#caller = caller;
    this.#text = text;
    this.#run = run;
    this.#end = end;
    this.#isCorrected = isCorrected;
  }

  get name(): string {
    return this.#run.isWhole ? "eval" : "evalsha";
  }

  get args(): readonly string[] {
    return this.#text.args(this.#run);
  }

  toWritable(): string {
    return this.#text.encoded(this.#run);
  }

  protected end(given: unknown): void {
    // The script gives the one, the caller the other.
    const reply = given as ScriptReply | CallFailed;
    if (isFailed(reply)) {
      if (reply.code === "NOSCRIPT" && !this.#run.isWhole) this.#again(this.#run.now, this.#isCorrected);
      else this.#end(reply);
    } else if (reply[0] !== -1) this.#end(reply);
    else if (this.#isCorrected) this.#end({ failed: "the clock of the store leaps" });
    else this.#again(reply[1] / 1000 + epoch, true);
  }

  #again(now: number, isCorrected: boolean): void {
    const pass = this.#caller.admit(this.#run.key);
    if (isFailed(pass)) this.#end(pass);
    else
      this.#caller.send(
        new ScriptCall(this.#caller, pass, this.#text, { ...this.#run, now, isWhole: true }, this.#end, isCorrected),
      );
  }
}
