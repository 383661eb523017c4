import { promisify } from "node:util";
import zlib, { brotliCompress, gzip } from "node:zlib";
import { brotliBytes, brotliParams } from "./brotli.ts";
import type { CodingConfig, LongCoding } from "./coding.ts";
import { zstdBytes, zstdParams } from "./zstd.ts";

export const createLongGzip = ({ level }: CodingConfig): LongCoding => ({
  __made: true,
  name: "gzip",
  bytes: 262_144,
  make: (body) => promisify(gzip)(body, { level }),
});

export const createLongBrotli = ({ level }: CodingConfig): LongCoding => ({
  __made: true,
  name: "br",
  bytes: brotliBytes(level),
  make: (body) => promisify(brotliCompress)(body, { params: brotliParams(level) }),
});

type Compress = (body: Uint8Array, options: object, done: (error: Error | null, coded: Uint8Array) => void) => void;

/** Undefined on a Node without zstd, which has it from 22.15 and 23.8 on: it is not in the types of the oldest one. */
export function createLongZstd({ level }: CodingConfig): LongCoding | undefined {
  const { zstdCompress: compress } = zlib as unknown as { readonly zstdCompress?: Compress };
  const params = zstdParams(level);
  if (compress === undefined || params === undefined) return undefined;
  return { __made: true, name: "zstd", bytes: zstdBytes, make: (body) => promisify(compress)(body, { params }) };
}
