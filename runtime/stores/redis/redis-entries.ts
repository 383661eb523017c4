// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
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
import { form, idLength, markAt, textAt } from "../entry-form.ts";
import { type Failed, isFailed, type MessageStore, type Messages, type TableStore } from "../store.ts";
import { BytesCall } from "./bytes-call.ts";
import type { Caller, CallFailed } from "./caller.ts";
import { bulk, type CommandKey } from "./command.ts";
import { RedisHome } from "./redis-home.ts";
import { entriesScript } from "./scripts/entries.ts";

/** Bytes of all that is kept of a key: larger ones would keep Redis from others. */
export const largestEntry = 8_388_608;

/** An entry is one key, the mark of its base another, and so is the lead of work: all that is about one base is in one slot. */
export const createRedisEntries = (): EntriesIn => ({
  __made: true,
  open(store) {
    // Which kind of store it is was settled when the gateway was built.
    const messages = (store as MessageStore).messages("changed answers");
    return (store as TableStore).lend((caller, keyPrefix) => new RedisEntries(caller, keyPrefix, messages));
  },
});

class RedisEntries implements Entries {
  readonly maxBytes = largestEntry;
  readonly messages: Messages;
  readonly home: RedisHome;
  readonly homes: readonly RedisHome[];
  readonly #caller: Caller;
  readonly #before: string;
  readonly #script = entriesScript();
  readonly #digest = crypto.hash("sha1", this.#script, "hex");

  constructor(caller: Caller, keyPrefix: string, messages: Messages) {
    this.#caller = caller;
    this.#before = `${keyPrefix}gw:{answers:`;
    this.messages = messages;
    this.home = new RedisHome(caller, keyPrefix);
    this.homes = [this.home];
  }

  at(base: string, key: string, whose: string): EntryPlace {
    return new RedisPlace(this, `${this.#before}${base}}:`, key, whose);
  }

  async drop(base: string): Promise<true | Failed> {
    const mark = markKey(`${this.#before}${base}}:`);
    const dropped = await this.#caller.call(mark, "del", [mark]);
    return isFailed(dropped) ? dropped : true;
  }

  homeOf(): RedisHome {
    return this.home;
  }

  /** The reply as it comes, with bytes in the place of texts. */
  ask(key: CommandKey, name: string, args: readonly string[], encoded?: string): Promise<unknown> | CallFailed {
    return BytesCall.send(this.#caller, key, name, args, encoded);
  }

  async run(key: CommandKey, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<unknown> {
    const all = [String(keys.length), ...keys, ...args];
    const reply = await BytesCall.send(this.#caller, key, "evalsha", [this.#digest, ...all]);
    // The server did nothing, as it does not know the script.
    if (!isFailed(reply) || (reply as CallFailed).code !== "NOSCRIPT") return reply;
    return BytesCall.send(this.#caller, key, "eval", [this.#script, ...all]);
  }
}

const markKey = (before: string): string => `${before}b1`;

class RedisPlace implements EntryPlace {
  readonly whose: string;
  readonly home: Home;
  readonly #entries: RedisEntries;
  readonly #before: string;
  readonly #key: CommandKey;
  readonly #mark: string;
  /** Commands that read it, as they are sent. */
  readonly #reading: string;
  readonly #lasting: string;

  constructor(entries: RedisEntries, before: string, key: string, whose: string) {
    this.whose = whose;
    this.home = entries.home;
    this.#entries = entries;
    this.#before = before;
    this.#key = { name: `${before}e${form}:${key}`, slot: undefined };
    this.#mark = markKey(before);
    const { name } = this.#key;
    this.#reading = `*3\r\n${bulk("mget")}${bulk(name)}${bulk(this.#mark)}`;
    this.#lasting = `*2\r\n${bulk("pttl")}${bulk(name)}`;
  }

  /**
   * Two commands in one write: there is no command for both. An entry that takes the place of another between them has the
   * whole of its time before it, and what it says itself of when it was written tells it from the other.
   */
  async read(): Promise<EntryRead | Failed | undefined> {
    const { name } = this.#key;
    const given = this.#entries.ask(this.#key, "mget", [name, this.#mark], this.#reading);
    const lasting = this.#entries.ask(this.#key, "pttl", [name], this.#lasting);
    const read = await given;
    const left = await lasting;
    if (isFailed(read)) return read;
    if (isFailed(left)) return left;
    const [entry, mark] = read as readonly [Buffer | null, Buffer | null];
    // Nobody but the gateway writes here, and it says for how long.
    if (entry === null || mark === null || (left as number) < 0) return undefined;
    return { entry, mark: mark.toString("latin1"), left: left as number };
  }

  async mark(): Promise<string | null | Failed> {
    const mark = await this.#entries.ask(this.#key, "get", [this.#mark]);
    return isFailed(mark) ? mark : mark === null ? null : String(mark);
  }

  async lead(work: string, { known, owner, lease, newMark, markSpan }: LeadAsk): Promise<Led | Failed> {
    const reply = await this.#run(work, "lead", known, owner, String(lease), newMark, String(markSpan));
    if (isFailed(reply)) return reply;
    const [state, mark, version = ""] = (reply as readonly Buffer[]).map(String);
    // The script gives these.
    return { state: state as Led["state"], mark: mark!, version };
  }

  async extend(work: string, lead: Lead, lease: number): Promise<void> {
    await this.#run(work, "extend", held(lead), String(lease));
  }

  async settle(work: string, lead: Lead, outcome: "apart" | "alone", span: number): Promise<void> {
    await this.#run(work, "settle", held(lead), `${lead.mark}${outcome === "apart" ? "+" : "-"}`, String(span));
  }

  async write(entry: Buffer, work: string, owner: string | undefined): Promise<number | Failed> {
    const mark = textAt(entry, markAt, idLength);
    const lead = owner === undefined ? "" : held({ owner, mark });
    const reply = await this.#run(work, "write", lead, mark, entry, String(this.#entries.maxBytes), String(mostParts));
    // The script gives that.
    return isFailed(reply) ? reply : (reply as number);
  }

  #run(work: string, ...args: readonly (string | Buffer)[]): Promise<unknown> {
    return this.#entries.run(this.#key, [this.#key.name, this.#mark, `${this.#before}l1:${work}`], args);
  }
}

const held = ({ owner, mark }: Lead): string => mark + owner;
