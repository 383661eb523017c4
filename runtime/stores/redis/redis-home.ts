import type { Beat, Home } from "../entries.ts";
import { type Failed, isFailed } from "../store.ts";
import type { Caller } from "./caller.ts";
import { homesScript } from "./scripts/homes.ts";

/** Milliseconds for which it is remembered who was there: longer than any entry lasts. */
const remembered = 31 * 86_400_000;

/** All servers of a store are one home: of a cluster, whoever is out of reach for one of them may be so for all. */
export class RedisHome implements Home {
  readonly #caller: Caller;
  readonly #members: string;
  readonly #epoch: string;

  constructor(caller: Caller, keyPrefix: string) {
    this.#caller = caller;
    this.#members = `${keyPrefix}gw:{answers}:m1`;
    this.#epoch = `${keyPrefix}gw:{answers}:g1`;
  }

  async beat({ member, lost, isDoubtful, newEpoch }: Beat): Promise<string | Failed> {
    const args = [member, String(lost), isDoubtful ? "1" : "0", newEpoch, String(remembered)];
    const reply = await this.#caller.call(this.#members, "eval", [homesScript, "2", this.#members, this.#epoch, ...args]);
    return isFailed(reply) ? reply : String(reply);
  }

  async leave(member: string): Promise<void> {
    await this.#caller.call(this.#members, "zrem", [this.#members, member]);
  }
}
