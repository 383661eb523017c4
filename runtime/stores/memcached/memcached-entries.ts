import {
  type Entries,
  type EntriesIn,
  type EntryPlace,
  type EntryRead,
  type Home,
  type Lead,
  type LeadAsk,
  type Led,
  mostParts,
} from "../entries.ts";
import { form, headLength, idLength, markAt, spanAt, textAt, versionAt, type WholeEntry, withPartsOf } from "../entry-form.ts";
import { type Failed, isFailed } from "../store.ts";
import type { MemcachedConnection } from "./connection.ts";
import { MemcachedHome } from "./memcached-home.ts";
import type { MemcachedStore } from "./memcached-store.ts";
import { flagOf, type Reply } from "./reply-reader.ts";

/** Bytes of an item beside its value: its key, and what the server writes down of it. */
const besideValue = 512;
/** Seconds from which on a server takes a time to live for a date. */
const longestSpan = 30 * 86_400;
/** Of an entry that others write at the same time: each of the attempts that fail is one of theirs that does not. */
const mostAttempts = 10;

/** An entry as it is to be written, and where it may be. */
interface Beside extends WholeEntry {
  readonly swap: string;
  /** Seconds. */
  readonly markLeft: number;
}

/**
 * An entry is one item, what version it is another, the mark of its base a third, and so is the lead of work. No command is about
 * several items: an entry counts by the mark in it, and both it and a lead change by compare and swap.
 */
export const createMemcachedEntries = (): EntriesIn => ({
  __made: true,
  // Which kind of store it is was settled when the gateway was built.
  open: (store) => new MemcachedEntries(store as MemcachedStore),
});

class MemcachedEntries implements Entries {
  readonly maxBytes: number;
  readonly messages = undefined;
  readonly homes: readonly MemcachedHome[];
  readonly #store: MemcachedStore;
  readonly #homes: ReadonlyMap<MemcachedConnection, MemcachedHome>;

  constructor(store: MemcachedStore) {
    this.#store = store;
    const { keyPrefix } = store.config;
    this.#homes = new Map(store.servers.map((server) => [server, new MemcachedHome(server, keyPrefix)]));
    this.homes = [...this.#homes.values()];
    this.maxBytes = store.config.maxItemBytes - besideValue;
  }

  at(base: string, key: string, whose: string): EntryPlace {
    const server = this.#store.serverOf(base);
    return new MemcachedPlace(server, this.homeOf(base), this.#before(base), key, whose, this.maxBytes);
  }

  homeOf(base: string): MemcachedHome {
    return this.#homes.get(this.#store.serverOf(base))!;
  }

  async drop(base: string): Promise<true | Failed> {
    const dropped = await this.#store.serverOf(base).call(`md ${this.#before(base)}b1\r\n`);
    return isFailed(dropped) ? dropped : true;
  }

  #before(base: string): string {
    return `${this.#store.config.keyPrefix}gw:${base}:`;
  }
}

class MemcachedPlace implements EntryPlace {
  readonly whose: string;
  readonly home: Home;
  readonly #server: MemcachedConnection;
  readonly #before: string;
  readonly #entry: string;
  readonly #version: string;
  readonly #mark: string;
  readonly #maxBytes: number;

  constructor(server: MemcachedConnection, home: Home, before: string, key: string, whose: string, maxBytes: number) {
    this.whose = whose;
    this.home = home;
    this.#server = server;
    this.#before = before;
    this.#maxBytes = maxBytes;
    this.#entry = `${before}e${form}:${key}`;
    this.#version = `${before}v${form}:${key}`;
    this.#mark = `${before}b1`;
  }

  async read(): Promise<EntryRead | Failed | undefined> {
    const [read, marked] = await Promise.all([
      this.#server.call(`mg ${this.#entry} v t\r\n`),
      this.#server.call(`mg ${this.#mark} v\r\n`),
    ]);
    if (isFailed(read)) return read;
    if (isFailed(marked)) return marked;
    // Nobody but the gateway writes here, and it says for how long.
    if (read.value === undefined || marked.value === undefined || !(leftOf(read) >= 2_000)) return undefined;
    return { entry: read.value, mark: textOf(marked)!, left: leftOf(read) };
  }

  async mark(): Promise<string | null | Failed> {
    const marked = await this.#server.call(`mg ${this.#mark} v\r\n`);
    return isFailed(marked) ? marked : (textOf(marked) ?? null);
  }

