import type { Json } from "../life/json.ts";
import type { Law } from "../limits/law.ts";
import type { Caller } from "./redis/caller.ts";
import type { Connection } from "./redis/connection.ts";
import type { Presence } from "./redis/presence.ts";
import type { LimitScript } from "./redis/scripts/script.ts";

/** What policies keep things in that outlive a request: in the memory of the processes, or in a server that several share. */
export interface Store {
  readonly __resource: "stores";
  /** As in `stores`: `default`. */
  readonly name: string;
}

/** Gives `counters`. */
export interface CounterStore extends Store {
  /** Called once for each limit, while the gateway is built. */
  counters(limit: LimitConfig): Counters;
}

/** Gives `values`. */
export interface ValueStore extends Store {
  /** `space` keeps the keys of one user apart from those of others. */
  values(space: string): Values;
}

/** Gives `sets`. */
export interface SetStore extends Store {
  sets(space: string): Sets;
}

/** Gives `messages`. */
export interface MessageStore extends Store {
  messages(topic: string): Messages;
}

/** Gives `answers`: memory of the process that several use together, in a way that the first of them brings along. */
export interface SharingStore extends MessageStore {
  /** `make` is called once for each kind, with the bytes that there are. */
  shared<Kind extends object>(kind: string, make: (maxBytes: number) => Kind): Kind;
}

/** Gives `tables` and `registry`: what one does is brought along by who uses it, so that no other gateway has it. */
export interface TableStore extends Store {
  lend<Kind>(user: (caller: Caller, keyPrefix: string, connection: Pick<Connection, "subscribe" | "isReady">) => Kind): Kind;
}

/** Gives `records`. */
export interface RecordStore extends Store {
  records(space: string): Records;
}

export interface LimitConfig {
  /** Unique among the limits of a gateway, and the same in each of its processes and builds: `orders.v1.getOrder per-minute`. */
  readonly id: string;
  readonly law: Law;
  /** The same law for a store that counts by itself. */
  readonly script?: LimitScript;
  /** Counts in this process while the store fails; absent: it is told of the failure. */
  readonly local?: LocalShare;
  /** Most callers that the memory remembers. */
  readonly maxKeys: number;
}

/** How a process counts by itself while a store fails that it shares with others. */
export interface LocalShare {
  readonly __made: true;
  presence(caller: Caller, prefix: string): Presence;
  counters(limit: LimitConfig, presence: Presence): { take(key: string, cost: number): Taken };
}

/** What a store that did not answer, or not with what was asked, says instead; `failed` is for logs. */
export interface Failed {
  readonly failed: string;
}

export const isFailed = (answer: unknown): answer is Failed =>
  typeof answer === "object" && answer !== null && "failed" in answer;

/** What a store gives at once, or later. It never rejects. */
export type Given<Value> = Value | Failed | Promise<Value | Failed>;

/** Where a caller stands. */
export interface Standing {
  /** What would still pass now. */
  readonly left: number;
  /** Milliseconds until it is more; 0 where it is all. */
  readonly moreIn: number;
}

/** The outcome of asking for a place under a limit. */
export interface Taken extends Standing {
  readonly passed: boolean;
  /** Milliseconds until the same would pass; 0 where it did, Infinity where it costs more than there ever is. */
  readonly retryIn: number;
  /** When it was counted, by the clock of who counts: to be given back by. */
  readonly at: number;
}

/** The counters of one limit. Costs are whole numbers. */
export interface Counters {
  /**
   * Counts `cost` where that much is left, and at least one; refused, it costs nothing. A cost of 0 asks whether anything is
   * left, for what is counted once it is known.
   */
  take(key: string, cost: number): Given<Taken>;
  /** In the end it was `actual` and not `cost`: counts the rest, also beyond the limit, or gives it back. Nobody waits for it. */
  settle(key: string, cost: number, at: number, actual: number): void;
  look(key: string): Given<Standing>;
  /** As if the caller had never come. */
  reset(key: string): Given<true>;
}

export interface Values {
  get(key: string): Given<string | null>;
  /** `lifeSpan`: milliseconds after which it is gone. */
  set(key: string, value: string, lifeSpan: number): Given<true>;
  /** The same where there is none yet, and false where there is: of several who try at once, one gets true. */
  add(key: string, value: string, lifeSpan: number): Given<boolean>;
  delete(key: string): Given<true>;
}

export interface Sets {
  /** `lifeSpan` of the whole set, from now on. */
  add(key: string, member: string, lifeSpan: number): Given<true>;
  remove(key: string, member: string): Given<true>;
  has(key: string, member: string): Given<boolean>;
}

/** Opens tables of a kind of store. */
export interface Tables {
  readonly __made: true;
  /** `space` keeps the fields of one user apart from those of others. */
  open(store: TableStore, space: string): Table;
}

/** Fields with values that stay until they are deleted. */
export interface Table {
  get(field: string): Given<string | null>;
  /** In the order of the fields. */
  getAll(fields: readonly string[]): Given<readonly (string | null)[]>;
  set(field: string, value: string): Given<true>;
  delete(field: string): Given<true>;
  /** Adds to a whole number, of which 0 are there at first. */
  add(field: string, amount: number): Given<true>;
  /** A part of the table, of about `count` fields; a field may come twice. `next` of the last part is undefined. */
  part(from: string | undefined, count: number): Given<TablePart>;
}

export interface TablePart {
  readonly fields: readonly (readonly [field: string, value: string])[];
  readonly next: string | undefined;
}

/**
 * Few enough that every process has all of them in memory: each asks again and again for what has changed. They outlive the
 * processes, and nothing is dropped to make room.
 */
export interface Records {
  /** `lifeSpan`: milliseconds after which it is gone; Infinity: never. False: there are `most` already, and it was not added. */
  put(key: string, value: string, lifeSpan: number, most: number): Given<boolean>;
  /** False: it was not there. */
  remove(key: string): Given<boolean>;
  /** What was put or removed after `since`, a part of it; undefined: from the begin. */
  changes(since: RecordsVersion | undefined): Given<RecordChanges>;
}

export interface RecordsVersion {
  /** Another one: the store has lost what it had, and counts from the begin. Empty: nothing was ever put. */
  readonly era: string;
  readonly version: number;
}

export interface RecordChanges extends RecordsVersion {
  /** In their order; null: removed. What has passed its life span may be there still. */
  readonly changed: readonly (readonly [key: string, value: string | null])[];
  /** There may be more of them. */
  readonly isPart: boolean;
  /** Some of what was put is gone: the store was short of memory, or somebody else wrote to it. */
  readonly isDamaged: boolean;
}

/** May be lost: what has to arrive is kept as a value as well. */
export interface Messages {
  publish(message: Json): void;
  /** `gap`: messages may have been missed; whatever depends on them is to be read again. */
  subscribe(listener: (message: Json) => void, gap: () => void): void;
}

export const failed = (why: string): Failed => ({ failed: why });
