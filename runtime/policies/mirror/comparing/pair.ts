import type { Hold } from "../../../body/hold.ts";
import type { AnswerStream } from "../../../exchange/answer-hooks.ts";
import type { Exchange } from "../../../exchange/exchange.ts";
import type { CopyEnd, CopyNote, CopyReader, RequestCopy } from "../../../exchange/mirroring.ts";
import type { HeaderList } from "../../../fields/header-list.ts";
import { type Contained, logged } from "../../../life/boundary.ts";
import { clock } from "../../../life/clock.ts";
import { type Timer, timers } from "../../../life/timers.ts";
import { AnswerSide, type SideConfig, type Unfit } from "./answer-side.ts";

/**
 * Why two answers are not compared. Of the one that the client got: `cached`: it was no answer of the service to this request;
 * `fallback`: it was that of a service that took the place of the one to be asked; `itself`: it was that of the mirror service;
 * `unanswered`: the gateway answered in place of the service; `left`: the client did not wait for it; `broken`: it broke off. Of
 * the copy: `failed`. Of either: `coding`, `late`, `memory`, `size`, `stream`. Of both: `conditional`: they depend on conditions
 * of the request that the services cannot judge alike.
 */
export const reasons = [
  "broken",
  "cached",
  "coding",
  "conditional",
  "failed",
  "fallback",
  "itself",
  "late",
  "left",
  "memory",
  "size",
  "stream",
  "unanswered",
] as const;
export type Uncompared = (typeof reasons)[number];

export interface PairConfig extends SideConfig {
  /** Where copies go. */
  readonly mirror: string;
  /** Milliseconds that the answer to the client may take beyond that of the mirror. */
  readonly patience: number;
}

/** Who looks at pairs. */
export interface PairListener {
  /** Both answers are there. */
  complete(pair: Pair): void;
  uncompared(pair: Pair, reason: Uncompared): void;
  /** The copy is over, whatever becomes of the pair. */
  copyEnded(pair: Pair, end: CopyEnd, status: number): void;
  /** The copy is over, and so is the pair. */
  over(): void;
}

/** The answer that a client gets, and that to the copy of its request. */
export class Pair implements CopyReader, AnswerStream, Contained {
  readonly changes = false;
  readonly x: Exchange;
  /** What both are answers to, and where the first comes from. */
  readonly service: string;
  copy: RequestCopy | undefined = undefined;
  isOver = false;
  readonly #config: PairConfig;
  readonly #listener: PairListener;
  #hold: Hold | undefined = undefined;
  #own: AnswerSide | undefined = undefined;
  #other: AnswerSide | undefined = undefined;
  #reason: Uncompared | undefined = undefined;
  /** When the copy was over, in monotonic milliseconds; undefined: it is not. */
  #endedAt: number | undefined = undefined;
  #note: CopyNote | undefined = undefined;
  #timer: Timer | undefined = undefined;
  #isTold = false;

  /** `service`: the one that the request is to go to. */
  constructor(x: Exchange, service: string, config: PairConfig, listener: PairListener) {
    this.x = x;
    this.service = service;
    this.#config = config;
    this.#listener = listener;
  }

  get own(): AnswerSide {
    return this.#own!;
  }

  get other(): AnswerSide {
    return this.#other!;
  }

  holdsIn(hold: Hold): void {
    this.#hold = hold;
  }

  // What the client gets.

