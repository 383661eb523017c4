import { contained, logged } from "../../life/boundary.ts";
import type { LatestTopic } from "../../life/channel.ts";
import { clock } from "../../life/clock.ts";
import { inSlices, seldom } from "../../life/in-slices.ts";
import type { Life } from "../../life/life.ts";
import { messageOf } from "../../life/message-of.ts";
import { type Timer, timers } from "../../life/timers.ts";
import { type FoundSet, grouped, readingSet } from "./found-set.ts";
import { Judgement, type JudgementConfig } from "./judgement.ts";
import { type Entry, type Listed, Member, MemberReader, type Terms } from "./member.ts";
import { Members, mostMembers } from "./members.ts";
import type { EndpointSource, Findings, Look } from "./source.ts";

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

/** Milliseconds between changes: a registry that changes all the time is followed in steps. */
const pauseMs = 200;

/** Entries that are read in one go; more are read in steps of some tenths of a millisecond. */
const mostAtOnce = 512;
const unitsPerStep = 128;

/** Entries of which it is said why they are of no use, each time. */
const mostReported = 3;

/** The looks of the process that finds the endpoints of a service for its group. */
export class Finder implements Findings {
  readonly #config: FinderConfig;
  readonly #reader: MemberReader;
  readonly #judgement: Judgement;
  readonly #look: Look;
  /** What is in force, and how other processes were told of it; undefined: this process was told of it. */
  #shown: Members;
  #published: FoundSet | undefined = undefined;
  #publishedAt = Number.NEGATIVE_INFINITY;
  #waiting: Wanted | undefined = undefined;
  /** A list that came while another one is read. */
  #next: readonly Entry[] | undefined = undefined;
  #isReading = false;
  #pause: Timer | undefined = undefined;
  #again: Timer | undefined = undefined;
  #reported = "";
  failures = 0;

  constructor(config: FinderConfig) {
    this.#config = config;
    const { set, source, tenure, terms } = config;
    this.#reader = new MemberReader(terms);
    this.#shown = set.value === undefined ? new Members() : atOnce(readingSet(set.value));
    this.#judgement = new Judgement(config, this.#shown);
    const end = contained(logged("endpoints are looked for no more"), (): void => {
      this.#again?.cancel();
      this.#pause?.cancel();
    });
    tenure.signal.addEventListener("abort", end, { once: true });
    this.#look = source.follow(tenure, this);
  }

  /** Those that a set stands for, where they were found here. */
  membersOf(found: FoundSet): Members | undefined {
    return found === this.#published ? this.#shown : undefined;
  }

  /** Looks again at once. */
  soon(): void {
    this.#look.soon();
  }

  /** Why what was found last is not in force. */
  get held(): string | undefined {
    return this.#config.looks.value?.held;
  }

  read(listed: Listed): Entry {
    try {
      return this.#reader.read(listed);
    } catch {
      return listed;
    }
  }

  found(entries: readonly Entry[]): void {
    const { tenure } = this.#config;
    if (tenure.signal.aborted) return;
    if (entries.length > mostMembers)
      throw new Error(`there are ${entries.length} endpoints, and a service has ${mostMembers} at most`);
    this.#next = entries;
    if (this.#isReading) return;
    this.#next = undefined;
    const steps = this.#reading(entries);
    if (entries.length <= mostAtOnce) for (const _ of steps);
    else void this.#readInSlices(steps);
  }

  /** Requests do not wait for a list of thousands, and a newer list waits for the one that is being read. */
  async #readInSlices(first: Iterable<undefined>): Promise<void> {
    this.#isReading = true;
    for (let steps: Iterable<undefined> | undefined = first; steps !== undefined; ) {
      try {
        await inSlices(steps, () => {}, seldom);
      } catch (error) {
        // It says nothing about the one that came behind it.
        this.failed(messageOf(error));
      }
      steps = this.#next === undefined ? undefined : this.#reading(this.#next);
      this.#next = undefined;
    }
    this.#isReading = false;
  }

