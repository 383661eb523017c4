import { network } from "../../../addresses/network.ts";
import type { Exchange } from "../../../exchange/exchange.ts";
import { mixed, placeOf, seedOf } from "../unit-hash.ts";

/** Whoever sends a request and cannot be as many others as it likes: the identity that was verified, or the network of the address. */
export function callerOf({ identity, peer }: Exchange): number {
  const text = identity === undefined ? network(peer.ip) : `${identity.scheme} ${identity.issuer ?? ""} ${identity.subject}`;
  return placeOf(seedOf("caller"), text);
}

/** Bits of a count; four of them are a character. */
const bits = 1_024;

/** How many callers there were, by linear counting (Whang, Vander-Zanden and Taylor 1990): right within a few for up to a hundred. */
export class CallerCount {
  readonly #bytes = Buffer.alloc(bits / 8);

  add(caller: number): void {
    const mark = mixed(caller ^ 0x51ed270b) & (bits - 1);
    this.#bytes[mark >>> 3]! |= 1 << (mark & 7);
  }

  /** Those of another process as well. */
  join(text: string): void {
    const others = Buffer.from(text, "hex");
    for (let index = 0; index < this.#bytes.length; index++) this.#bytes[index]! |= others[index] ?? 0;
  }

  get text(): string {
    return this.#bytes.toString("hex");
  }

  get estimate(): number {
    let free = 0;
    for (const byte of this.#bytes) for (let bit = 0; bit < 8; bit++) if (((byte >>> bit) & 1) === 0) free++;
    return free === 0 ? bits : Math.round(-bits * Math.log(free / bits));
  }
}

/** What `CallerCount.text` gives. */
export const isCallerText = (text: unknown): boolean => typeof text === "string" && /^[0-9a-f]{256}$/.test(text);

export function joined(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined || one === other) return one ?? other;
  const count = new CallerCount();
  count.join(one);
  count.join(other);
  return count.text;
}
