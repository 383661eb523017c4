import { WriteTurn } from "./write-turn.ts";

/** Bytes that one read takes at most. */
const readBytes = 65_536;

/** The same of a connection that streams to a reader who keeps up: half as many calls of the system. */
const wideBytes = 131_072;

/** Bytes of the longest message that is put together before it is sent; one that a slow reader leaves keeps as many. */
export const messageBytes = 32_768;

/**
 * Where the sockets of a process read to. Heads and short bodies are dealt with in the very call that brings them, so
 * that one buffer serves all connections; one that streams a long body reads into a buffer of its own meanwhile.
 */
export class ReadBuffers {
  readonly shared: Buffer = Buffer.allocUnsafeSlow(readBytes);
  readonly none: Buffer = Buffer.alloc(0);
  /** Where one message is put together to be sent: free again once the system has taken it. */
  message: Buffer = Buffer.allocUnsafeSlow(messageBytes);

  /** When messages of the same sockets are sent. */
  readonly turn = new WriteTurn();

  /** The system has not taken all of the message. */
  renewMessage(): void {
    this.message = Buffer.allocUnsafeSlow(messageBytes);
  }
}

/** Where one connection reads to. */
export class ReadBuffer {
  /** Set while a long body is read: what comes then need not be copied to be kept. */
  isStreaming = false;
  readonly buffers: ReadBuffers;
  #own: Buffer | undefined = undefined;
  #ownBytes = readBytes;
  /** The reader does not keep up: what waits for it keeps the buffers that it was read into. */
  #isSlow = false;

  constructor(buffers: ReadBuffers) {
    this.buffers = buffers;
  }

  /** For the next read. */
  readonly next = (): Buffer => {
    if (!this.isStreaming) {
      this.#own = undefined;
      this.#ownBytes = readBytes;
      this.#isSlow = false;
      return this.buffers.shared;
    }
    this.#own ??= Buffer.allocUnsafeSlow(this.#ownBytes);
    return this.#own;
  };

  /** A read has filled the buffer: more is waiting. */
  filled(): void {
    if (this.#isSlow || this.#ownBytes === wideBytes) return;
    this.#ownBytes = wideBytes;
    this.#own = undefined;
  }

  isShared(buffer: Buffer): boolean {
    return buffer === this.buffers.shared;
  }

  /** Somebody keeps bytes of the own buffer: the next read needs another one. */
  keep(): void {
    this.#own = undefined;
    this.#isSlow = true;
    this.#ownBytes = readBytes;
  }
}

/** Bytes on their way from one connection to another. Valid during the call that hands them over, unless they are held. */
export class Piece {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  /** Undefined: nobody will write into the buffer again. */
  readonly source: ReadBuffer | undefined;

  constructor(buffer: Buffer, start: number, end: number, source: ReadBuffer | undefined) {
    this.buffer = buffer;
    this.start = start;
    this.end = end;
    this.source = source;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** One character for each octet. */
  text(): string {
    return this.buffer.toString("latin1", this.start, this.end);
  }

  /** The bytes for longer than the call. */
  held(): Buffer {
    const { buffer, start, end, source } = this;
    const bytes = buffer.subarray(start, end);
    if (source === undefined) return bytes;
    if (source.isShared(buffer)) return Buffer.from(bytes);
    source.keep();
    return bytes;
  }
}
