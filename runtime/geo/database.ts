import { Reader, type Response } from "mmdb-lib";
import { dotted } from "../addresses/ip-text.ts";
import { parseIp } from "../addresses/parse-ip.ts";

/** What a database says of an address; undefined: nothing. */
export interface GeoDatabase<Facts> {
  readonly type: string;
  readonly builtAt: Date;
  of(address: string): Facts | undefined;
}

/** What metadata begins with (MaxMind DB File Format 2.0, “Database Metadata”), which is in the last 128 KiB. */
const marker = "\xab\xcd\xefMaxMind.com";
const metadataBytes = 128 * 1024;
/** Zeros between the tree and the data. */
const separatorBytes = 16;

/** Nodes that are checked in one go: others have their turn in between. */
const turn = 65_536;
/** Records, and parts of them, that are kept. */
const mostRecords = 2_048;
/** Networks that are looked at for a value, before the file counts as one about something else. */
const mostProbes = 1_000;

/**
 * A MaxMind DB. Throws where it is none, is not whole, or says nothing that `factsOf` understands, with what is wrong as the
 * end of a sentence: without that, a file half-written, or one about something else, would make everybody unknown.
 */
export async function readDatabase<Facts>(
  bytes: Buffer,
  factsOf: (record: unknown) => Facts | undefined,
  wanted: string,
): Promise<GeoDatabase<Facts>> {
  const at = bytes.lastIndexOf(marker, bytes.length, "latin1");
  if (at < 0 || at < bytes.length - metadataBytes)
    throw new Error("it is no MaxMind DB (.mmdb), or not whole: its metadata is missing");
  const reader = readerOf(bytes);
  const { nodeCount, nodeByteSize, searchTreeSize, ipVersion, databaseType, buildEpoch } = reader.metadata;
  const dataBytes = at - searchTreeSize - separatorBytes;
  if (!(nodeCount > 0) || !(dataBytes > 0) || (ipVersion !== 4 && ipVersion !== 6))
    throw new Error("it is not whole: its metadata speaks of more than is there");
  const tree: Tree = { bytes, nodeByteSize, nodeCount };
  for (let node = 0; node < nodeCount; node++) {
    for (const bit of [0, 1] as const) {
      const record = recordOf(tree, node, bit);
      const isWithin =
        record <= nodeCount || (record >= nodeCount + separatorBytes && record < nodeCount + separatorBytes + dataBytes);
      if (!isWithin) throw new Error(`it is damaged: node ${node} of its tree leads outside of the file`);
    }
    if (node % turn === turn - 1) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  const scratch = new Uint32Array(4);
  const of = (address: string): Facts | undefined => {
    // The library takes every text for an address, and the first bits of an IPv6 one for an IPv4 one.
    const family = parseIp(address, scratch);
    if (family === 0 || family > ipVersion) return undefined;
    try {
      return factsOf(reader.get(family === 4 && address.includes(":") ? dotted(scratch[3]!) : address));
    } catch {
      // A record that cannot be read says nothing.
      return undefined;
    }
  };
  let probes = 0;
  for (const address of networksIn(tree, ipVersion)) {
    if (of(address) !== undefined) return { type: databaseType, builtAt: buildEpoch, of };
    if (++probes === mostProbes) break;
  }
  throw new Error(`it is a database of type \`${databaseType}\`, whose records have no ${wanted}`);
}

function readerOf(bytes: Buffer): Reader<Response> {
  try {
    return new Reader(bytes, { cache: new Records() });
  } catch {
    throw new Error("it is not whole: its metadata cannot be read");
  }
}

/** Records that were read, by their place in the file: networks share them, and most of one are names that nobody asks for. */
class Records {
  readonly #records = new Map<number | string, unknown>();

  get(place: number | string): unknown {
    return this.#records.get(place);
  }

  set(place: number | string, record: unknown): void {
    if (this.#records.size >= mostRecords) this.#records.clear();
    this.#records.set(place, record);
  }
}

interface Tree {
  readonly bytes: Buffer;
  readonly nodeByteSize: number;
  readonly nodeCount: number;
}

/** One half of a node: 24, 28 or 32 bits. */
function recordOf({ bytes, nodeByteSize }: Tree, node: number, bit: 0 | 1): number {
  const at = node * nodeByteSize;
  if (nodeByteSize === 6) return bytes.readUIntBE(at + bit * 3, 3);
  if (nodeByteSize === 8) return bytes.readUInt32BE(at + bit * 4);
  const middle = bytes[at + 3]!;
  return (bit === 0 ? middle >> 4 : middle & 15) * 0x100_0000 + bytes.readUIntBE(at + bit * 4, 3);
}

/** The first address of each network that has a record. */
function* networksIn(tree: Tree, ipVersion: 4 | 6): Generator<string> {
  const bits = ipVersion === 4 ? 32 : 128;
  const open: { readonly record: number; readonly path: string }[] = [{ record: 0, path: "" }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { record, path } = next;
    if (record > tree.nodeCount) yield addressOf(path.padEnd(bits, "0"));
    // Deeper than an address is long, a tree goes in a circle.
    else if (record < tree.nodeCount && path.length < bits)
      for (const bit of [1, 0] as const) open.push({ record: recordOf(tree, record, bit), path: `${path}${bit}` });
  }
}

/** In an IPv6 tree, IPv4 is below ::/96. */
function addressOf(bits: string): string {
  const size = bits.length === 32 ? 8 : 16;
  const numbers = Array.from({ length: bits.length / size }, (_, index) =>
    Number.parseInt(bits.slice(index * size, (index + 1) * size), 2),
  );
  return size === 8 ? numbers.join(".") : numbers.map((number) => number.toString(16)).join(":");
}
