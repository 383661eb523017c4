import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { ReadBuffer } from "../../../runtime/http1/read-buffer.ts";

/** What reads from a socket. */
interface Reader {
  readonly readBuffer: ReadBuffer;
  readonly onRead: (bytes: number, buffer: Buffer) => boolean;
}

/** A socket without a network: what is written is kept as text of octets, and what is read comes from `feed`. */
export class FakeSocket extends EventEmitter {
  sent = "";
  isEnded = false;
  destroyed = false;
  readonly writableLength = 0;
  #isPaused = false;

  /** For what wants a socket of node:net, of which this has the part that `runtime/` uses. */
  get asSocket(): Socket {
    return this as unknown as Socket;
  }

  /** Reads as a socket does: into the buffer that the reader offers, which the next read writes over. */
  feed(reader: Reader, pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      if (this.destroyed) return;
      if (this.#isPaused) throw new Error("the reader paused its socket and never went on");
      const buffer = reader.readBuffer.next();
      piece.copy(buffer);
      this.#isPaused = true;
      if (reader.onRead(piece.length, buffer)) this.#isPaused = false;
      buffer.fill(0x58, 0, piece.length);
    }
  }

  write(data: string | Uint8Array, encoding?: unknown, written?: () => void): boolean {
    this.sent += typeof data === "string" ? data : Buffer.from(data).toString("latin1");
    void encoding;
    written?.();
    return true;
  }

  cork(): void {}
  uncork(): void {}
  setTimeout(): void {}
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.destroyed = true;
  }

  resetAndDestroy(): void {
    this.destroyed = true;
  }
}
