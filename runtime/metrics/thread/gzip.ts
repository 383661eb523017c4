import { constants, crc32, deflateRawSync } from "node:zlib";

/** ID1 and ID2, deflate, no flags, no time, the fastest algorithm, no system (RFC 1952 §2.3). */
const head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
/** The last block of deflate, which is empty (RFC 1951 §3.2.3). */
const lastBlock = [3, 0];

/**
 * One member of gzip, a part of it for each piece. Node's stream would compress in its pool of threads, which are as urgent
 * as those that have requests; this is done where it is called. Each piece ends at a byte (`Z_SYNC_FLUSH`), so that what is
 * made of one stands behind that of the one before, and refers to nothing in it.
 */
export function* gzipped(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let sum = 0;
  let length = 0;
  yield Uint8Array.from(head);
  for (const piece of pieces) {
    sum = crc32(piece, sum);
    length += piece.length;
    yield deflateRawSync(piece, { level: 1, finishFlush: constants.Z_SYNC_FLUSH });
  }
  const end = Buffer.alloc(lastBlock.length + 8);
  end.set(lastBlock);
  end.writeUInt32LE(sum, lastBlock.length);
  end.writeUInt32LE(length % 2 ** 32, lastBlock.length + 4);
  yield end;
}
