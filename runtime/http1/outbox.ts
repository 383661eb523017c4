import type { Socket } from "node:net";
import type { Piece } from "./read-buffer.ts";

/** Up to this length, copying bytes behind what waits costs less than a write of their own. */
const joinedBytes = 8_192;

/** A head of usual length and all that one read brings. */
const messageBytes = 98_304;

/** Where one message is put together, of whatever connection: it is free again once the system has taken the message. */
let message: Buffer | undefined;

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
    else if (source.isShared(piece.buffer)) this.#together(piece);
    else {
      this.bytes(piece.buffer.subarray(piece.start, piece.end));
      // The system took everything where nothing waits any more: then the buffer can be read into again.
      if (this.#socket.writableLength > 0) source.keep();
    }
  }

  /** Sends what waits and the piece, which others are about to overwrite, in one write. */
  #together({ buffer, start, end }: Piece): void {
    if (this.#waiting.length + end - start > messageBytes) this.flush();
    const waiting = this.#waiting;
    this.#waiting = "";
    message ??= Buffer.allocUnsafeSlow(messageBytes);
    message.write(waiting, 0, "latin1");
    buffer.copy(message, waiting.length, start, end);
    const socket = this.#socket;
    if (!socket.write(message.subarray(0, waiting.length + end - start))) this.isFull = true;
    if (socket.writableLength === 0) this.isFull = false;
    else message = undefined;
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
