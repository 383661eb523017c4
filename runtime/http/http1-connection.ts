import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { HeaderList } from "../header-list.ts";
import { ChunkedBody } from "../http1/chunked-body.ts";
import { connectionOption, reading, type SyntaxProblem } from "../http1/field-section.ts";
import { fieldText } from "../http1/field-text.ts";
import { Outbox } from "../http1/outbox.ts";
import { Piece, ReadBuffer } from "../http1/read-buffer.ts";
import type { RequestHead } from "../http1/request-head.ts";
import type { BodySink, ClientTransport, TunnelEnd, TunnelSink } from "./client-transport.ts";
import type { ClientPeer, ConnectionHost } from "./connection-host.ts";
import { discard } from "./discard.ts";
import { dispatch } from "./dispatch.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { syntaxRefusal } from "./syntax-refusal.ts";

/** Bytes of an unread request body that are worth reading to keep a connection. */
const drainableBytes = 65_536;

/** Bytes that may wait while a request is dealt with: of its body, or pipelined behind it. */
const waitingBytes = 65_536;

/** From this size on, a piece of a body makes the connection read into a buffer of its own. */
const streamingBytes = 16_384;

/**
 * A client's connection that speaks HTTP/1.1 (RFC 9112). One request is dealt with at a time; what was sent behind it
 * waits, unread where it is much. A message that cannot be read in one way only ends the connection.
 */
export class Http1Connection implements ClientTransport {
  readonly socket: Socket;
  readonly readBuffer: ReadBuffer;
  readonly peer: ClientPeer;
  /** Coarse monotonic milliseconds at which the present phase has taken too long. */
  deadline: number;
  readonly #host: ConnectionHost;
  readonly #outbox: Outbox;
  #phase: "head" | "exchange" | "tunnel" | "closing" | "closed" = "head";
  #x: HttpExchange | undefined = undefined;

  /** What was read and not dealt with yet. */
  #bytes: Buffer;
  #at = 0;
  #end = 0;
  /** Of the bytes; undefined once they were copied. */
  #source: ReadBuffer | undefined = undefined;
  #isPumping = false;
  #isStopped = false;
  /** The begun head had this many bytes when it was last looked at. */
  #examined = 0;

  /** -1: chunked. */
  #bodyLeft = 0;
  #chunked: ChunkedBody | undefined = undefined;
  #sink: BodySink | undefined = undefined;
  #isBodyPaused = false;
  /** The client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1). */
  #awaitsContinue = false;

  /** The answer is the last on this connection. */
  #isLast = false;
  #isChunkedAnswer = false;
  /** The end of the connection is the end of the answer. */
  #isClosedByEnd = false;
  #isBodiless = false;
  #isAnswerEnded = false;
  #tunnelSink: TunnelSink | undefined = undefined;