  /** The head of an answer is in `x.answer`: of the request itself, or of one for several clients. */
  ownHead(x: Exchange): void {
    if (this.isOver) return;
    const { status, headers } = x.answer!;
    const asked = x.upstream?.service;
    if (asked === this.#config.mirror) return this.#giveUp("itself");
    if (asked !== this.service) return this.#giveUp("fallback");
    // One that came before it was not for this client.
    this.#own?.letGo();
    this.#own = new AnswerSide(this.#config, this.#hold!);
    this.#check(this.#own.begin(status, headers, hasBody(x.method, status)));
    this.#look();
  }

  /** Undefined: its bytes are not looked at. */
  ownBody(): AnswerStream | undefined {
    return this.isOver || this.#own?.isWhole !== false ? undefined : this;
  }

  piece(buffer: Buffer, start: number, end: number): undefined {
    if (!this.isOver) this.#check(this.#own!.piece(buffer, start, end));
  }

  end(): undefined {
    if (this.isOver) return;
    this.#own!.isWhole = true;
    this.#look();
  }

  /** The exchange with the client is over. */
  leave(x: Exchange): void {
    this.copy!.leave();
    if (this.isOver || this.#own?.isWhole === true) return;
    this.#giveUp(whyNone(x, this.#own?.hasBegun === true));
  }

  // What the mirror answers.

  head(status: number, headers: HeaderList): void {
    if (this.isOver) return;
    this.#other = new AnswerSide(this.#config, this.#hold!);
    this.#check(this.#other.begin(status, headers, hasBody(this.x.method, status)));
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    if (!this.isOver && this.#other !== undefined) this.#check(this.#other.piece(buffer, start, end));
  }

  ended(end: CopyEnd, status: number, note: CopyNote): void {
    this.#endedAt = clock.monotonic();
    this.#note = note;
    this.#listener.copyEnded(this, end, status);
    if (this.isOver) this.#tell(this.#reason!);
    // There was none.
    else if (end === "body" || end === "memory" || end === "unfinished") {
      this.#end();
      this.#listener.over();
      note();
    } else if (end === "late") this.#giveUp("late");
    else if (end === "failed") this.#giveUp("failed");
    else {
      this.#other!.isWhole = true;
      this.#look();
    }
  }

  // Both.

  #check(unfit: Unfit | undefined): void {
    if (unfit !== undefined) this.#giveUp(unfit);
  }

  #look(): void {
    if (this.isOver) return;
    if (this.#endedAt === undefined) return;
    if (this.#own?.isWhole === true) {
      this.#timer?.cancel();
      this.isOver = true;
      if (dependsOnConditions(this.x.headers, this.#own.status, this.other.status)) this.#settle("conditional");
      else this.#listener.complete(this);
    } else this.#timer ??= timers.after(this.#config.patience, this, () => this.#giveUp("late"));
  }

  #giveUp(reason: Uncompared): void {
    if (!this.isOver) this.#settle(reason);
  }

  #settle(reason: Uncompared): void {
    this.#reason = reason;
    this.#end();
    this.#listener.uncompared(this, reason);
    if (this.#endedAt !== undefined) this.#tell(reason);
  }

  /** It was looked at. `kinds`: in what they differ. */
  compared(kinds: readonly string[]): void {
    this.#end();
    this.#tell(kinds.length === 0 ? "same" : "different", kinds);
  }

  /** It was looked at, and cannot be compared. */
  unfit(reason: Unfit): void {
    this.#settle(reason);
  }

  #tell(comparison: string, kinds: readonly string[] = []): void {
    const more = kinds.length === 0 ? [] : ["gatewright.mirror.differences", kinds.join(", ")];
    this.#isTold = true;
    this.#listener.over();
    this.#note!({ endedAt: this.#endedAt!, attributes: ["gatewright.mirror.comparison", comparison, ...more] });
  }

  #end(): void {
    this.isOver = true;
    this.#timer?.cancel();
    this.#own?.letGo();
    this.#other?.letGo();
    this.#hold?.end();
  }

  /** Our own mistake: of the pair, nothing is left. */
  broke(error: unknown): void {
    logged("answers could not be compared").broke(error);
    if (!this.#isTold) this.#settle("failed");
  }
}

/** RFC 9110 §6.4.1. */
const hasBody = (method: string, status: number): boolean => method !== "HEAD" && status !== 204 && status !== 304;

function whyNone({ answer, outcome }: Exchange, hasBegun: boolean): Uncompared {
  if (outcome === "clientGone" || answer === undefined) return "left";
  if (hasBegun) return "broken";
  return answer.problem === undefined && (answer.source === "service" || answer.source === "cache") ? "cached" : "unanswered";
}

/**
 * Conditions name tags and dates that only the service of the client has given out (RFC 9110 §13.1), and those with which the
 * gateway itself asks whether what it keeps is still good are in no copy.
 */
function dependsOnConditions(sent: HeaderList, own: number, other: number): boolean {
  if (own === other) return false;
  const has = (...names: readonly string[]): boolean => names.some((name) => sent.has(name));
  if (own === 304 || (other === 304 && has("if-none-match", "if-modified-since"))) return true;
  if (own === 412 || other === 412) return has("if-match", "if-none-match", "if-unmodified-since");
  return has("if-range") && [200, 206, 416].includes(own) && [200, 206, 416].includes(other);
}
