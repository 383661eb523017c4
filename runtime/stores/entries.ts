import type { Life } from "../life/life.ts";
import type { Failed, Messages, Store } from "./store.ts";

/**
 * Entries of a server that many processes share, each of them one of several about the same thing: its base. A base has a mark,
 * which is another one after it was dropped, and an entry counts only as long as the mark in it is that of its base. So one
 * command drops all entries of a base, whoever wrote them, and those that are written later by who knew the old mark. What an
 * entry is made of says `entry-form.ts`.
 *
 * Times are milliseconds. Nothing here rejects.
 */
export interface Entries {
  /** Most bytes of an entry. */
  readonly maxBytes: number;
  /** Undefined: the server has none. */
  readonly messages: Messages | undefined;
  /** `base` and `key`: at most 40 characters of those of base64url; `whose`: what its entry says of the key, in `whoseLength` of them. */
  at(base: string, key: string, whose: string): EntryPlace;
  drop(base: string): Promise<true | Failed>;
  readonly homes: readonly Home[];
  /** Of a base, hashed. */
  homeOf(base: string): Home;
}

/** Where entries are that can be reached, or not, together; and those who keep them there. */
export interface Home {
  /** A member is there. Gives the epoch of what is kept: another one where a member is lost. */
  beat(beat: Beat): Promise<string | Failed>;
  /** It goes, and is not lost. */
  leave(member: string): Promise<void>;
}

export interface Beat {
  /** Empty: it changes nothing, so nobody misses it. */
  readonly member: string;
  /** Milliseconds without a sign after which a member is lost. */
  readonly lost: number;
  /** Another epoch begins in any case. */
  readonly isDoubtful: boolean;
  /** Where one begins. */
  readonly newEpoch: string;
}

export interface EntryPlace {
  /** What its entry has to say of the key: a server may mix up what it is asked, and two keys may have one name. */
  readonly whose: string;
  readonly home: Home;
  read(): Promise<EntryRead | Failed | undefined>;
  /** Null: the base has none, so nothing of it counts. */
  mark(): Promise<string | null | Failed>;
  /** Asks for the lead of work that others may be at, by its name. A base without a mark gets one. */
  lead(work: string, ask: LeadAsk): Promise<Led | Failed>;
  /** Milliseconds from now on. Of whoever has the lead no longer, nothing is changed. */
  extend(work: string, lead: Lead, lease: number): Promise<void>;
  /** For `span` nobody leads, and everybody learns why. */
  settle(work: string, lead: Lead, outcome: "apart" | "alone", span: number): Promise<void>;
  /**
   * Puts the one part of `entry` in front of those that are there of the same mark and owner of the key, in place of one with
   * its name, unless the mark of the base is another one by now; the lead ends in any case. Gives how many parts there are then; 0:
   * it was not written.
   */
  write(entry: Buffer, work: string, owner: string | undefined): Promise<number | Failed>;
}

export interface EntryRead {
  readonly entry: Buffer;
  /** Of the base. */
  readonly mark: string;
  /** Until it is gone. */
  readonly left: number;
}

/** Most parts of an entry. Of more, those that came first go. */
export const mostParts = 10;

export interface LeadAsk {
  /** Version of the entry that is known; empty: none. */
  readonly known: string;
  readonly owner: string;
  /** How long it is to be had; 0: only the mark is. */
  readonly lease: number;
  /** For a base without one, and how long it has it. */
  readonly newMark: string;
  readonly markSpan: number;
}

export interface Lead {
  readonly owner: string;
  readonly mark: string;
}

/** `stored`: there is an entry of another version; `held`: somebody else leads; the others as in `settle`. */
export interface Led {
  readonly state: "mine" | "held" | "stored" | "apart" | "alone";
  readonly mark: string;
  /** Of what is stored. */
  readonly version: string;
}

/** Opens the entries of a kind of store: brought along by who uses them. */
export interface EntriesIn {
  readonly __made: true;
  open(store: Store): Entries;
}

/** Gives `answers` to several processes: has what its users share, one of each kind. */
export interface HostingStore extends Store {
  host<Kind extends Hosted>(kind: string, make: () => Kind): Kind;
}

/** Starts and stops with its store. */
export interface Hosted {
  start(life: Life): void;
  stop(): Promise<void>;
}
