import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { windowFor } from "./gzip-stream.ts";

export type Coding = "br" | "gzip";

/** The whole of a body in one call: a hand-over to another thread and back would take longer. */
export const codeWhole: Readonly<Record<Coding, (bytes: Uint8Array, level: number) => Uint8Array>> = {
  br: (bytes, level) =>
    brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: level, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  gzip: (bytes, level) => gzipSync(bytes, { level, windowBits: windowFor(bytes.length) }),
};
