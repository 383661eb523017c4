import { Ipv4Ranges } from "./ipv4-ranges.ts";
import { Ipv6Ranges } from "./ipv6-ranges.ts";
import { parseIp } from "./parse-ip.ts";

/** A set of IPv4 and IPv6 blocks that is asked for addresses. */
export interface CidrSet {
  /** Blocks that it holds, without those that others cover or continue. */
  readonly size: number;
  /** Undefined where `ip` is no IP address: a gate that cannot decide has to refuse. */
  has(ip: string): boolean | undefined;
}

/** Throws where a block is not one; see `CidrSetBuilder.add`. */
export function createCidrSet(blocks: readonly string[]): CidrSet {
  const builder = new CidrSetBuilder();
  for (const block of blocks) if (!builder.add(block)) throw new Error(`\`${block}\` is not a CIDR block`);
  return builder.build();
}

/** Collects blocks; a set of 100,000 is built in some ten milliseconds. */
export class CidrSetBuilder {
  readonly #v4: number[] = [];
  readonly #v6: number[] = [];
  readonly #words = new Uint32Array(4);

  /**
   * Takes addresses and CIDR blocks (RFC 4632, RFC 4291 §2.3), IPv6 without zone, and says no to any other text.
   * IPv4-mapped IPv6 addresses and blocks (`::ffff:0:0/96`) are the IPv4 ones they stand for. Bits behind the prefix are not
   * looked at.
   */
  add(block: string): boolean {
    const slash = block.indexOf("/");
    const words = this.#words;
    const family = parseIp(slash < 0 ? block : block.slice(0, slash), words);
    if (family === 0) return false;
    const bits = family === 4 ? 32 : 128;
    // A mapped block counts its prefix from the beginning of the IPv6 address.
    const mappedBits = family === 4 && block.includes(":") ? 96 : 0;
    const prefix = slash < 0 ? bits : prefixLength(block, slash + 1) - mappedBits;
    if (prefix < 0 || prefix > bits) return false;
    if (family === 4) this.#v4.push(words[3]!, prefix);
    else this.#v6.push(words[0]!, words[1]!, words[2]!, words[3]!, prefix);
    return true;
  }

  build(): CidrRanges {
    return new CidrRanges(Ipv4Ranges.of(this.#v4), Ipv6Ranges.of(this.#v6));
  }
}

/** Both families, apart. */
export class CidrRanges implements CidrSet {
  readonly size: number;
  readonly v4: Ipv4Ranges;
  readonly v6: Ipv6Ranges;
  readonly #address = new Uint32Array(4);

  constructor(v4: Ipv4Ranges, v6: Ipv6Ranges) {
    this.v4 = v4;
    this.v6 = v6;
    this.size = v4.size + v6.size;
  }

  has(ip: string): boolean | undefined {
    const family = parseIp(ip, this.#address);
    if (family === 0) return undefined;
    return family === 4 ? this.v4.has(this.#address[3]!) : this.v6.has(this.#address);
  }
}

/** The decimal number from `start` to the end, without leading zeros; -1 where it is anything else. */
function prefixLength(text: string, start: number): number {
  const length = text.length - start;
  if (length === 0 || length > 3 || (length > 1 && text.charCodeAt(start) === 0x30)) return -1;
  let value = 0;
  for (let index = start; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
