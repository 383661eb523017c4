import { constants, createGzip, gzipSync } from "node:zlib";
import type { Coding, CodingConfig } from "./coding.ts";
import { Engine, hasEngines } from "./engine.ts";
import { GzipStream, windowFor } from "./gzip-stream.ts";

export const createGzipCoding = ({ level }: CodingConfig): Coding => new Gzip(level);

/** RFC 1952. */
class Gzip implements Coding {
  declare readonly __made: true;
  readonly name = "gzip";
  readonly canStream = true;
  readonly #level: number;

  constructor(level: number) {
    this.#level = level;
  }

  whole(bytes: Uint8Array): Uint8Array {
    const level = this.#level;
    if (!hasEngines()) return gzipSync(bytes, { level, windowBits: windowFor(bytes.length) });
    const engine = kept[level] ?? new Engine(createGzip({ level }));
    // One that throws is not used again.
    kept[level] = undefined;
    const coded = engine.write(bytes, constants.Z_FINISH);
    engine.reset();
    kept[level] = engine;
    return coded;
  }

  stream(noRoom: () => void): GzipStream {
    return new GzipStream(this.#level, noRoom);
  }
}

/** By level, of which there are nine: 256 KiB each, for all answers of this process. */
const kept: (Engine | undefined)[] = [];
