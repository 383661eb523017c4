import { constants, crc32, deflateRawSync } from "node:zlib";
import { ofLength, sumOfBoth } from "./crc32-sums.ts";

/** ID1 and ID2, deflate, no flags, no time, the fastest algorithm, no system (RFC 1952 §2.3). */
const head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
/** The last block of deflate, which is empty (RFC 1951 §3.2.3). */
const lastBlock = [3, 0];

/** A piece of what is compressed, which may stand behind any other. */
export interface Zipped {
  /** Blocks of deflate that end at a byte (`Z_SYNC_FLUSH`) and refer to nothing in front of them. */
  readonly bytes: Uint8Array;
  /** Of what was compressed: its length, its CRC-32, and what `ofLength` says of it. */
  readonly length: number;
  readonly sum: number;
  readonly shift: number;
}

/**
 * Node's stream would compress in its pool of threads, which are as urgent as those that have requests; this is done where it
 * is called.
 */
export const zipped = (piece: Uint8Array): Zipped => ({
  bytes: piece.length === 0 ? piece : deflateRawSync(piece, { level: 1, finishFlush: constants.Z_SYNC_FLUSH }),
  length: piece.length,
  sum: crc32(piece),
  shift: ofLength(piece.length),
});

/** One member of gzip, a part of it for each piece. */
export function* gzipped(pieces: Iterable<Zipped>): Generator<Uint8Array> {
  let sum = 0;
  let length = 0;
  yield Uint8Array.from(head);
  for (const piece of pieces) {
    sum = sumOfBoth(sum, piece);
    length += piece.length;
    yield piece.bytes;
  }
  const end = Buffer.alloc(lastBlock.length + 8);
  end.set(lastBlock);
  end.writeUInt32LE(sum, lastBlock.length);
  end.writeUInt32LE(length % 2 ** 32, lastBlock.length + 4);
  yield end;
}
