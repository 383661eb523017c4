/** A set of IPv4 and IPv6 blocks that is asked for addresses. */
export interface CidrSet {
  /** Undefined where `ip` is no IP address: a gate that cannot decide has to refuse. */
  has(ip: string): boolean | undefined;
}

/**
 * `blocks`: addresses and CIDR blocks (RFC 4632, RFC 4291 §2.3), IPv6 without zone. IPv4-mapped IPv6 addresses and blocks
 * (`::ffff:0:0/96`) are taken for the IPv4 ones they stand for. Bits behind the prefix are not looked at. Throws where
 * a block is none.
 */
export const createCidrSet = (blocks: readonly string[]): CidrSet => new SortedRanges(blocks);

/** First and last address, each as four 32-bit words, most significant first; IPv4 in the last word. */
interface Range {
  readonly first: readonly number[];
  readonly last: readonly number[];
}

class SortedRanges implements CidrSet {
  readonly #v4: Uint32Array;
  readonly #v6: Uint32Array;
  readonly #address = new Uint32Array(4);

  constructor(blocks: readonly string[]) {
    const v4: Range[] = [];
    const v6: Range[] = [];
    for (const block of blocks) {
      const slash = block.indexOf("/");
      const words = new Uint32Array(4);
      const family = parseIp(slash < 0 ? block : block.slice(0, slash), words);
      const written = slash < 0 ? undefined : prefixLength(block.slice(slash + 1));
      // A mapped block counts its prefix from the beginning of the IPv6 address.
      const mappedBits = family === 4 && block.includes(":") ? 96 : 0;
      const bits = family === 4 ? 32 : 128;
      const prefix = slash < 0 ? bits : written === undefined ? -1 : written - mappedBits;
      if (family === 0 || prefix < 0 || prefix > bits) throw new Error(`\`${block}\` is no CIDR block`);
      (family === 4 ? v4 : v6).push(rangeOf(words, 128 - bits + prefix));
    }
    this.#v4 = flatten(v4);
    this.#v6 = flatten(v6);
  }

  has(ip: string): boolean | undefined {
    const family = parseIp(ip, this.#address);
    if (family === 0) return undefined;
    const ranges = family === 4 ? this.#v4 : this.#v6;
    let low = 0;
    let high = ranges.length / 8 - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (compare(this.#address, ranges, middle * 8) < 0) high = middle - 1;
      else if (compare(this.#address, ranges, middle * 8 + 4) > 0) low = middle + 1;
      else return true;
    }
    return false;
  }
}

function compare(address: ArrayLike<number>, words: ArrayLike<number>, offset: number): number {
  for (let index = 0; index < 4; index++) {
    const difference = address[index]! - words[offset + index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The addresses that share the first `prefix` of 128 bits. */
function rangeOf(words: Uint32Array, prefix: number): Range {
  const first: number[] = [];
  const last: number[] = [];
  for (let index = 0; index < 4; index++) {
    const kept = Math.min(32, Math.max(0, prefix - index * 32));
    // Shifts count modulo 32, so that a shift by 32 has to be spelt out.
    const hostBits = kept === 32 ? 0 : 0xffff_ffff >>> kept;
    first.push((words[index]! & ~hostBits) >>> 0);
    last.push((words[index]! | hostBits) >>> 0);
  }
  return { first, last };
}

/** Sorted and without overlap. Blocks are nested or apart, never half over each other. */
function flatten(ranges: readonly Range[]): Uint32Array {
  const kept: Range[] = [];
  for (const range of ranges.toSorted((a, b) => compare(a.first, b.first, 0) || compare(b.last, a.last, 0))) {
    const before = kept.at(-1);
    if (before === undefined || compare(before.last, range.last, 0) < 0) kept.push(range);
  }
  return Uint32Array.from(kept.flatMap(({ first, last }) => [...first, ...last]));
}

function prefixLength(text: string): number | undefined {
  if (text.length === 0 || text.length > 3 || (text.length > 1 && text.startsWith("0"))) return undefined;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
  }
  return Number(text);
}

/** Writes the four words of an address (IPv4: the last one) and gives its family; 0 where the text is no address. */
export function parseIp(text: string, into: Uint32Array): 4 | 6 | 0 {
  into.fill(0);
  if (!text.includes(":")) {
    const value = parseIpv4(text, 0);
    if (value < 0) return 0;
    into[3] = value;
    return 4;
  }
  if (!parseIpv6(text, into)) return 0;
  if (into[0] !== 0 || into[1] !== 0 || into[2] !== 0xffff) return 6;
  into[2] = 0;
  return 4;
}

/** Four decimal numbers without leading zeros, from `start` to the end; -1 where it is anything else. */
function parseIpv4(text: string, start: number): number {
  let value = 0;
  let octet = -1;
  let octets = 0;
  for (let index = start; index <= text.length; index++) {
    const code = index === text.length ? 0x2e : text.charCodeAt(index);
    if (code === 0x2e) {
      if (octet < 0 || ++octets > 4) return -1;
      value = value * 256 + octet;
      octet = -1;
    } else {
      const digit = code - 0x30;
      if (digit < 0 || digit > 9 || octet === 0) return -1;
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    }
  }
  return octets === 4 ? value : -1;
}

/** RFC 4291 §2.2, all three forms. */
function parseIpv6(text: string, into: Uint32Array): boolean {
  let groups = 0;
  let gap = -1;
  let index = 0;
  if (text.startsWith("::")) {
    gap = 0;
    index = 2;
  }
  while (index < text.length) {
    if (groups === 8) return false;
    let end = index;
    let group = 0;
    for (; end < text.length; end++) {
      const digit = hexDigit(text.charCodeAt(end));
      if (digit < 0) break;
      group = group * 16 + digit;
    }
    if (text.charCodeAt(end) === 0x2e) {
      const tail = parseIpv4(text, index);
      if (tail < 0 || groups > 6) return false;
      setGroup(into, groups++, tail >>> 16);
      setGroup(into, groups++, tail & 0xffff);
      index = text.length;
      break;
    }
    if (end === index || end - index > 4) return false;
    setGroup(into, groups++, group);
    if (end === text.length) {
      index = end;
      break;
    }
    if (text.charCodeAt(end) !== 0x3a) return false;
    index = end + 1;
    if (text.charCodeAt(index) === 0x3a) {
      if (gap >= 0) return false;
      gap = groups;
      index++;
    } else if (index === text.length) return false;
  }
  if (gap < 0) return groups === 8;
  if (groups === 8) return false;
  // What stands behind the gap belongs at the end.
  for (let moved = groups - 1; moved >= gap; moved--) {
    const value = groupAt(into, moved);
    setGroup(into, moved, 0);
    setGroup(into, moved + 8 - groups, value);
  }
  return true;
}

const groupAt = (words: Uint32Array, group: number): number => (words[group >> 1]! >>> (group % 2 === 0 ? 16 : 0)) & 0xffff;

function setGroup(words: Uint32Array, group: number, value: number): void {
  const word = group >> 1;
  words[word] = group % 2 === 0 ? (words[word]! & 0xffff) | (value << 16) : (words[word]! & 0xffff_0000) | value;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
