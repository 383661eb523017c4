// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { Claimed, Claims, ClaimsIn, Term, Work } from "../claims.ts";
import { type Failed, isFailed, type TableStore } from "../store.ts";
import type { Caller, CallFailed } from "./caller.ts";
import { claimsScript } from "./scripts/claims.ts";

/** Each claim is one hash, and each step one script on it. */
export const createRedisClaims = (): ClaimsIn => ({
  __made: true,
  // Which kind of store it is was settled when the gateway was built.
  open: (store, space) => (store as TableStore).lend((caller, keyPrefix) => new RedisClaims(caller, `${keyPrefix}gw:{${space}:`)),
});

class RedisClaims implements Claims {
  readonly #caller: Pick<Caller, "call">;
  readonly #before: string;
  readonly #digest = crypto.hash("sha1", claimsScript, "hex");

  constructor(caller: Pick<Caller, "call">, before: string) {
    this.#caller = caller;
    this.#before = before;
  }

  async claim(key: string, work: Work, { lease, span }: Term, takesOver: boolean): Promise<Claimed | Failed> {
    const reply = await this.#run(key, "claim", work, wholeMs(lease), wholeMs(span), takesOver ? "1" : "0");
    if (isFailed(reply)) return reply;
    const [state, mark = "", result = ""] = reply as readonly [Claimed["state"], string?, string?];
    if (state === "mine") return { state };
    return state === "kept" ? { state, mark, result } : { state, mark };
  }

  async extend(key: string, work: Work, { lease, span }: Term): Promise<boolean | Failed> {
    const reply = await this.#run(key, "extend", work, String(Math.ceil(lease)), wholeMs(span));
    return isFailed(reply) ? reply : reply === 1;
  }

  async keep(key: string, work: Work, result: string, span: number): Promise<boolean | Failed> {
    const reply = await this.#run(key, "keep", work, result, wholeMs(span));
    return isFailed(reply) ? reply : reply === 1;
  }

  async release(key: string, work: Work): Promise<boolean | Failed> {
    const reply = await this.#run(key, "release", work);
    return isFailed(reply) ? reply : reply === 1;
  }

  async #run(key: string, op: string, { owner, mark }: Work, ...rest: readonly string[]): Promise<unknown> {
    const full = `${this.#before}${key}}:k1`;
    const args = ["1", full, op, owner, mark, ...rest];
    const reply = await this.#caller.call(full, "evalsha", [this.#digest, ...args]);
    // The server did nothing, as it does not know the script.
    if (!isFailed(reply) || (reply as CallFailed).code !== "NOSCRIPT") return reply;
    return this.#caller.call(full, "eval", [claimsScript, ...args]);
  }
}

/** A span is never shorter than asked for. */
const wholeMs = (milliseconds: number): string => String(Math.max(1, Math.ceil(milliseconds)));
