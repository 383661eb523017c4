import { contained, logged } from "../../life/boundary.ts";
import type { LatestTopic } from "../../life/channel.ts";
import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import { messageOf } from "../../life/message-of.ts";
import { type Timer, timers } from "../../life/timers.ts";
import { Judgement, type JudgementConfig } from "./judgement.ts";
import { keyOf, type Listed, type Member, memberOf, type Terms } from "./member.ts";
import type { EndpointSource, Findings, Look } from "./source.ts";

/** What one process has found, for all of them. */
export type FoundSet = { readonly members: readonly Member[] };

/** How the looks go. */
export type Looks = {
  /** Milliseconds since the epoch of the last look that found something out. */
  readonly readAt: number;
  /** Looks in a row that did not, and why. */
  readonly failures: number;
  readonly failure?: string;
  /** Why what was found last is not in force. */
  readonly held?: string;
};

export interface FinderConfig extends JudgementConfig {
  readonly source: EndpointSource;
  readonly terms: Terms;
  readonly set: LatestTopic<FoundSet>;
  readonly looks: LatestTopic<Looks>;
  readonly tenure: Life;
}

/** Endpoints of one service at most: more are a mistake, or an attack. */
export const mostMembers = 20_000;

/** Milliseconds between changes: a registry that changes all the time is followed in steps. */
const pauseMs = 200;

/** Entries of which it is said why they are of no use, each time. */
const mostReported = 3;

/** The looks of the process that finds the endpoints of a service for its group. */
export class Finder implements Findings {
  readonly #config: FinderConfig;
  readonly #judgement: Judgement;
  readonly #look: Look;
  /** What is in force, as a text to compare with. */
  #shown: string;
  #publishedAt = Number.NEGATIVE_INFINITY;
  #waiting: readonly Member[] | undefined = undefined;
  #pause: Timer | undefined = undefined;
  #again: Timer | undefined = undefined;
  #reported = "";
  failures = 0;

  constructor(config: FinderConfig) {
    this.#config = config;
    const { set, source, tenure } = config;
    const members = set.value?.members ?? [];
    this.#judgement = new Judgement(config, members);
    this.#shown = textOf(members);
    const end = contained(logged("endpoints are looked for no more"), (): void => {
      this.#again?.cancel();
      this.#pause?.cancel();
    });
    tenure.signal.addEventListener("abort", end, { once: true });
    this.#look = source.follow(tenure, this);
  }

  /** Why what was found last is not in force. */
  get held(): string | undefined {
    return this.#config.looks.value?.held;
  }

  found(listed: readonly Listed[]): void {
    const { looks, tenure, source } = this.#config;
    if (tenure.signal.aborted) return;
    const members = this.#members(listed);
    const { members: wanted, held, again } = this.#judgement.judge(members, clock.monotonic());
    const before = looks.value;
    const { description } = source;
    if (held !== undefined && held !== before?.held)
      tenure.log.write("warning", "endpoints stay as they are for now", { source: description, reason: held });
    if ((before?.failures ?? 0) > 0) tenure.log.write("info", "endpoints are found again", { source: description });
    looks.publish({ readAt: clock.wall(), failures: 0, ...(held === undefined ? {} : { held }) });
    this.#again?.cancel();
    if (again !== undefined)
      this.#again = timers.after(again, logged("endpoints were not looked for again"), () => this.#look.soon());
    this.#want(wanted);
  }

  failed(failure: string): void {
    const { looks, tenure, source } = this.#config;
    if (tenure.signal.aborted) return;
    const before = looks.value;
    this.failures++;
    looks.publish({ ...before, readAt: before?.readAt ?? 0, failures: (before?.failures ?? 0) + 1, failure });
    const kept = this.#shown === "" ? "none are known yet" : "the ones before stay in force";
    if (failure !== before?.failure)
      tenure.log.write("warning", "endpoints cannot be found", { source: source.description, reason: failure, kept });
  }

  /** Sorted, each once. */
  #members(listed: readonly Listed[]): readonly Member[] {
    if (listed.length > mostMembers)
      throw new Error(`there are ${listed.length} endpoints, and a service has ${mostMembers} at most`);
    const members = new Map<string, Member>();
    const useless: string[] = [];
    for (const one of listed) {
      try {
        const member = memberOf(one, this.#config.terms);
        members.set(member.url, member);
      } catch (error) {
        useless.push(`\`${shown(one.address)}\`: ${messageOf(error)}`);
      }
    }
    // Where nothing of it is of use, it is no list of endpoints, and says nothing about which there are.
    if (members.size === 0 && useless.length > 0) throw new Error(`none of ${listed.length} entries can be used: ${useless[0]}`);
    this.#report(useless);
    return [...members.values()].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  #report(useless: readonly string[]): void {
    const text = useless.slice(0, mostReported).join("; ");
    if (text === this.#reported) return;
    this.#reported = text;
    const { tenure, source } = this.#config;
    if (text !== "")
      tenure.log.write("warning", "entries skipped", { source: source.description, entries: useless.length, reason: text });
  }

  #want(members: readonly Member[]): void {
    const text = textOf(members);
    this.#waiting = undefined;
    if (text === this.#shown && this.#config.set.value !== undefined) return;
    const left = this.#publishedAt + pauseMs - clock.monotonic();
    if (left <= 0) {
      this.#publish(members, text);
      return;
    }
    this.#waiting = members;
    this.#pause ??= timers.after(left, logged("endpoints were not published"), () => {
      this.#pause = undefined;
      if (this.#waiting !== undefined) this.#publish(this.#waiting, textOf(this.#waiting));
    });
  }

  #publish(members: readonly Member[], text: string): void {
    const { set, tenure, source } = this.#config;
    this.#publishedAt = clock.monotonic();
    this.#waiting = undefined;
    this.#shown = text;
    set.publish({ members });
    tenure.log.write("info", "endpoints changed", { source: source.description, endpoints: members.length });
  }
}

const textOf = (members: readonly Member[]): string => members.map((member) => JSON.stringify(member)).join("\n");

const shown = (address: unknown): string => (typeof address === "string" ? address.slice(0, 80) : typeof address);