  *#reading(entries: readonly Entry[]): Generator<undefined, void> {
    const { looks, tenure, source, set } = this.#config;
    const members = yield* this.#members(entries);
    const { members: wanted, held, again } = yield* this.#judgement.judging(members, clock.monotonic());
    const isNew = set.value === undefined || (yield* this.#differs(wanted));
    const next = isNew ? { members: wanted, set: yield* grouped(wanted.values()) } : undefined;
    if (tenure.signal.aborted) return;
    const before = looks.value;
    const { description } = source;
    if (held !== undefined && held !== before?.held)
      tenure.log.write("warning", "endpoints stay as they are for now", { source: description, reason: held });
    if ((before?.failures ?? 0) > 0) tenure.log.write("info", "endpoints are found again", { source: description });
    looks.publish({ readAt: clock.wall(), failures: 0, ...(held === undefined ? {} : { held }) });
    this.#again?.cancel();
    if (again !== undefined)
      this.#again = timers.after(again, logged("endpoints were not looked for again"), () => this.#look.soon());
    this.#want(next);
  }

  failed(failure: string): void {
    const { looks, tenure, source } = this.#config;
    if (tenure.signal.aborted) return;
    const before = looks.value;
    this.failures++;
    looks.publish({ ...before, readAt: before?.readAt ?? 0, failures: (before?.failures ?? 0) + 1, failure });
    const kept = this.#shown.size === 0 ? "none are known yet" : "the ones before stay in force";
    if (failure !== before?.failure)
      tenure.log.write("warning", "endpoints cannot be found", { source: source.description, reason: failure, kept });
  }

  /** Each once. */
  *#members(entries: readonly Entry[]): Generator<undefined, Members> {
    const members = new Members();
    const useless: string[] = [];
    let units = 0;
    for (const entry of entries) {
      try {
        const member = entry instanceof Member ? entry : this.#reader.read(entry);
        const other = members.at(member);
        if (other === undefined || goesBefore(member, other)) members.set(member);
      } catch (error) {
        // Else it is a member.
        useless.push(`\`${shown((entry as Listed).address)}\`: ${messageOf(error)}`);
      }
      if (++units % unitsPerStep === 0) yield;
    }
    // Where nothing of it is of use, it is no list of endpoints, and says nothing about which there are.
    if (members.size === 0 && useless.length > 0) throw new Error(`none of ${entries.length} entries can be used: ${useless[0]}`);
    this.#report(useless);
    return members;
  }

  #report(useless: readonly string[]): void {
    const text = useless.slice(0, mostReported).join("; ");
    if (text === this.#reported) return;
    this.#reported = text;
    const { tenure, source } = this.#config;
    if (text !== "")
      tenure.log.write("warning", "entries skipped", { source: source.description, entries: useless.length, reason: text });
  }

  /** Whether they are others than those in force. Their order says nothing. */
  *#differs(members: Members): Generator<undefined, boolean> {
    if (members === this.#shown) return false;
    if (members.size !== this.#shown.size) return true;
    let units = 0;
    for (const member of members.values()) {
      if (!areSame(member, this.#shown.at(member))) return true;
      if (++units % unitsPerStep === 0) yield;
    }
    return false;
  }

  /** Undefined: what is in force. */
  #want(wanted: Wanted | undefined): void {
    this.#waiting = undefined;
    if (wanted === undefined) return;
    const left = this.#publishedAt + pauseMs - clock.monotonic();
    if (left <= 0) {
      this.#publish(wanted);
      return;
    }
    this.#waiting = wanted;
    this.#pause ??= timers.after(left, logged("endpoints were not published"), () => {
      this.#pause = undefined;
      if (this.#waiting !== undefined) this.#publish(this.#waiting);
    });
  }

  #publish({ members, set: found }: Wanted): void {
    const { set, tenure, source } = this.#config;
    this.#publishedAt = clock.monotonic();
    this.#waiting = undefined;
    this.#shown = members;
    this.#published = found;
    set.publish(found);
    tenure.log.write("info", "endpoints changed", { source: source.description, endpoints: members.size });
  }
}

interface Wanted {
  readonly members: Members;
  readonly set: FoundSet;
}

/** Of two at one place. Which of them is listed last says nothing, and may be another one with each look. */
const goesBefore = (one: Member, other: Member): boolean => textOf(one) < textOf(other);

const textOf = ({ id, place }: Member): string => JSON.stringify([id ?? "", place]);

/** When a process takes over from another one. */
function atOnce<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

function areSame(one: Member, other: Member | undefined): boolean {
  if (other === undefined || one.id !== other.id) return false;
  // Made of the same names in the same order.
  return one.place === other.place || JSON.stringify(one.place) === JSON.stringify(other.place);
}

const shown = (address: unknown): string => (typeof address === "string" ? address.slice(0, 80) : typeof address);
