import type { CodingStream } from "./coding.ts";
import type { Engine } from "./engine.ts";

/** How an engine is told to keep bytes, to give out what it has, and to end: constants of `node:zlib`. */
export interface Flushes {
  readonly keep: number;
  readonly flush: number;
  readonly end: number;
}

/** Compresses an answer as it comes, with an engine of its own. */
export class EngineStream implements CodingStream {
  readonly changes = "coding";
  readonly keeps: { readonly bytes: number; noRoom(): void };
  readonly #open: () => Engine;
  readonly #flushes: Flushes;
  #engine: Engine | undefined = undefined;
  /** Bytes came since it gave out all that it had. */
  #hasMore = false;
  #isClosed = false;

  /** `bytes`: of an engine that `open` makes. */
  constructor(open: () => Engine, flushes: Flushes, bytes: number, noRoom: () => void) {
    this.#open = open;
    this.#flushes = flushes;
    this.keeps = { bytes, noRoom };
  }

  piece(buffer: Buffer, start: number, end: number): Uint8Array {
    this.#hasMore = true;
    return this.#write(buffer.subarray(start, end), this.#flushes.keep);
  }

  lull(): Uint8Array | undefined {
    if (!this.#hasMore) return undefined;
    this.#hasMore = false;
    return this.#write(nothing(), this.#flushes.flush);
  }

  end(): Uint8Array {
    const rest = this.#write(nothing(), this.#flushes.end);
    this.close();
    return rest;
  }

  close(): void {
    if (!this.#isClosed) this.#engine?.close();
    this.#isClosed = true;
  }

  #write(bytes: Uint8Array, flush: number): Uint8Array {
    if (this.#isClosed) throw new Error("an answer went on behind its end");
    return (this.#engine ??= this.#open()).write(bytes, flush);
  }
}

const nothing = (): Uint8Array => new Uint8Array(0);
