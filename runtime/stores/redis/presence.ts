// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { Every, Life } from "../../life/life.ts";
import { isFailed } from "../store.ts";
import type { Caller } from "./caller.ts";

/** Milliseconds between two signs of life, and after which a process without one is gone. */
const beatMs = 2000;
const goneMs = 10_000;

/** Says that this one is there, by the clock of the server; gives how many there are, and which of them this one is. */
const beat = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[2]))
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local size, index = 0, 0
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  size = size + 1
  if member < ARGV[1] then index = index + 1 end
end
return {size, index}`;

/** How many processes of all instances count in a store, as it was known last. */
export class Presence {
  readonly #caller: Caller;
  readonly #key: string;
  readonly #id = crypto.randomUUID();
  #beats: Every | undefined = undefined;
  size = 1;
  index = 0;

  constructor(caller: Caller, prefix: string) {
    this.#caller = caller;
    this.#key = `${prefix}gw:{processes}:p1`;
  }

  /** Before there is a connection: until the server says more, those of the own group are known. */
  start(life: Pick<Life, "group" | "every">): void {
    this.size = life.group.size;
    this.index = life.group.index;
    this.#beats = life.every(beatMs, async () => {
      const reply = await this.#caller.call(this.#key, "eval", [beat, "1", this.#key, this.#id, String(goneMs)]);
      if (isFailed(reply)) return;
      // The script gives these.
      const [size, index] = reply as readonly [number, number];
      // Those of the own group may not have said yet that they are there.
      const isWhole = size >= life.group.size;
      this.size = isWhole ? size : life.group.size;
      this.index = isWhole ? index : life.group.index;
    });
  }

  /** There is a connection. */
  connected(): void {
    this.#beats?.soon();
  }
}
