import type { Socket } from "node:net";
import { logError } from "../http/log-error.ts";
import { ChunkedBody } from "../http1/chunked-body.ts";
import { reading } from "../http1/field-section.ts";
import { Intake } from "../http1/intake.ts";
import { Outbox } from "../http1/outbox.ts";
import { messageBytes, Piece, ReadBuffer, type ReadBuffers } from "../http1/read-buffer.ts";
import type { ResponseHead, ResponseHeadReader } from "../http1/response-head.ts";
import type { TunnelPort, TunnelSink } from "../http1/tunnel.ts";
import { contained } from "../life/boundary.ts";
import { bodyLength, mayBeKept } from "./answer-framing.ts";
import { type AnswerSink, endAnswer, type FailureCode, failAnswer } from "./answer-sink.ts";
import type { Carrier, CarrierOptions } from "./carrier.ts";
import { isReset } from "./peer-names.ts";

/** What a connection needs of those who keep it. */
export interface OriginHost {
  readonly buffers: ReadBuffers;
  readonly heads: ResponseHeadReader;
  /** The connection can carry another request. */
  release(connection: OriginConnection): void;
  /** The connection is gone. */
  forget(connection: OriginConnection): void;
}

/** From this size on, a piece of a body makes the connection read into a buffer of its own. */
const streamingBytes = 16_384;

/** A connection to a service that speaks HTTP/1.1 (RFC 9112), one request at a time. */
export class OriginConnection implements Carrier {
  readonly socket: Socket;
  readonly readBuffer: ReadBuffer;
  /** Coarse monotonic milliseconds since which it is idle. */
  idleSince = 0;
  /** Of the other end; empty before it stands. */
  address = "";
  /** It ends with the request that it carries. */
  isRetired = false;
  /** Called where it breaks before it was ever used. */
  onUnused: ((code: FailureCode) => void) | undefined = undefined;
  /** It may be closed by the service at the moment at which it is used. */
  hasServed = false;
  readonly #host: OriginHost;
  readonly #outbox: Outbox;
  #sink: AnswerSink | undefined = undefined;
  #phase: "idle" | "head" | "body" | "tunnel" | "closed" = "idle";
  #isHead = false;
  #isUpgrade = false;
  #isRequestSent = false;
  #isChunkedRequest = false;
  #hasBytes = false;
  /** The client has to catch up. */
  isPaused = false;
  /** Begun head; made for the first that comes in several reads. */
  #intake: Intake | undefined = undefined;
  #examined = 0;
  /** Bytes of the body to come; -1: chunked; -2: up to the end of the connection. */
  #left = 0;
  #chunked: ChunkedBody | undefined = undefined;
  #canBeKept = false;
  /** The answer is longer than what is sent as one message. */
  #isLong = false;
  #tunnelSink: TunnelSink | undefined = undefined;
  /** What stands behind a 101. */
  #begun: Piece | undefined = undefined;

