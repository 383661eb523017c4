/** What a database says of a network, by CIDR block. */
export type Networks = Readonly<Record<string, MmdbValue>>;
export type MmdbValue = string | number | boolean | { readonly [key: string]: MmdbValue } | readonly MmdbValue[];

interface Node {
  readonly children: [Node | number | undefined, Node | number | undefined];
}

/**
 * Writes a MaxMind DB (MaxMind DB File Format 2.0): the tree, 16 zeros, the data, the metadata. Blocks must not overlap. In a
 * tree of version 6, IPv4 is below ::/96, as in the files of the vendors.
 */
export function mmdb(
  networks: Networks,
  {
    type = "Test-Country",
    ipVersion = 6,
    recordSize = 24,
  }: { readonly type?: string; readonly ipVersion?: 4 | 6; readonly recordSize?: 24 | 28 | 32 } = {},
): Buffer {
  const data: Buffer[] = [];
  // Networks share records, as in the files of the vendors.
  const places = new Map<string, number>();
  let dataBytes = 0;
  const root: Node = { children: [undefined, undefined] };
  for (const [block, value] of Object.entries(networks)) {
    // Marked as data by a negative number, as 0 is a place there.
    const encoded = encode(value);
    const key = encoded.toString("latin1");
    const known = places.get(key);
    put(root, bitsOf(block, ipVersion), -1 - (known ?? dataBytes));
    if (known !== undefined) continue;
    places.set(key, dataBytes);
    data.push(encoded);
    dataBytes += encoded.length;
  }
  const nodes: Node[] = [root];
  for (const { children } of nodes) for (const child of children) if (typeof child === "object") nodes.push(child);
  const numbers = new Map(nodes.map((node, index) => [node, index]));
  const record = (child: Node | number | undefined): number =>
    child === undefined ? nodes.length : typeof child === "number" ? nodes.length + 16 + (-1 - child) : numbers.get(child)!;
  const tree = nodes.map(({ children: [left, right] }) => nodeBytes(record(left), record(right), recordSize));
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_780_000_000,
    database_type: type,
    description: { en: "made by a test" },
    ip_version: ipVersion,
    languages: ["en"],
    node_count: nodes.length,
    record_size: recordSize,
  });
  return Buffer.concat([...tree, Buffer.alloc(16), ...data, Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"), metadata]);
}

function put(root: Node, bits: readonly (0 | 1)[], value: number): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const child = node.children[bit];
    if (typeof child === "number") throw new Error("blocks overlap");
    node = node.children[bit] = child ?? { children: [undefined, undefined] };
  }
  node.children[bits.at(-1)!] = value;
}

function bitsOf(block: string, ipVersion: 4 | 6): (0 | 1)[] {
  const [address, length] = block.split("/") as [string, string];
  const isIpv4 = !address.includes(":");
  const bytes = isIpv4 ? address.split(".").map(Number) : ipv6Bytes(address);
  const own = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, index) => ((byte >> (7 - index)) & 1) as 0 | 1));
  const before: 0[] = isIpv4 && ipVersion === 6 ? Array.from({ length: 96 }, () => 0 as const) : [];
  return [...before, ...own.slice(0, Number(length))];
}

function ipv6Bytes(address: string): number[] {
  const [left = "", right = ""] = address.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(left), groups(right)];
  const middle = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...middle, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function nodeBytes(left: number, right: number, recordSize: 24 | 28 | 32): Buffer {
  const bytes = Buffer.alloc(recordSize / 4);
  if (recordSize === 32) {
    bytes.writeUInt32BE(left);
    bytes.writeUInt32BE(right, 4);
  } else {
    bytes.writeUIntBE(left % 0x100_0000, 0, 3);
    bytes.writeUIntBE(right % 0x100_0000, recordSize / 8 === 3 ? 3 : 4, 3);
    if (recordSize === 28) bytes[3] = (Math.floor(left / 0x100_0000) << 4) | Math.floor(right / 0x100_0000);
  }
  return bytes;
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([head(2, text.length), text]);
  }
  if (typeof value === "boolean") return head(14, value ? 1 : 0);
  if (typeof value === "number") {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([head(6, 4), bytes]);
  }
  if (isList(value)) return Buffer.concat([head(11, value.length), ...value.map(encode)]);
  const members = Object.entries(value);
  return Buffer.concat([head(7, members.length), ...members.flatMap(([key, member]) => [encode(key), encode(member)])]);
}

const isList = (value: MmdbValue): value is readonly MmdbValue[] => Array.isArray(value);

/** The control byte, and what follows it for types above 7 and sizes from 29 up to 284. */
function head(type: number, size: number): Buffer {
  if (size > 284) throw new Error("longer values are not written");
  const short = Math.min(size, 29);
  return Buffer.from([((type > 7 ? 0 : type) << 5) | short, ...(type > 7 ? [type - 7] : []), ...(size >= 29 ? [size - 29] : [])]);
}
