import zlib from "node:zlib";
import type { Coding, CodingConfig, CodingStream } from "./coding.ts";
import { Engine, hasEngines } from "./engine.ts";
import { EngineStream } from "./engine-stream.ts";

/** From Node 22.15 and 23.8 on, and so not in the types of the oldest Node that a gateway runs on. */
interface Zstd {
  createZstdCompress?(options: { readonly params: Readonly<Record<number, number>> }): object;
  readonly constants: Readonly<Record<string, number | undefined>>;
}

/** Undefined on a Node without zstd: the client gets another coding, or none. */
export function createZstdCoding({ level }: CodingConfig): Coding | undefined {
  const { createZstdCompress: create, constants } = zlib as unknown as Zstd;
  const params = zstdParams(level);
  if (create === undefined || params === undefined || !hasEngines()) return undefined;
  const { ZSTD_e_continue: keep, ZSTD_e_flush: flush, ZSTD_e_end: end } = constants;
  if ([keep, flush, end].includes(undefined)) return undefined;
  return new ZstdCoding(level, () => new Engine(create({ params })), { keep: keep!, flush: flush!, end: end! });
}

/** Undefined on a Node without zstd. The tables of the higher levels would take up to 10 MiB, and bring nothing for a window that 64 KiB of content fit into. */
export function zstdParams(level: number): Readonly<Record<number, number>> | undefined {
  const {
    ZSTD_c_compressionLevel: byLevel,
    ZSTD_c_windowLog: window,
    ZSTD_c_hashLog: hash,
    ZSTD_c_chainLog: chain,
  } = (zlib as unknown as Zstd).constants;
  if ([byLevel, window, hash, chain].includes(undefined)) return undefined;
  return { [byLevel!]: level, [window!]: 17, [hash!]: 16, [chain!]: 16 };
}

/** Of memory. Measured: 0.8 MiB at most. */
export const zstdBytes = 1_048_576;

/** RFC 8878. Its window is 128 KiB; decoders must take 8 MiB (RFC 9659). */
class ZstdCoding implements Coding {
  declare readonly __made: true;
  readonly name = "zstd";
  readonly canStream = true;
  readonly #level: number;
  readonly #open: () => Engine;
  readonly #flushes: { readonly keep: number; readonly flush: number; readonly end: number };

  constructor(
    level: number,
    open: () => Engine,
    flushes: { readonly keep: number; readonly flush: number; readonly end: number },
  ) {
    this.#level = level;
    this.#open = open;
    this.#flushes = flushes;
  }

  whole(bytes: Uint8Array): Uint8Array {
    const engine = kept[this.#level] ?? this.#open();
    // One that throws is not used again.
    kept[this.#level] = undefined;
    const coded = engine.write(bytes, this.#flushes.end);
    engine.reset();
    kept[this.#level] = engine;
    return coded;
  }

  stream(noRoom: () => void): CodingStream {
    return new EngineStream(this.#open, this.#flushes, zstdBytes, noRoom);
  }
}

/** By level, of which there are nine: less than 1 MiB each, for all answers of this process. */
const kept: (Engine | undefined)[] = [];