  async lead(work: string, { known, owner, lease, newMark, markSpan }: LeadAsk): Promise<Led | Failed> {
    const name = this.#leadName(work);
    const replies = await Promise.all([
      // Only where there is none.
      this.#set(this.#mark, newMark, markSpan, "ME"),
      this.#server.call(`mg ${this.#mark} v\r\n`),
      this.#server.call(`mg ${this.#version} v\r\n`),
      this.#server.call(`mg ${name} v c\r\n`),
    ]);
    const failure = replies.find(isFailed);
    if (failure !== undefined) return failure;
    const [, marked, versioned, had] = replies as readonly [Reply, Reply, Reply, Reply];
    const mark = textOf(marked);
    if (mark === undefined) return { failed: "the store has forgotten what it was told just now: it is short of memory" };
    if (lease === 0) return { state: "mine", mark, version: "" };
    const stored = textOf(versioned) ?? "";
    const version = stored.slice(0, idLength);
    if (stored.slice(idLength) === mark && version !== known) return { state: "stored", mark, version };
    const lead = textOf(had);
    if (lead?.startsWith(mark) === true) {
      const who = lead.slice(mark.length);
      if (who === "+" || who === "-") return { state: who === "+" ? "apart" : "alone", mark, version };
      if (who !== owner) return { state: "held", mark, version };
    }
    const swap = lead === undefined ? "ME" : `C${flagOf(had, "c")}`;
    const taken = await this.#set(name, mark + owner, lease, swap);
    if (isFailed(taken)) return taken;
    return { state: taken.code === "HD" ? "mine" : "held", mark, version };
  }

  async extend(work: string, lead: Lead, lease: number): Promise<void> {
    await this.#swap(work, lead, lead.mark + lead.owner, lease);
  }

  async settle(work: string, lead: Lead, outcome: "apart" | "alone", span: number): Promise<void> {
    await this.#swap(work, lead, lead.mark + (outcome === "apart" ? "+" : "-"), span);
  }

  async write(made: Buffer, work: string, owner: string | undefined): Promise<number | Failed> {
    const mark = textAt(made, markAt, idLength);
    let parts: number | Failed = 0;
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      const found = await this.#beside(made, mark);
      if (found === undefined || isFailed(found)) {
        parts = found ?? 0;
        break;
      }
      const written = await this.#swapEntry(found, mark);
      if (isFailed(written)) parts = written;
      if (written === false) continue;
      if (written === true) parts = found.parts;
      break;
    }
    if (owner !== undefined) await this.#swap(work, { mark, owner }, undefined, 0);
    return parts;
  }

  /** With what is there now. Undefined: the mark is another one. */
  async #beside(made: Buffer, mark: string): Promise<Beside | Failed | undefined> {
    const [marked, had] = await Promise.all([
      this.#server.call(`mg ${this.#mark} v t\r\n`),
      this.#server.call(`mg ${this.#entry} v t c\r\n`),
    ]);
    if (isFailed(marked)) return marked;
    if (isFailed(had)) return had;
    if (textOf(marked) !== mark) return undefined;
    const before = had.value === undefined || had.value.length < headLength ? undefined : had.value;
    // What is rounded up makes nothing last longer each time that something is put beside it.
    const left = before === undefined ? 0 : Math.min(leftOf(had), before.readUIntBE(spanAt, 6));
    const whole = withPartsOf(made, before, left, { parts: mostParts, bytes: this.#maxBytes });
    return { ...whole, swap: had.value === undefined ? "ME" : `C${flagOf(had, "c")}`, markLeft: Number(flagOf(marked, "t")) };
  }

  /** False: it is another one by now. */
  async #swapEntry({ entry, span, swap, markLeft }: Beside, mark: string): Promise<boolean | Failed> {
    const seconds = secondsOf(span);
    const written = await this.#server.call(`ms ${this.#entry} ${entry.length} T${seconds} ${swap}\r\n`, entry);
    if (isFailed(written)) return written;
    if (written.code !== "HD") return false;
    await Promise.all([
      this.#set(this.#version, textAt(entry, versionAt, idLength) + mark, span, ""),
      // The mark outlives what counts by it.
      ...(markLeft < seconds ? [this.#server.call(`mg ${this.#mark} T${seconds}\r\n`)] : []),
    ]);
    return true;
  }

  /** `value`: undefined to end it. */
  async #swap(work: string, { mark, owner }: Lead, value: string | undefined, span: number): Promise<void> {
    const name = this.#leadName(work);
    const had = await this.#server.call(`mg ${name} v c\r\n`);
    if (isFailed(had) || textOf(had) !== mark + owner) return;
    const swap = `C${flagOf(had, "c")}`;
    if (value === undefined) await this.#server.call(`md ${name} ${swap}\r\n`);
    else await this.#set(name, value, span, swap);
  }

  #set(name: string, value: string, span: number, flags: string): Promise<Reply | Failed> {
    return this.#server.call(`ms ${name} ${value.length} T${secondsOf(span)} ${flags}\r\n`, Buffer.from(value, "latin1"));
  }

  #leadName(work: string): string {
    return `${this.#before}l1:${work}`;
  }
}

/** Milliseconds. Servers count in seconds: what they say makes nothing older than it may be. */
const leftOf = (read: Reply): number => (Number(flagOf(read, "t")) + 2) * 1_000;

const textOf = ({ value }: Reply): string | undefined => value?.toString("latin1");

const secondsOf = (milliseconds: number): number => Math.min(longestSpan, Math.max(1, Math.ceil(milliseconds / 1_000)));
