import { constants, createGzip, gzipSync } from "node:zlib";
import { logged } from "../../life/boundary.ts";

/** What the streams of `node:zlib` have in common. Not in the types of Node: `_handle`, the engine itself, and `_writeState`. */
interface ZlibStream {
  readonly destroyed: boolean;
  on(event: "error", listener: (error: unknown) => void): unknown;
  readonly _handle?: Handle | null;
  /** How many bytes a call left of the room for output, and of the input. */
  readonly _writeState?: Uint32Array;
}

interface Handle {
  writeSync?(flush: number, from: Uint8Array, start: number, length: number, to: Uint8Array, at: number, room: number): void;
  reset?(): void;
  close?(): void;
}

/**
 * An engine of zlib that compresses at once, in this thread. The documented calls either make a new engine for each body,
 * which takes a third of the time for 16 KiB, or go through other threads, which takes three times as long. Where Node
 * has not what this uses, `hasEngines` says so.
 */
export class Engine {
  readonly #stream: ZlibStream;
  readonly #handle: Handle;

  /** `stream`: as `createGzip` and its like make them; nobody else uses it. */
  constructor(stream: object) {
    // What the types do not tell, `hasEngines` has tried.
    this.#stream = stream as ZlibStream;
    this.#handle = this.#stream._handle!;
    this.#stream.on("error", logged("an answer was not compressed").broke);
  }

  /** What comes out for these bytes, with `flush` of the constants of `node:zlib`. Throws where the engine failed. */
  write(bytes: Uint8Array, flush: number): Buffer {
    const state = this.#stream._writeState!;
    let coded: Buffer | undefined;
    let left = bytes.length;
    do {
      const to = slabs.withRoom();
      this.#handle.writeSync!(flush, bytes, bytes.length - left, left, to, slabs.taken, to.length - slabs.taken);
      if (this.#stream.destroyed) throw new Error("zlib failed to compress an answer");
      const part = slabs.take(to.length - state[0]!);
      coded = coded === undefined ? part : Buffer.concat([coded, part]);
      left = state[1]!;
    } while (state[0] === 0);
    return coded;
  }

  /** From here on it compresses something else. */
  reset(): void {
    this.#handle.reset!();
  }

  /** Gives its memory back, which otherwise waits for the garbage collector. Nothing can be written behind it. */
  close(): void {
    this.#handle.close!();
  }
}

const slabBytes = 32_768;
/** What is longer gets memory of its own, so that who keeps it does not keep a whole slab for it. */
const shortBytes = 8_192;

/** Where engines write to: one result behind the other, so that short ones are neither copied nor memory of their own. */
const slabs = {
  bytes: undefined as Buffer | undefined,
  taken: 0,

  withRoom(): Buffer {
    if (this.bytes !== undefined && this.bytes.length - this.taken >= shortBytes) return this.bytes;
    this.taken = 0;
    return (this.bytes = Buffer.allocUnsafeSlow(slabBytes));
  },

  /** What was written behind what is taken. Nobody writes there again. */
  take(end: number): Buffer {
    const written = this.bytes!.subarray(this.taken, end);
    if (written.length > shortBytes) return copyOf(written);
    this.taken = end;
    return written;
  },
};

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}

let isTried: boolean | undefined;

/** Whether this Node has what `Engine` uses. Tried out once, with a small engine. */
export const hasEngines = (): boolean => (isTried ??= tryOut());

function tryOut(): boolean {
  const options = { level: 1, windowBits: 9, memLevel: 1 };
  const stream: object = createGzip(options);
  const { _handle: handle, _writeState: state } = stream as ZlibStream;
  if (typeof handle?.writeSync !== "function" || typeof handle.reset !== "function" || typeof handle.close !== "function")
    return false;
  if (!(state instanceof Uint32Array)) return false;
  // More than one call has room for, so that each has to say how far it came.
  const sample = Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 2_654_435_761) >>> 8));
  const engine = new Engine(stream);
  try {
    const expected = gzipSync(sample, options);
    const first = engine.write(sample, constants.Z_FINISH);
    engine.reset();
    const parts = [
      engine.write(sample.subarray(0, 9), constants.Z_NO_FLUSH),
      engine.write(sample.subarray(9), constants.Z_FINISH),
    ];
    return first.equals(expected) && Buffer.concat(parts).equals(expected);
  } catch {
    return false;
  } finally {
    engine.close();
  }
}
