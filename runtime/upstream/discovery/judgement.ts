import type { Member } from "./member.ts";
import { Members, mostMembers } from "./members.ts";

export interface JudgementConfig {
  /** Share of the endpoints, from 0 to 1: a set with fewer of them than that is confirmed before it is believed, and an empty one always. */
  readonly shrink: number;
  /** Milliseconds after which a second look confirms it; 0: everything is believed at once. */
  readonly confirm: number;
}

/** How often within how many milliseconds an endpoint may leave before its registry is not believed about it at once. */
const mostLeft = 3;
const flapMs = 60_000;
/** Milliseconds that it has to be away then. */
const awayMs = 10_000;

/** Milliseconds between looks for those that left longer ago. */
const tidyMs = 10_000;

/** Leavers that are known at most: a registry that lists ever new endpoints must not fill the memory. */
const mostLeavers = 40_000;

/** Endpoints that leave at once, of which each is noted. Where all of more do, it is noted which set took the place of which. */
const mostNoted = 1_000;

/** Endpoints that are looked at in one step, and of which one tells whether any of thousands that left have come back. */
const unitsPerStep = 512;
const unitsPerSample = 16;

/** What is to be done about what was found. */
export interface Verdict {
  /** The endpoints from now on. */
  readonly members: Members;
  /** Why it is not what was found. */
  readonly held?: string;
  /** Milliseconds after which another look is needed to decide. */
  readonly again?: number;
}

/** Whether a registry can be believed: one that lost its data answers as well, and one in trouble answers one thing and then another. */
export class Judgement {
  readonly #config: JudgementConfig;
  #inForce: Members;
  /** How many there were, and when last: those that leave one by one are much fewer all the same. */
  #most = { count: 0, at: 0 };
  /** Monotonic milliseconds since when much fewer were found. */
  #doubtedSince: number | undefined = undefined;
  /** By authority, of endpoints that left within a minute or are held now; of those that left once and did not come back, just when. */
  readonly #leavers = new Map<string, Leaver | number>();
  /** The last one of thousands, which mostly do not come back. */
  #exchange: Exchange | undefined = undefined;
  /** Monotonic milliseconds at which those were dropped that left longer ago. */
  #tidiedAt = 0;

  /** `inForce`: as another process found them; empty: none are known. */
  constructor(config: JudgementConfig, inForce: Members) {
    this.#config = config;
    this.#inForce = inForce;
  }

  /** `now`: monotonic milliseconds. */
  judge(found: Members, now: number): Verdict {
    const steps = this.judging(found, now);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  }