  /** `open` makes the socket, given what reads from it. */
  constructor(host: ConnectionHost, open: (connection: Http1Connection) => Socket, peer: ClientPeer) {
    this.#host = host;
    this.peer = peer;
    this.readBuffer = new ReadBuffer(host.buffers);
    this.#bytes = host.buffers.none;
    this.deadline = host.now + host.limits.idleMs;
    this.socket = open(this);
    this.#outbox = new Outbox(this.socket);
    this.socket.on("end", this.#onEnd);
    this.socket.on("close", this.#onClose);
    this.socket.on("drain", this.#onDrain);
    this.socket.on("error", ignore);
  }

  get isIdle(): boolean {
    return this.#phase === "head" && this.#at === this.#end;
  }

  /** For sockets that give buffers of their own. */
  readonly onData = (buffer: Buffer): void => {
    if (!this.#take(buffer, buffer.length, undefined)) this.socket.pause();
  };

  readonly onRead = (bytes: number, buffer: Buffer): boolean => this.#take(buffer, bytes, this.readBuffer);

  /** False: no more for now. */
  #take(buffer: Buffer, length: number, source: ReadBuffer | undefined): boolean {
    if (this.#phase === "tunnel") {
      this.#tunnelSink?.tunnelPiece(new Piece(buffer, 0, length, source));
      return !this.#isStopped;
    }
    if (this.#phase === "closing" || this.#phase === "closed") return true;
    if (this.#at < this.#end) {
      this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at, this.#end), buffer.subarray(0, length)]);
      this.#at = 0;
      this.#end = this.#bytes.length;
      this.#source = undefined;
    } else {
      this.#bytes = buffer;
      this.#at = 0;
      this.#end = length;
      this.#source = source;
    }
    this.#pump();
    return this.#keepRest();
  }

  /** What was not dealt with waits in a copy. */
  #keepRest(): boolean {
    if (this.#at >= this.#end) {
      this.#bytes = this.#host.buffers.none;
      this.#at = this.#end = 0;
      // A sink that is paused would get more than it can hold.
      this.#isStopped = this.#isBodyPaused && !this.isBodyRead;
      return !this.#isStopped;
    }
    if (this.#source !== undefined) {
      this.#bytes = Buffer.from(this.#bytes.subarray(this.#at, this.#end));
      this.#at = 0;
      this.#end = this.#bytes.length;
      this.#source = undefined;
    }
    // Up to a bound it is read all the same: only so a client that leaves is noticed.
    this.#isStopped = this.#phase !== "head" && (this.#isBodyPaused || this.#end - this.#at >= waitingBytes);
    return !this.#isStopped;
  }

  /** Goes on with what waits, and with reading. */
  #goOn(): void {
    if (this.#isPumping) return;
    const wasStopped = this.#isStopped;
    if (this.#at < this.#end) {
      this.#pump();
      this.#keepRest();
    } else this.#isStopped = this.#isBodyPaused && !this.isBodyRead;
    if (wasStopped && !this.#isStopped && this.#phase !== "closed") this.socket.resume();
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#at < this.#end && this.#step());
    this.#isPumping = false;
  }

  /** False: there is nothing more to do for now. */
  #step(): boolean {
    if (this.#phase === "head") return this.#readHead();
    if (this.#phase === "exchange") return this.#giveBody();
    if (this.#phase === "tunnel") {
      const piece = new Piece(this.#bytes, this.#at, this.#end, this.#source);
      this.#at = this.#end;
      this.#tunnelSink?.tunnelPiece(piece);
      return false;
    }
    this.#at = this.#end;
    return false;
  }

  #readHead(): boolean {
    const bytes = this.#bytes;
    // RFC 9112 §2.2: an empty line before the request line is ignored, which robust servers do once.
    if (this.#examined === 0 && bytes[this.#at] === 0x0d && (this.#end - this.#at < 2 || bytes[this.#at + 1] === 0x0a)) {
      if (this.#end - this.#at < 2) return false;
      this.#at += 2;
      if (this.#at === this.#end) return false;
    }
    const length = this.#end - this.#at;
    if (!isWorthReading(bytes, this.#at, this.#end, this.#examined)) return false;
    const reader = this.#host.heads;
    const result = reader.read(bytes, this.#at, this.#end);
    if (result === reading.partial) {
      if (this.#examined === 0) this.deadline = this.#host.now + this.#host.limits.headMs;
      this.#examined = length;
      return false;
    }
    this.#examined = 0;
    if (result === reading.refused) {
      this.#refuse(reader.problem);
      return false;
    }
    this.#at = reader.end;
    this.#begin(reader.head!);
    return true;
  }

  #begin(head: RequestHead): void {
    const { connection, minor, contentLength, isChunked } = head;
    this.#phase = "exchange";
    this.deadline = this.#host.now + this.#host.limits.requestMs;
    this.#isLast =
      (connection & connectionOption.close) !== 0 || (minor === 0 && (connection & connectionOption.keepAlive) === 0);
    this.#isAnswerEnded = false;
    this.#isChunkedAnswer = false;
    this.#isClosedByEnd = false;
    this.#isBodyPaused = false;
    this.#sink = undefined;
    this.#bodyLeft = isChunked ? -1 : Math.max(0, contentLength);
    this.#chunked = isChunked ? new ChunkedBody() : undefined;
    this.#awaitsContinue = head.expects === "continue" && minor === 1 && this.#bodyLeft !== 0;
    this.#x = this.#host.exchange(this, head, this.peer);
    dispatch(this.#x);
  }

  // The body of the request.

  get isBodyRead(): boolean {
    return this.#bodyLeft === 0;
  }

  readBody(sink: BodySink): void {
    this.#sink = sink;
    this.#isBodyPaused = false;
    if (this.isBodyRead) {
      sink.bodyEnd(this.#chunked?.trailers);
      sink.bodyBatch();
      return;
    }
    if (this.#awaitsContinue) {
      this.#awaitsContinue = false;
      if (this.#at === this.#end && this.#x?.hasHead === false) {
        this.#outbox.text("HTTP/1.1 100 Continue\r\n\r\n");
        this.#outbox.flush();
      }
    }
    // Within a read, what is there goes on at once: so head and body can leave together.
    if (this.#isPumping) while (this.#at < this.#end && this.#giveBody());
    else this.#goOn();
  }

  pauseBody(): void {
    this.#isBodyPaused = true;
  }

  resumeBody(): void {
    if (!this.#isBodyPaused) return;
    this.#isBodyPaused = false;
    this.#goOn();
  }

  leaveBody(): void {
    this.#sink = undefined;
    this.#isBodyPaused = false;
    if (this.#isAnswerEnded) this.#clearBody();
  }

  #giveBody(): boolean {
    const sink = this.#sink;
    if (sink === undefined || this.#isBodyPaused || this.isBodyRead) return false;
    const length = this.#chunked === undefined ? this.#givePlain(sink) : this.#giveChunks(sink, this.#chunked);
    if (length < 0) return false;
    this.readBuffer.isStreaming = !this.isBodyRead && length >= streamingBytes;
    if (this.isBodyRead) sink.bodyEnd(this.#chunked?.trailers);
    sink.bodyBatch();
    if (this.isBodyRead && this.#isAnswerEnded) this.#answered();
    return true;
  }

  #givePlain(sink: BodySink): number {
    const from = this.#at;
    const to = Math.min(this.#end, from + this.#bodyLeft);
    this.#bodyLeft -= to - from;
    this.#at = to;
    sink.bodyPiece(new Piece(this.#bytes, from, to, this.#source));
    return to - from;
  }

  #giveChunks(sink: BodySink, chunked: ChunkedBody): number {
    const from = this.#at;
    const to = chunked.read(this.#bytes, from, this.#end);
    if (to < 0) {
      this.#badBody();
      return -1;
    }
    this.#at = to;
    if (chunked.isDone) this.#bodyLeft = 0;
    const { ranges } = chunked;
    const bytes = this.#bytes;
    const source = this.#source;
    for (let index = 0; index < ranges.length; index += 2)
      sink.bodyPiece(new Piece(bytes, ranges[index]!, ranges[index + 1]!, source));
    return to - from;
  }

  /** The framing broke in the middle of the body: nothing behind it can be trusted. */
  #badBody(): void {
    const x = this.#x;
    this.#at = this.#end;
    if (x === undefined || x.hasHead) {
      this.abort();
      return;
    }
    this.#x = undefined;
    x.outcome = "refused";
    x.finish(false);
    this.#refuse("bad-chunk");
  }

  // The answer.

  sendHead(status: number, headers: HeaderList, bodyLength: number | "unknown" | "none"): void {
    const x = this.#x!;
    const { minor } = x.head;
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unassigned"}\r\n${fieldText(headers)}`;
    if (!headers.has("date")) text += this.#host.dateLine();
    this.#isBodiless = x.method === "HEAD" || status === 304 || bodyLength === "none";
    if (typeof bodyLength === "number") text += `Content-Length: ${bodyLength}\r\n`;
    else if (bodyLength === "unknown" && !this.#isBodiless) {
      if (minor === 1) {
        this.#isChunkedAnswer = true;
        text += "Transfer-Encoding: chunked\r\n";
      } else this.#isLast = this.#isClosedByEnd = true;
    }
    if (this.#host.state.isDraining || !this.#canGoOn()) this.#isLast = true;
    if (status === 101) text += "Connection: Upgrade\r\n";
    else if (this.#isLast) text += "Connection: close\r\n";
    else if (minor === 0) text += "Connection: keep-alive\r\n";
    this.#outbox.text(`${text}\r\n`);
  }

  /**
   * The rest of the request body will leave the connection soon, so that it can carry the next request. A client that
   * was never told to continue may or may not send the body: nobody could tell what the next bytes are.
   */
  #canGoOn(): boolean {
    if (this.isBodyRead) return true;
    if (this.#awaitsContinue) return false;
    return this.#sink !== undefined || (this.#bodyLeft > 0 && this.#bodyLeft <= drainableBytes);
  }

  sendBody(piece: Piece): boolean {
    const outbox = this.#outbox;
    if (this.#isBodiless || piece.length === 0) return true;
    if (this.#isChunkedAnswer) {
      outbox.text(`${piece.length.toString(16)}\r\n`);
      outbox.piece(piece);
      outbox.text("\r\n");
    } else outbox.piece(piece);
    if (outbox.isFull) this.deadline = this.#host.now + this.#host.limits.sendMs;
    return !outbox.isFull;
  }

  sendEnd(trailers: HeaderList | undefined): void {
    if (this.#isAnswerEnded) return;
    if (this.#isChunkedAnswer && !this.#isBodiless) {
      const section = trailers === undefined || !this.#x!.head.takesTrailers ? "" : fieldText(trailers);
      this.#outbox.text(`0\r\n${section}\r\n`);
    }
    this.#outbox.flush();
    this.#isAnswerEnded = true;
    if (this.#outbox.isEmpty) this.#answered();
    else {
      this.deadline = this.#host.now + this.#host.limits.sendMs;
      this.socket.write("", "latin1", this.#onFlushed);
    }
  }

  readonly #onFlushed = (error?: Error | null): void => {
    if (error === undefined || error === null) this.#answered();
  };

  flush(): void {
    this.#outbox.flush();
  }

  sendInterim(status: number, headers: HeaderList): void {
    if (this.#x?.head.minor !== 1 || this.#x.hasHead) return;
    this.#outbox.text(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Interim"}\r\n${fieldText(headers)}\r\n`);
    this.#outbox.flush();
  }

  abort(): void {
    this.#phase = "closed";
    // Without a length the end of the connection would look like the end of the answer.
    if (this.#isClosedByEnd) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /** The answer has left. The next request follows, as soon as the body of this one is out of the way. */
  #answered(): void {
    const x = this.#x;
    if (x !== undefined && !x.isDone) x.finish(true);
    if (this.#phase !== "exchange") return;
    if (this.#isLast) {
      this.#close();
      return;
    }
    if (!this.isBodyRead) {
      this.#clearBody();
      return;
    }
    this.#x = undefined;
    this.#sink = undefined;
    this.readBuffer.isStreaming = false;
    this.#phase = "head";
    this.deadline = this.#host.now + this.#host.limits.idleMs;
    this.#goOn();
  }

  /** What nobody read of the body must not stand before the next request: it is dropped, or the connection ends. */
  #clearBody(): void {
    if (this.#sink === discard) return;
    if (this.#bodyLeft < 0 || this.#bodyLeft > drainableBytes || this.#awaitsContinue) this.#close();
    else this.readBody(discard);
  }

  // The connection.

  /** Answers what cannot be read, and closes. */
  #refuse(problem: SyntaxProblem | "timeout"): void {
    this.#outbox.text(syntaxRefusal(problem));
    this.#outbox.flush();
    this.#close();
  }

  /**
   * A connection that is closed while the client still sends is reset, and the reset may overtake the answer. So the
   * answer is followed by the end of our side only, and what still comes in is dropped for a while (RFC 9112 §9.6).
   */
  #close(): void {
    if (this.#phase === "closing" || this.#phase === "closed") return;
    this.#phase = "closing";
    this.#at = this.#end = 0;
    this.deadline = this.#host.now + this.#host.limits.lingerMs;
    this.socket.end();
    this.socket.resume();
  }

  /** Between requests: the client was told nothing, and has nothing to lose. */
  closeIdle(): void {
    if (this.isIdle) this.#close();
  }

  /** The present phase has taken too long. */
  expire(): void {
    if (this.#phase === "head" && this.#at < this.#end) this.#refuse("timeout");
    else if (this.#phase === "head") this.#close();
    else if (this.#phase === "exchange") this.#expireExchange();
    else if (this.#phase !== "tunnel") this.abort();
  }

  #expireExchange(): void {
    const x = this.#x;
    // A slow service has a deadline of its own; here it is the client that neither sends nor reads.
    if (x === undefined || (this.isBodyRead && this.#outbox.isEmpty)) {
      this.deadline = this.#host.now + this.#host.limits.requestMs;
    } else if (x.hasHead || this.isBodyRead) this.abort();
    else {
      this.#x = undefined;
      x.outcome = "clientGone";
      x.finish(false);
      this.#refuse("timeout");
    }
  }

  readonly #onDrain = (): void => {
    this.#outbox.isFull = false;
    if (this.#phase === "tunnel") this.#tunnelSink?.tunnelDrained();
    else this.#x?.pending?.drained();
  };

  /** A client that stops sending before it has its answer is taken for one that left: mostly it is. */
  readonly #onEnd = (): void => {
    if (this.#phase === "tunnel") this.#tunnelSink?.tunnelEnd();
    else if (this.#phase === "head" && this.#at < this.#end) this.#refuse("bad-request-line");
    else {
      this.#phase = "closed";
      this.socket.destroy();
    }
  };

  readonly #onClose = (): void => {
    this.#phase = "closed";
    const x = this.#x;
    this.#x = undefined;
    this.#tunnelSink?.tunnelClosed();
    x?.finish(false);
    this.#host.forget(this);
  };

  // Tunnels.

  readonly tunnel = (sink: TunnelSink): TunnelEnd => {
    this.#phase = "tunnel";
    this.#tunnelSink = sink;
    this.readBuffer.isStreaming = true;
    this.deadline = Number.POSITIVE_INFINITY;
    const { socket } = this;
    const outbox = this.#outbox;
    outbox.flush();
    this.#goOn();
    return {
      write: (piece) => {
        outbox.piece(piece);
        outbox.flush();
        return !outbox.isFull;
      },
      end: () => socket.end(),
      pause: () => {
        this.#isStopped = true;
        socket.pause();
      },
      resume: () => {
        this.#isStopped = false;
        socket.resume();
      },
      destroy: () => socket.destroy(),
    };
  };
}

function ignore(): void {}

/**
 * A head that comes in many pieces is not read again from its begin at each of them: only once it may be whole, or has
 * doubled. So a client that sends it octet by octet cannot make us work much.
 */
function isWorthReading(bytes: Buffer, start: number, end: number, examined: number): boolean {
  if (examined < 1_024 || end - start >= examined * 2) return true;
  return bytes.subarray(start + examined - 3, end).includes("\r\n\r\n", 0, "latin1");
}
