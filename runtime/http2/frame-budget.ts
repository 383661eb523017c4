import type { Socket } from "node:net";

/** Octets of frames that a client may send for nothing, at once. */
const most = 32_768;

/** As many more for each look: keep-alives, and windows that are opened late. */
const forEachLook = 4_096;

/** For a request: its field section as it was compressed, and frames about its stream. */
const forRequest = 16_384;

/** For the body of a request that nobody reads: as much as its window lets come. */
const forWindow = 65_535;

/** For the frame around a piece of a body, with padding (RFC 9113 §6.1). */
const forFrame = 9 + 256;

/** A client that reads opens its windows again: for so many octets sent it may send one. */
const sentForOne = 32;

/**
 * Bounds the octets that belong to no request: PRIORITY, WINDOW_UPDATE, frames of unknown types, DATA with nothing but
 * padding. nghttp2 takes them without an end and tells nobody, so what came is compared with what it was good for.
 */
export class FrameBudget {
  readonly #socket: Pick<Socket, "bytesRead" | "bytesWritten">;
  #left = most;
  #read: number;
  #written: number;

  constructor(socket: Pick<Socket, "bytesRead" | "bytesWritten">) {
    this.#socket = socket;
    this.#read = socket.bytesRead;
    this.#written = socket.bytesWritten;
  }

  request(hasBody: boolean): void {
    this.#left += forRequest + (hasBody ? forWindow : 0);
  }

  /** Of a body. */
  piece(bytes: number): void {
    this.#left += bytes + forFrame;
  }

  /** False: the client has sent more for nothing than it may. */
  look(): boolean {
    const { bytesRead, bytesWritten } = this.#socket;
    this.#left += forEachLook + (bytesWritten - this.#written) / sentForOne - (bytesRead - this.#read);
    this.#read = bytesRead;
    this.#written = bytesWritten;
    if (this.#left < 0) return false;
    // What an honest past has left over is no licence: some requests may be on their way.
    this.#left = Math.min(this.#left, most * 16);
    return true;
  }
}