  /** The same in steps of some tenths of a millisecond, between which others may do something. */
  *judging(found: Members, now: number): Generator<undefined, Verdict> {
    const before = this.#inForce;
    const { shrink, confirm } = this.#config;
    const isOld = now - this.#most.at > confirm && this.#doubtedSince === undefined;
    if (isOld || before.size > this.#most.count) this.#most = { count: before.size, at: now };
    const most = this.#most.count;
    const isDoubtful = before.size > 0 && (found.size === 0 || found.size < most * shrink);
    if (!isDoubtful || confirm === 0) this.#doubtedSince = undefined;
    else {
      this.#doubtedSince ??= now;
      const left = this.#doubtedSince + confirm - now;
      if (left > 0) {
        const held = `${found.size} endpoints instead of ${most} are not confirmed yet`;
        const members = yield* joined(before, found);
        return members === undefined
          ? { members: before, held: `${held}, and together there would be more than ${mostMembers}`, again: left }
          : { members, held, again: left };
      }
      this.#doubtedSince = undefined;
    }
    if (isDoubtful || found.size >= most) this.#most = { count: found.size, at: now };
    const kept = confirm === 0 ? [] : yield* this.#flapping(found, now);
    this.#inForce = kept.length === 0 ? found : new Members([...found.values(), ...kept]);
    return {
      members: this.#inForce,
      ...(kept.length === 0 ? {} : { held: `${kept.length} endpoints come and go`, again: awayMs }),
    };
  }

  /** Those that are not among `found`, and stay all the same for a while. */
  *#flapping(found: Members, monotonic: number): Generator<undefined, Member[]> {
    // Whole numbers take no memory of their own.
    const now = Math.round(monotonic);
    const leavers = this.#leavers;
    let units = 0;
    if (now - this.#tidiedAt > tidyMs) {
      this.#tidiedAt = now;
      for (const [authority, leaver] of leavers) {
        if (now - lastOf(leaver) > flapMs) leavers.delete(authority);
        if (++units % unitsPerStep === 0) yield;
      }
    }
    if (leavers.size > mostLeavers) leavers.clear();
    if (this.#exchange !== undefined && now - this.#exchange.at > flapMs) this.#exchange = undefined;
    const before = this.#inForce;
    let stayed = 0;
    let isBack = false;
    for (const member of found.values()) {
      if (before.at(member) !== undefined) stayed++;
      else if (this.#exchange !== undefined && units % unitsPerSample === 0)
        isBack ||= this.#exchange.before.at(member) !== undefined;
      if (leavers.size > 0) this.#isThere(member.authority);
      if (++units % unitsPerStep === 0) yield;
    }
    if (isBack) yield* this.#lookBack(found, this.#exchange!);
    if (stayed === before.size) return [];
    if (stayed === 0 && before.size > mostNoted && leavers.size === 0) {
      this.#exchange = { at: now, before };
      return [];
    }
    const kept: Member[] = [];
    for (const member of before.values()) {
      if (++units % unitsPerStep === 0) yield;
      if (found.at(member) !== undefined) continue;
      const { authority } = member;
      const leaver = leavers.get(authority);
      if (leaver === undefined) leavers.set(authority, now);
      else if (typeof leaver !== "number" && stays(leaver, now) && found.size + kept.length < mostMembers) kept.push(member);
    }
    return kept;
  }

  #isThere(authority: string): void {
    const leaver = this.#leavers.get(authority);
    if (typeof leaver === "number") this.#leavers.set(authority, { times: [leaver], awaySince: undefined });
    else if (leaver !== undefined) leaver.awaySince = undefined;
  }

  /** Those that came back after they had left together with thousands have left once. */
  *#lookBack(found: Members, { at, before }: Exchange): Generator<undefined, void> {
    let units = 0;
    for (const member of found.values()) {
      if (before.at(member) !== undefined && this.#inForce.at(member) === undefined && !this.#leavers.has(member.authority))
        this.#leavers.set(member.authority, { times: [at], awaySince: undefined });
      if (++units % unitsPerStep === 0) yield;
    }
  }
}

/**
 * All of both: that those before are gone is not believed yet, and that others have come needs no belief, as at any other time.
 * Undefined: a service cannot have as many.
 */
function* joined(before: Members, found: Members): Generator<undefined, Members | undefined> {
  const added: Member[] = [];
  let units = 0;
  let count = before.size;
  for (const member of found.values()) {
    const at = before.at(member);
    if (at === undefined && ++count > mostMembers) return undefined;
    if (at === undefined || at.id !== member.id || at.place !== member.place) added.push(member);
    if (++units % unitsPerStep === 0) yield;
  }
  if (added.length === 0) return before;
  const all = new Members();
  for (const some of [before.values(), added])
    for (const member of some) {
      all.set(member);
      if (++units % unitsPerStep === 0) yield;
    }
  return all;
}

/** Others took the place of a set of thousands, all at once. */
interface Exchange {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly before: Members;
}

interface Leaver {
  /** Monotonic milliseconds at which it left, of the last minute. */
  times: number[];
  awaySince: number | undefined;
}

const lastOf = (leaver: Leaver | number): number => (typeof leaver === "number" ? leaver : leaver.times.at(-1)!);

/** One that is away has left often of late, and not long ago. */
function stays(leaver: Leaver, now: number): boolean {
  if (leaver.awaySince === undefined) {
    leaver.awaySince = now;
    leaver.times = leaver.times.filter((time) => now - time <= flapMs).slice(1 - mostLeft);
    leaver.times.push(now);
  }
  return leaver.times.length >= mostLeft && now - leaver.awaySince < awayMs;
}