  /** `open` makes the socket, given what reads from it. */
  constructor(host: OriginHost, open: (connection: OriginConnection) => Socket) {
    this.#host = host;
    this.readBuffer = new ReadBuffer(host.buffers);
    this.socket = open(this);
    this.#outbox = new Outbox(this.socket, host.buffers.turn);
    this.socket.on("drain", this.#onDrain);
    this.socket.on("end", this.#onEnd);
    this.socket.on("error", this.#onError);
    this.socket.on("close", this.#onClose);
    this.#lingerWhereWritingFails();
  }

  /**
   * A service that does not want the rest of a body answers and closes. It is our writing that fails then, while the answer
   * lies there unread; the system gives it out for as long as the socket is open, within the next turn of the loop.
   */
  #lingerWhereWritingFails(): void {
    const { socket } = this;
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (error?: NodeJS.ErrnoException) => {
      socket.destroy = destroy;
      if (error?.syscall !== "write") return destroy(error);
      this.isRetired = true;
      const last = contained(this, () => void destroy(error));
      setImmediate(contained(this, () => void setImmediate(last)));
      return socket;
    };
  }

  // The request.

  begin(sink: AnswerSink, head: string, options: CarrierOptions): void {
    this.#sink = sink;
    this.#phase = "head";
    this.#isHead = options.isHead;
    this.#isUpgrade = options.isUpgrade;
    this.#isChunkedRequest = options.isChunked;
    this.#isRequestSent = false;
    this.#hasBytes = false;
    this.#outbox.text(head);
  }

  sendBody(piece: Piece): boolean {
    const outbox = this.#outbox;
    if (this.#isChunkedRequest) {
      if (piece.length === 0) return true;
      outbox.text(`${piece.length.toString(16)}\r\n`);
      outbox.piece(piece);
      outbox.text("\r\n");
    } else outbox.piece(piece);
    return !outbox.isFull;
  }

  sendEnd(trailers: string): void {
    if (this.#isChunkedRequest) this.#outbox.text(`0\r\n${trailers}\r\n`);
    this.#isRequestSent = true;
    this.#outbox.flush();
  }

  flush(): void {
    this.#outbox.flush();
  }

  // The answer.

  readonly onData = (buffer: Buffer): void => {
    if (!this.#take(buffer, buffer.length, undefined)) this.socket.pause();
  };

  readonly onRead = (bytes: number, buffer: Buffer): boolean => {
    const goesOn = this.#take(buffer, bytes, this.readBuffer);
    if (bytes === buffer.length) this.readBuffer.filled();
    return goesOn;
  };

  /** False: no more for now. */
  #take(buffer: Buffer, length: number, source: ReadBuffer | undefined): boolean {
    switch (this.#phase) {
      case "head":
        this.#hasBytes = true;
        if (this.#intake === undefined || this.#intake.isEmpty) this.#readHead(buffer, 0, length, source);
        else this.#readHeadOn(this.#intake, buffer, length);
        break;
      case "body":
        this.#readBody(buffer, 0, length, source);
        break;
      case "tunnel":
        // Only a full buffer says that more is waiting: a silent tunnel must not keep one for itself.
        this.readBuffer.isStreaming = length === buffer.length;
        this.#tunnelSink?.tunnelPiece(new Piece(buffer, 0, length, source));
        return true;
      case "idle":
        // Nobody asked: what follows could be taken for the answer to the next request.
        this.destroy();
        break;
      case "closed":
        break;
    }
    return !this.isPaused;
  }

  #readHeadOn(intake: Intake, buffer: Buffer, length: number): void {
    intake.add(buffer, length, undefined);
    if (!intake.mayHoldHead(this.#examined)) return;
    const { bytes, at, end } = intake;
    intake.drop();
    this.#readHead(bytes, at, end, undefined);
  }

  #hold(bytes: Buffer, start: number, end: number, source: ReadBuffer | undefined): void {
    this.#intake ??= new Intake(this.#host.buffers.none);
    this.#intake.add(bytes.subarray(start, end), end - start, source);
    this.#intake.keep();
    this.#examined = end - start;
  }

  #readHead(bytes: Buffer, start: number, end: number, source: ReadBuffer | undefined): void {
    const { heads } = this.#host;
    const result = heads.read(bytes, start, end);
    if (result === reading.refused) {
      this.#fail("invalidAnswer");
      return;
    }
    if (result === reading.partial) {
      this.#hold(bytes, start, end, source);
      return;
    }
    const head = heads.head!;
    const bodyStart = heads.end;
    if (head.status < 200 && head.status !== 101) {
      this.#sink?.answerHead(head);
      if (this.#phase === "head" && bodyStart < end) this.#readHead(bytes, bodyStart, end, source);
      return;
    }
    if (head.status === 101) {
      this.#upgrade(head, new Piece(bytes, bodyStart, end, source));
      return;
    }
    this.#left = bodyLength(head, this.#isHead);
    this.#isLong = this.#left > messageBytes;
    this.#chunked = this.#left === -1 ? new ChunkedBody() : undefined;
    this.#canBeKept = mayBeKept(head, this.#left, this.#isUpgrade);
    // As long as nobody has the head, a broken body that came with it is a refused answer and not a broken connection.
    const at = this.#chunked !== undefined && bodyStart < end ? this.#chunked.read(bytes, bodyStart, end) : bodyStart;
    if (at < 0) {
      this.#fail("invalidAnswer");
      return;
    }
    this.#phase = "body";
    this.#sink?.answerHead(head);
    // Whoever looked at the head may have left.
    if (this.#phase !== "body") return;
    if (this.#left === 0) this.#endAnswer(bodyStart, end);
    else if (bodyStart < end) this.#passOn(bytes, bodyStart, at, end, source);
    else this.#sink?.answerBatch();
  }

  #readBody(bytes: Buffer, start: number, end: number, source: ReadBuffer | undefined): void {
    const at = this.#chunked === undefined ? start : this.#chunked.read(bytes, start, end);
    if (at < 0) this.#fail("invalidAnswer");
    else this.#passOn(bytes, start, at, end, source);
  }

  /** `chunksEnd`: what was read of a chunked body ends there. */
  #passOn(bytes: Buffer, start: number, chunksEnd: number, end: number, source: ReadBuffer | undefined): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    let at = end;
    if (this.#chunked !== undefined) {
      at = chunksEnd;
      const { ranges } = this.#chunked;
      if (this.#chunked.isDone) this.#left = 0;
      for (let index = 0; index < ranges.length && this.#phase === "body"; index += 2)
        sink.answerPiece(new Piece(bytes, ranges[index]!, ranges[index + 1]!, source));
    } else {
      if (this.#left >= 0) {
        at = Math.min(end, start + this.#left);
        this.#left -= at - start;
      }
      sink.answerPiece(new Piece(bytes, start, at, source));
    }
    if (this.#phase !== "body") return;
    this.#isLong ||= end - start > messageBytes;
    if (this.#left === 0) {
      this.#endAnswer(at, end);
      return;
    }
    this.readBuffer.isStreaming = end - start >= streamingBytes;
    sink.answerBatch();
  }

  /** The answer is whole. What stands behind it was not asked for: the connection is not used again. */
  #endAnswer(at: number, end: number): void {
    const sink = this.#sink;
    const trailers = this.#chunked?.trailers;
    this.#sink = undefined;
    this.#chunked = undefined;
    this.hasServed = true;
    // The next answer is mostly like this one: a long one would have to be copied out of the buffer that all share.
    this.readBuffer.isStreaming = this.#isLong;
    try {
      if (this.#canBeKept && this.#isRequestSent && at === end && !this.socket.destroyed) {
        this.#phase = "idle";
        this.resume();
        this.#host.release(this);
      } else this.destroy();
    } finally {
      // Whatever becomes of the connection: the answer is whole.
      if (sink !== undefined) endAnswer(sink, trailers);
    }
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }

  /** Nobody waits for the answer any more. The connection cannot be used again: its answer is still to come. */
  leave(): void {
    this.#sink = undefined;
    this.destroy();
  }

  destroy(): void {
    this.#phase = "closed";
    if (!this.socket.destroyed) this.socket.destroy();
    this.#host.forget(this);
  }

  #fail(code: FailureCode): void {
    const sink = this.#sink;
    const isStale = this.hasServed && !this.#hasBytes;
    this.#sink = undefined;
    if (this.#phase === "idle" && !this.hasServed) this.onUnused?.(code);
    this.destroy();
    if (sink !== undefined) failAnswer(sink, code, isStale);
  }

  broke(error: unknown): void {
    const sink = this.#sink;
    this.#sink = undefined;
    // Of a tunnel, the close of the socket tells the other side.
    if (this.#phase === "tunnel") this.socket.destroy();
    else this.destroy();
    if (sink !== undefined) sink.broke(error);
    else logError("a connection to a service failed inside the gateway", error);
  }

  readonly #onDrain = contained(this, (): void => {
    this.#outbox.isFull = false;
    if (this.#phase === "tunnel") this.#tunnelSink?.tunnelDrained();
    else this.#sink?.requestDrained();
  });

  readonly #onEnd = contained(this, (): void => {
    if (this.#phase === "tunnel") {
      this.#tunnelSink?.tunnelEnd();
      return;
    }
    if (this.#phase === "body" && this.#left === -2 && !isReset(this.socket)) {
      this.#left = 0;
      this.#endAnswer(0, 0);
      return;
    }
    if (this.#phase !== "closed") this.#fail("ECONNRESET");
  });

  readonly #onError = contained(this, (error: NodeJS.ErrnoException): void => {
    if (this.#phase !== "closed" && this.#phase !== "tunnel")
      this.#fail(error.code === "EPIPE" ? "ECONNRESET" : (error.code ?? error.name));
  });

  readonly #onClose = contained(this, (): void => {
    const phase = this.#phase;
    if (phase !== "tunnel" && phase !== "closed") this.#fail("ECONNRESET");
    this.#phase = "closed";
    this.#host.forget(this);
    if (phase === "tunnel") this.#tunnelSink?.tunnelClosed();
  });

  // Tunnels.

  /** RFC 9110 §7.8: only where it was asked for, and behind the whole request. */
  #upgrade(head: ResponseHead, begun: Piece): void {
    if (!this.#isUpgrade || !this.#isRequestSent) {
      this.#fail("invalidAnswer");
      return;
    }
    this.#begun = begun;
    this.#sink?.answerHead(head);
    this.#begun = undefined;
  }

  /**
   * Called from `answerHead` of a 101: what the service sends from now on goes to `sink`. The connection leaves its pool
   * for good, so that tunnels take no place of requests.
   */
  tunnel(sink: TunnelSink): TunnelPort {
    this.#phase = "tunnel";
    this.#sink = undefined;
    this.#tunnelSink = sink;
    this.#host.forget(this);
    return { socket: this.socket, outbox: this.#outbox, begun: this.#begun! };
  }
}
