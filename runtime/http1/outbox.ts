import type { Socket } from "node:net";
import { messageBytes, type Piece, type ReadBuffers } from "./read-buffer.ts";

/** Up to this length, copying bytes behind what waits costs less than a write of their own. */
const joinedBytes = 8_192;

/** What leaves through one socket: gathered, so that a message that fits goes out in one write. */
export class Outbox {
  readonly #socket: Socket;
  /** One character for each octet. */
  #waiting = "";
  /** The other side has to catch up: `drain` of the socket says when it has. */
  isFull = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Adds octets, one for each character. */
  text(octets: string): void {
    this.#waiting += octets;
  }

  piece(piece: Piece): void {
    if (piece.length <= joinedBytes) {
      this.#waiting += piece.text();
      if (this.#waiting.length > joinedBytes * 4) this.flush();
      return;
    }
    const { source } = piece;
    if (source === undefined) this.bytes(piece.held());
    else if (source.isShared(piece.buffer)) {
      if (this.#waiting.length + piece.length <= messageBytes) this.#together(piece, source.buffers);
      else this.bytes(piece.held());
    } else {
      this.bytes(piece.buffer.subarray(piece.start, piece.end));
      // The system took everything where nothing waits any more: then the buffer can be read into again.
      if (this.#socket.writableLength > 0) source.keep();
    }
  }

  /** Sends what waits and the piece, which others are about to overwrite, in one write. */
  #together({ buffer, start, end }: Piece, buffers: ReadBuffers): void {
    const { message } = buffers;
    const waiting = this.#waiting;
    this.#waiting = "";
    message.write(waiting, 0, "latin1");
    buffer.copy(message, waiting.length, start, end);
    const socket = this.#socket;
    if (!socket.write(message.subarray(0, waiting.length + end - start))) this.isFull = true;
    if (socket.writableLength === 0) this.isFull = false;
    else buffers.renewMessage();
  }

  /** Adds bytes that nobody changes any more. */
  bytes(bytes: Buffer): void {
    if (bytes.length <= joinedBytes) {
      this.#waiting += bytes.toString("latin1");
      return;
    }
    const socket = this.#socket;
    if (this.#waiting === "") {
      if (!socket.write(bytes)) this.isFull = true;
      return;
    }
    socket.cork();
    socket.write(this.#waiting, "latin1");
    this.#waiting = "";
    if (!socket.write(bytes)) this.isFull = true;
    socket.uncork();
    // Uncorked at once, the system may have taken everything.
    if (socket.writableLength === 0) this.isFull = false;
  }

  flush(): void {
    if (this.#waiting === "") return;
    const waiting = this.#waiting;
    this.#waiting = "";
    if (!this.#socket.write(waiting, "latin1")) this.isFull = true;
  }

  /** Everything that was added has been taken by the system. */
  get isEmpty(): boolean {
    return this.#waiting === "" && this.#socket.writableLength === 0;
  }
}
