import { isIPv4, isIPv6 } from "node:net";

/** A CIDR block, or a single address, as a range of numbers. */
export interface Block {
  readonly family: 4 | 6;
  /** Numbers of the first and last address. */
  readonly first: bigint;
  readonly last: bigint;
  /** The block in its usual spelling, without bits behind the prefix; without prefix for a single address. */
  readonly network: string;
  /** The address as written, in its usual spelling. */
  readonly address: string;
  /** The address has bits behind the prefix: `10.0.0.1/8`. */
  readonly hasHostBits: boolean;
}

/** Undefined where the text is no IPv4 or IPv6 block. IPv4-mapped IPv6 blocks are taken for the IPv4 ones they stand for. */
export function parseBlock(text: string): Block | undefined {
  const [written = "", length, ...rest] = text.split("/");
  if (rest.length > 0 || (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length))) return undefined;
  const isV4 = isIPv4(written);
  if (!isV4 && (!isIPv6(written) || written.includes("%"))) return undefined;
  const number = isV4 ? ipv4Number(written) : ipv6Number(written);
  const width = isV4 ? 32 : 128;
  const prefix = length === undefined ? width : Number(length);
  if (prefix > width) return undefined;
  const isMapped = !isV4 && number >> 32n === 0xffffn && prefix >= 96;
  return isMapped ? block(4, number & 0xffff_ffffn, prefix - 96) : block(isV4 ? 4 : 6, number, prefix);
}

/** Every address of `inner` is in `outer`. */
export const covers = (outer: Block, inner: Block): boolean =>
  outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;

/** A family of which the blocks hold every address: a client that has addresses of both takes that one. */
export const familyCovered = (blocks: readonly Block[]): 4 | 6 | undefined =>
  ([4, 6] as const).find((family) => coverEverything(blocks.filter((block) => block.family === family)));

/** Together the blocks, which are of one family, hold every address of it. */
function coverEverything(blocks: readonly Block[]): boolean {
  let next = 0n;
  for (const { first, last } of blocks.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    if (first > next) return false;
    if (last >= next) next = last + 1n;
  }
  return blocks[0] !== undefined && next >> (blocks[0].family === 4 ? 32n : 128n) !== 0n;
}

function block(family: 4 | 6, number: bigint, prefix: number): Block {
  const width = family === 4 ? 32 : 128;
  const hostMask = (1n << BigInt(width - prefix)) - 1n;
  const first = number - (number & hostMask);
  const suffix = prefix === width ? "" : `/${prefix}`;
  const spell = family === 4 ? ipv4Text : ipv6Text;
  return {
    family,
    first,
    last: first + hostMask,
    network: spell(first) + suffix,
    address: spell(number),
    hasHostBits: first !== number,
  };
}

const ipv4Number = (text: string): bigint => text.split(".").reduce((number, octet) => number * 256n + BigInt(octet), 0n);

const ipv4Text = (number: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 0xffn).join(".");

function ipv6Number(text: string): bigint {
  const [head = "", tail] = canonical(text).split("::");
  const before = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...before, ...Array.from({ length: 8 - before.length - behind.length }, () => "0"), ...behind];
  return groups.reduce((number, group) => number * 0x1_0000n + BigInt(`0x${group}`), 0n);
}

function ipv6Text(number: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((number >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  return canonical(groups.join(":"));
}

/** The serialisation of the URL standard, which is that of RFC 5952 without IPv4 tails. */
const canonical = (text: string): string => new URL(`http://[${text}]/`).hostname.slice(1, -1);
