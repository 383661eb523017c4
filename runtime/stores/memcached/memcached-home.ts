import type { Beat, Home } from "../entries.ts";
import { type Failed, isFailed } from "../store.ts";
import type { MemcachedConnection } from "./connection.ts";
import { flagOf, type Reply } from "./reply-reader.ts";

/** Of the list of members, which others may change at the same time. */
const mostAttempts = 20;

/**
 * Each member is an item that lasts until it is lost, and one item has the epoch and who is a member: one that is on this list
 * and has no item was not heard of for too long, or is forgotten. A list that is forgotten is made anew, in another epoch.
 */
export class MemcachedHome implements Home {
  readonly #server: MemcachedConnection;
  readonly #list: string;

  constructor(server: MemcachedConnection, keyPrefix: string) {
    this.#server = server;
    this.#list = `${keyPrefix}gw:answers:m1`;
  }

  async beat({ member, lost, isDoubtful, newEpoch }: Beat): Promise<string | Failed> {
    if (member !== "") {
      const here = await this.#set(this.#itemOf(member), "1", Math.ceil(lost / 1_000), "");
      if (isFailed(here)) return here;
    }
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      const listed = await this.#get();
      if (isFailed(listed)) return listed;
      const { epoch, others } = this.#listIn(listed, member);
      const there = await this.#present(others);
      if (isFailed(there)) return there;
      const isAnew = epoch === undefined || isDoubtful || there.length < others.length;
      const now = isAnew ? newEpoch : epoch;
      const isListed = member === "" || textOf(listed)?.includes(member) === true;
      if (!isAnew && isListed) return now;
      const written = await this.#write(listed, now, member === "" ? there : [...there, member]);
      if (isFailed(written)) return written;
      if (written.code === "HD") return now;
    }
    return { failed: "others changed the list of who is there each time" };
  }

  async leave(member: string): Promise<void> {
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      const listed = await this.#get();
      if (isFailed(listed)) return;
      const { epoch, others } = this.#listIn(listed, member);
      if (epoch === undefined) break;
      const written = await this.#write(listed, epoch, others);
      if (isFailed(written) || written.code === "HD") break;
    }
    await this.#server.call(`md ${this.#itemOf(member)}\r\n`);
  }

  /** Epoch and names, with blanks between them; `others`: than the member. */
  #listIn(listed: Reply, member: string): { readonly epoch: string | undefined; readonly others: readonly string[] } {
    const [epoch, ...names] = textOf(listed)?.split(" ") ?? [];
    return { epoch, others: names.filter((name) => name !== member) };
  }

  /** Where it is still what it was. */
  #write(listed: Reply, epoch: string, names: readonly string[]): Promise<Reply | Failed> {
    const swap = listed.value === undefined ? "ME" : `C${flagOf(listed, "c")}`;
    return this.#set(this.#list, [epoch, ...names].join(" "), 0, swap);
  }

  /** Those of them that have an item. */
  async #present(names: readonly string[]): Promise<readonly string[] | Failed> {
    const replies = await Promise.all(names.map((name) => this.#server.call(`mg ${this.#itemOf(name)}\r\n`)));
    const failure = replies.find(isFailed);
    return failure ?? names.filter((_, index) => (replies[index] as Reply).code === "HD");
  }

  #itemOf(member: string): string {
    return `${this.#list}:${member}`;
  }

  #get(): Promise<Reply | Failed> {
    return this.#server.call(`mg ${this.#list} v c\r\n`);
  }

  #set(name: string, value: string, seconds: number, flags: string): Promise<Reply | Failed> {
    return this.#server.call(`ms ${name} ${value.length} T${seconds} ${flags}\r\n`, Buffer.from(value, "latin1"));
  }
}

const textOf = ({ value }: Reply): string | undefined => value?.toString("latin1");
