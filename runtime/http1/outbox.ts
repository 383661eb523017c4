import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { logError } from "../http/log-error.ts";
import type { Contained } from "../life/boundary.ts";
import { unsuitedNode } from "../life/unsuited-node.ts";
import { messageBytes, type Piece, type ReadBuffers } from "./read-buffer.ts";
import type { WriteTurn } from "./write-turn.ts";

/** Up to this length, copying bytes behind what waits costs less than a write of their own. */
const joinedBytes = 8_192;

/** What leaves through one socket: gathered, so that a message that fits goes out in one write. */
export class Outbox implements Contained {
  readonly #socket: Socket;
  readonly #turn: WriteTurn;
  /** One character for each octet. */
  #waiting = "";
  #isQueued = false;
  #onEmpty: OnEmpty | undefined = undefined;
  /** The other side has to catch up: `drain` of the socket says when it has. */
  isFull = false;

  constructor(socket: Socket, turn: WriteTurn) {
    this.#socket = socket;
    this.#turn = turn;
  }

  /** Adds octets, one for each character. */
  text(octets: string): void {
    this.#waiting += octets;
  }

  piece(piece: Piece): void {
    if (piece.length <= joinedBytes) {
      this.#waiting += piece.text();
      if (this.#waiting.length > joinedBytes * 4) this.send();
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

  /** What was added leaves soon: at once, or at the end of the turn where many are at work. */
  flush(): void {
    if (this.#waiting === "") return;
    if (!this.#turn.isCrowded) this.send();
    else if (!this.#isQueued) {
      this.#isQueued = true;
      this.#turn.add(this);
    }
  }

  /** What was added leaves at once. */
  send(): void {
    this.#isQueued = false;
    if (this.#waiting !== "") {
      const waiting = this.#waiting;
      this.#waiting = "";
      if (!this.#socket.write(waiting, "latin1")) this.isFull = true;
    }
    const onEmpty = this.#onEmpty;
    if (onEmpty === undefined) return;
    this.#onEmpty = undefined;
    this.whenEmpty(onEmpty);
  }

  /** Calls `onEmpty` once the system has taken everything that was added; at once where it has. */
  whenEmpty(onEmpty: OnEmpty): void {
    if (this.isEmpty) onEmpty();
    else if (this.#isQueued) this.#onEmpty = onEmpty;
    else this.#socket.write("", "latin1", onEmpty);
  }

  /** The socket goes, and so everything that it carries ends. */
  broke(error: unknown): void {
    logError("what was to be sent on a connection failed inside the gateway", error);
    this.#socket.destroy();
  }

  /** Everything that was added has been taken by the system. */
  get isEmpty(): boolean {
    return this.#waiting === "" && this.#socket.writableLength === 0;
  }
}

/** With an error where the socket failed before. */
type OnEmpty = (error?: Error | null) => void;

/**
 * Buffers are used again once `writableLength` says that the system has taken what was written. That it counts what is
 * being written, and no more once that is done, Node does not promise: bytes of one client could come to another. Throws a
 * `StartError` where it is otherwise.
 */
export function checkOutbox(): void {
  let done = (): void => {};
  const stream = new Duplex({ write: (_chunk, _encoding, next) => void (done = next) });
  stream.write("a");
  const before = stream.writableLength;
  done();
  if (before !== 1 || stream.writableLength !== 0) throw unsuitedNode("its streams do not say how much of a write is left");
}
