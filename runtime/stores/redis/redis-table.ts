import { type Failed, type Given, isFailed, type Table, type TablePart, type Tables } from "../store.ts";
import type { Caller } from "./caller.ts";

/** A table is one hash, so that it is in one place of a cluster. */
export const createRedisTables = (): Tables => ({
  __made: true,
  open: (store, space) => store.lend((caller, keyPrefix) => new RedisTable(caller, `${keyPrefix}gw:{${space}}:t1`)),
});

class RedisTable implements Table {
  readonly #caller: Pick<Caller, "call">;
  readonly #key: string;

  constructor(caller: Pick<Caller, "call">, key: string) {
    this.#caller = caller;
    this.#key = key;
  }

  get(field: string): Given<string | null> {
    return this.#ask("hget", [field], (reply) => reply as string | null);
  }

  getAll(fields: readonly string[]): Given<readonly (string | null)[]> {
    return this.#ask("hmget", fields, (reply) => reply as (string | null)[]);
  }

  set(field: string, value: string): Given<true> {
    return this.#ask("hset", [field, value], () => true as const);
  }

  delete(field: string): Given<true> {
    return this.#ask("hdel", [field], () => true as const);
  }

  add(field: string, amount: number): Given<true> {
    return this.#ask("hincrby", [field, String(amount)], () => true as const);
  }

  part(from: string | undefined, count: number): Given<TablePart> {
    return this.#ask("hscan", [from ?? "0", "count", String(count)], (reply) => {
      // Cursor, then fields and values in turn.
      const [next, flat] = reply as readonly [string, readonly string[]];
      const fields = flat.flatMap((text, index) => (index % 2 === 0 ? [[text, flat[index + 1]!] as const] : []));
      return { fields, next: next === "0" ? undefined : next };
    });
  }

  async #ask<Value>(name: string, args: readonly string[], value: (reply: unknown) => Value): Promise<Value | Failed> {
    const reply = await this.#caller.call(this.#key, name, [this.#key, ...args]);
    return isFailed(reply) ? reply : value(reply);
  }
}
