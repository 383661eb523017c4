import zlib from "node:zlib";
import type { FurtherCoding } from "./content-coding.ts";

/** From Node 22.15 and 23.8 on, and so not in the types of the oldest Node that a gateway runs on. */
interface Zstd {
  zstdDecompressSync?(
    bytes: Uint8Array,
    options: { readonly maxOutputLength: number; readonly info: true; readonly params: Readonly<Record<number, number>> },
  ): { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } };
  readonly constants: Readonly<Record<string, number | undefined>>;
}

/** log2 of the largest window that content of HTTP may need: 8 MiB (RFC 9659 §3). */
const windowLog = 23;

/** Undefined on a Node without zstd. */
export function zstdCoding(): FurtherCoding | undefined {
  const { zstdDecompressSync: decompress, constants } = zlib as unknown as Zstd;
  const { ZSTD_d_windowLogMax: window } = constants;
  if (decompress === undefined || window === undefined) return undefined;
  return {
    name: "zstd",
    unfold(bytes, maxOutputLength) {
      // Node 22 takes one that is cut off for one that is shorter.
      if (!isWholeFrames(bytes)) throw new BrokenFrame();
      return decompress(bytes, { maxOutputLength, info: true, params: { [window]: windowLog } });
    },
  };
}

class BrokenFrame extends Error {}

const bytesOfDictionaryId = [0, 1, 2, 4] as const;
const bytesOfContentSize = [0, 2, 4, 8] as const;

/** Whether the bytes are frames of zstd from the first to the last one, as far as their heads say it (RFC 8878 §3.1). */
export function isWholeFrames(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (at + 8 <= bytes.length) {
    const magic = view.getUint32(at, true);
    if (magic >>> 4 === 0x184d2a5) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== 0xfd2fb528) return false;
    const descriptor = view.getUint8(at + 4);
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const sizeFlag = descriptor >> 6;
    at += 5 + bytesOfDictionaryId[(descriptor & 3) as 0 | 1 | 2 | 3];
    // The head has the size of the window, or of the content, which then is that of the window.
    at += isSingleSegment && sizeFlag === 0 ? 1 : bytesOfContentSize[sizeFlag as 0 | 1 | 2 | 3] + (isSingleSegment ? 0 : 1);
    for (let isLast = false; !isLast; ) {
      if (at + 3 > bytes.length) return false;
      const block = view.getUint16(at, true) + view.getUint8(at + 2) * 65_536;
      isLast = (block & 1) === 1;
      const type = (block >> 1) & 3;
      if (type === 3) return false;
      // One byte that is repeated, or the block as it stands.
      at += 3 + (type === 1 ? 1 : block >> 3);
    }
    if ((descriptor & 4) !== 0) at += 4;
  }
  return at === bytes.length && at > 0;
}
