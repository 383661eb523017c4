import type { Socket } from "node:net";
import { overload } from "../answers/problem.ts";
import type { HeaderList } from "../fields/header-list.ts";
import { AnswerWriter } from "../http1/answer-writer.ts";
import { connectionOption, reading } from "../http1/field-section.ts";
import { type BodySink, IncomingBody } from "../http1/incoming-body.ts";
import { Intake } from "../http1/intake.ts";
import { Outbox } from "../http1/outbox.ts";
import { Piece, ReadBuffer } from "../http1/read-buffer.ts";
import type { RequestHead } from "../http1/request-head.ts";
import type { TunnelPort, TunnelSink } from "../http1/tunnel.ts";
import { contained } from "../life/boundary.ts";
import type { ClientTransport } from "./client-transport.ts";
import type { Connection } from "./connection.ts";
import type { ClientPeer, ConnectionHost } from "./connection-host.ts";
import { discard } from "./discard.ts";
import { dispatch } from "./dispatch.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { logError } from "./log-error.ts";
import { type ConnectionProblem, syntaxRefusal } from "./syntax-refusal.ts";

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
export class Http1Connection implements ClientTransport, Connection {
  readonly socket: Socket;
  readonly readBuffer: ReadBuffer;
  readonly peer: ClientPeer;
  /** Coarse monotonic milliseconds at which the present phase has taken too long. */
  deadline: number;
  readonly #host: ConnectionHost;
  readonly #outbox: Outbox;
  readonly #body = new IncomingBody();
  readonly #writer: AnswerWriter;
  #phase: "head" | "exchange" | "tunnel" | "closing" | "closed" = "head";
  #x: HttpExchange | undefined = undefined;

  readonly #intake: Intake;
  #isPumping = false;
  #isStopped = false;
  /** The begun head had this many bytes when it was last looked at. */
  #examined = 0;

  /** The client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1). */
  #awaitsContinue = false;

  /** The answer is the last on this connection. */
  #isLast = false;
  #isAnswerEnded = false;
  #wasIdle = false;
  #tunnelSink: TunnelSink | undefined = undefined;

  /** `open` makes the socket, given what reads from it. */
  constructor(host: ConnectionHost, open: (connection: Http1Connection) => Socket, peer: ClientPeer) {
    this.#host = host;
    this.peer = peer;
    this.readBuffer = new ReadBuffer(host.buffers);
    this.#intake = new Intake(host.buffers.none);
    this.deadline = host.now + host.limits.idleMs;
    this.socket = open(this);
    this.#outbox = new Outbox(this.socket, host.buffers.turn);
    this.#writer = new AnswerWriter(this.#outbox);
    this.socket.on("end", this.#onEnd);
    this.socket.on("close", this.#onClose);
    this.socket.on("drain", this.#onDrain);
    this.socket.on("error", ignore);
  }

  get isIdle(): boolean {
    return this.#phase === "head" && this.#intake.isEmpty;
  }

  /** For sockets that give buffers of their own. */
  readonly onData = (buffer: Buffer): void => {
    if (!this.#take(buffer, buffer.length, undefined)) this.socket.pause();
  };

  readonly onRead = (bytes: number, buffer: Buffer): boolean => this.#take(buffer, bytes, this.readBuffer);

  /** False: no more for now. */
  #take(buffer: Buffer, length: number, source: ReadBuffer | undefined): boolean {
    if (this.#phase === "tunnel") {
      // Only a full buffer says that more is waiting: a silent tunnel must not keep one for itself.
      this.readBuffer.isStreaming = length === buffer.length;
      this.#tunnelSink!.tunnelPiece(new Piece(buffer, 0, length, source));
      return true;
    }
    if (this.#phase === "closing" || this.#phase === "closed") return true;
    this.#intake.add(buffer, length, source);
    this.#pump();
    return this.#keepRest();
  }

  /** What was not dealt with waits in a copy. */
  #keepRest(): boolean {
    const intake = this.#intake;
    const isWaiting = this.#body.isPaused;
    intake.keep();
    // A sink that is paused would get more than it can hold. Up to a bound, what stands behind a request is read all the
    // same: only so a client that leaves is noticed.
    this.#isStopped = intake.isEmpty
      ? isWaiting && !this.isBodyRead
      : this.#phase !== "head" && (isWaiting || intake.length >= waitingBytes);
    return !this.#isStopped;
  }

  /** Goes on with what waits, and with reading. */
  #goOn(): void {
    if (this.#isPumping) return;
    const wasStopped = this.#isStopped;
    if (!this.#intake.isEmpty) {
      this.#pump();
      this.#keepRest();
    } else this.#isStopped = this.#body.isPaused && !this.isBodyRead;
    if (wasStopped && !this.#isStopped && this.#phase !== "closed") this.socket.resume();
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (!this.#intake.isEmpty && this.#step());
    } finally {
      this.#isPumping = false;
    }
  }

  /** False: there is nothing more to do for now. */
  #step(): boolean {
    if (this.#phase === "head") return this.#readHead();
    if (this.#phase === "exchange") return this.#giveBody();
    this.#intake.drop();
    return false;
  }

  #readHead(): boolean {
    const intake = this.#intake;
    const { bytes, end } = intake;
    // RFC 9112 §2.2: empty lines before the request line are ignored, however they came.
    while (this.#examined === 0 && bytes[intake.at] === 0x0d && (intake.length < 2 || bytes[intake.at + 1] === 0x0a)) {
      if (intake.length < 2) return false;
      intake.at += 2;
      if (intake.isEmpty) return false;
    }
    const { length } = intake;
    if (!intake.mayHoldHead(this.#examined)) return false;
    const reader = this.#host.heads;
    const result = reader.read(bytes, intake.at, end);
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
    intake.at = reader.end;
    this.#begin(reader.head!);
    return true;
  }

  #begin(head: RequestHead): void {
    const { connection, minor, contentLength, isChunked } = head;
    this.#phase = "exchange";
    this.deadline = this.#host.now + this.#host.limits.requestMs;
    // Behind a request for another protocol its client may speak it already: were the request answered otherwise, those
    // bytes would be taken for requests (RFC 9110 §7.8).
    this.#isLast =
      head.upgrade !== "" ||
      (connection & connectionOption.close) !== 0 ||
      (minor === 0 && (connection & connectionOption.keepAlive) === 0);
    this.#isAnswerEnded = false;
    this.#body.begin(contentLength, isChunked);
    this.#awaitsContinue = head.expects === "continue" && minor === 1 && !this.isBodyRead;
    const x = this.#host.exchange(this, head, this.peer);
    this.#x = x;
    // Nobody knows for whom the next bytes are: behind CONNECT, they may be of another protocol (RFC 9110 §9.3.6).
    if (x.problem !== undefined && x.problem !== overload) this.#isLast = true;
    dispatch(x);
  }

  // The body of the request.

  get isBodyRead(): boolean {
    return this.#body.isRead;
  }

  readBody(sink: BodySink): void {
    this.#body.sink = sink;
    this.#body.isPaused = false;
    if (this.isBodyRead) {
      sink.bodyEnd(this.#body.trailers);
      sink.bodyBatch();
      return;
    }
    if (this.#awaitsContinue) {
      this.#awaitsContinue = false;
      if (this.#intake.isEmpty && this.#x?.hasHead === false) this.#writer.interim(100, undefined);
    }
    // Within a read, what is there goes on at once: so head and body can leave together.
    if (this.#isPumping) while (!this.#intake.isEmpty && this.#giveBody());
    else this.#goOn();
  }

  pauseBody(): void {
    this.#body.isPaused = true;
  }

  resumeBody(): void {
    if (!this.#body.isPaused) return;
    this.#body.isPaused = false;
    this.#goOn();
  }

  leaveBody(): void {
    this.#body.sink = undefined;
    this.#body.isPaused = false;
    if (this.#isAnswerEnded) this.#clearBody();
  }

  #giveBody(): boolean {
    const body = this.#body;
    const { sink } = body;
    if (sink === undefined || body.isPaused || body.isRead) return false;
    const intake = this.#intake;
    const from = intake.at;
    let to: number;
    try {
      to = body.give(sink, intake.bytes, from, intake.end, intake.source);
    } catch (error) {
      // What was read of the body and what was not would be taken for the next request.
      intake.drop();
      this.#isLast = true;
      throw error;
    }
    if (to < 0) {
      this.#badBody();
      return false;
    }
    intake.at = to;
    this.readBuffer.isStreaming = !body.isRead && to - from >= streamingBytes;
    if (body.isRead) sink.bodyEnd(body.trailers);
    sink.bodyBatch();
    if (body.isRead && this.#isAnswerEnded) this.#answered();
    return true;
  }

  /** The framing broke in the middle of the body: nothing behind it can be trusted. */
  #badBody(): void {
    const x = this.#x;
    this.#intake.drop();
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
    const { head, method } = this.#x!;
    const { state } = this.#host;
    const isLast =
      status !== 101 &&
      (this.#isLast || state.isDraining || !this.#canGoOn() || (state.answersToClose > 0 && state.answersToClose-- > 0));
    const dateLine = this.#host.dateLine();
    this.#writer.head(status, headers, { bodyLength, isHead: method === "HEAD", minor: head.minor, isLast, dateLine });
    this.#isLast = isLast || this.#writer.isClosedByEnd;
  }

  /**
   * The rest of the request body will leave the connection soon, so that it can carry the next request. A client that
   * was never told to continue may or may not send the body: nobody could tell what the next bytes are.
   */
  #canGoOn(): boolean {
    if (this.isBodyRead) return true;
    if (this.#awaitsContinue) return false;
    const { sink, left } = this.#body;
    return sink !== undefined || (left > 0 && left <= drainableBytes);
  }

  sendBody(piece: Piece): boolean {
    const hasRoom = this.#writer.body(piece);
    if (!hasRoom) this.deadline = this.#host.now + this.#host.limits.sendMs;
    return hasRoom;
  }

  sendEnd(trailers: HeaderList | undefined): void {
    if (this.#isAnswerEnded) return;
    this.#writer.end(this.#x!.head.takesTrailers ? trailers : undefined);
    this.#isAnswerEnded = true;
    this.deadline = this.#host.now + this.#host.limits.sendMs;
    this.#outbox.whenEmpty(this.#onFlushed);
  }

  readonly #onFlushed = contained(this, (error?: Error | null): void => {
    if (error === undefined || error === null) this.#answered();
  });

  flush(): void {
    this.#outbox.flush();
  }

  sendInterim(status: number, headers: HeaderList): void {
    if (this.#x?.head.minor !== 1 || this.#x.hasHead) return;
    this.#writer.interim(status, headers);
  }

  abort(): void {
    this.#phase = "closed";
    this.#outbox.send();
    // Without a length the end of the connection would look like the end of the answer.
    if (this.#writer.isClosedByEnd) resetSocket(this.socket);
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
    this.#body.sink = undefined;
    this.readBuffer.isStreaming = false;
    this.#phase = "head";
    this.deadline = this.#host.now + this.#host.limits.idleMs;
    this.#goOn();
  }

  /** What nobody read of the body must not stand before the next request: it is dropped, or the connection ends. */
  #clearBody(): void {
    const { sink, left } = this.#body;
    if (sink === discard) return;
    if (left < 0 || left > drainableBytes || this.#awaitsContinue) this.#close();
    else this.readBody(discard);
  }

  // The connection.

  /** Answers what cannot be read, and closes. */
  #refuse(problem: ConnectionProblem): void {
    this.#host.unread(this.peer.peer, problem);
    this.#outbox.text(syntaxRefusal(problem));
    this.#close();
  }

  /**
   * A connection that is closed while the client still sends is reset, and the reset may overtake the answer. So the
   * answer is followed by the end of our side only, and what still comes in is dropped for a while (RFC 9112 §9.6).
   */
  #close(): void {
    if (this.#phase === "closing" || this.#phase === "closed") return;
    this.#phase = "closing";
    this.#intake.drop();
    this.deadline = this.#host.now + this.#host.limits.lingerMs;
    this.#outbox.send();
    this.socket.end();
    this.socket.resume();
  }

  /**
   * Between requests: the client was told nothing, and has nothing to lose. One that was not idle at the last call is left
   * alone: its client may have a request on the way.
   */
  closeIdle(): void {
    const wasIdle = this.#wasIdle;
    this.#wasIdle = this.isIdle;
    if (wasIdle && this.isIdle) this.#close();
  }

  inFlight(look: (x: HttpExchange) => void): void {
    if (this.#x !== undefined) look(this.#x);
  }

  /** The present phase has taken too long. */
  expire(): void {
    if (this.#phase === "head" && !this.#intake.isEmpty) this.#refuse("timeout");
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

  readonly #onDrain = contained(this, (): void => {
    this.#outbox.isFull = false;
    if (this.#phase === "tunnel") this.#tunnelSink?.tunnelDrained();
    else this.#x?.pending?.drained();
  });

  /**
   * A client that stops sending before its answer is there is taken for one that left: mostly it is, and a service would
   * work for nobody. Once the whole answer waits for it only, it gets it: then nothing is lost where it has left.
   */
  readonly #onEnd = contained(this, (): void => {
    if (this.#phase === "tunnel") this.#tunnelSink?.tunnelEnd();
    else if (this.#phase === "exchange" && this.#isAnswerEnded && !this.#outbox.isEmpty) this.#isLast = true;
    else if (this.#phase === "head" && !this.#intake.isEmpty) this.#refuse("bad-request-line");
    else {
      this.#phase = "closed";
      this.socket.destroy();
    }
  });

  readonly #onClose = contained(this, (): void => {
    this.#phase = "closed";
    const x = this.#x;
    this.#x = undefined;
    this.#host.forget(this);
    this.#tunnelSink?.tunnelClosed();
    x?.finish(false);
  });

  /** The exchange is a 500 where its client was told nothing yet. The connection ends in any case: nobody knows where it stands. */
  broke(error: unknown): void {
    const x = this.#x;
    this.#isLast = true;
    if (x !== undefined && !x.isDone) x.fail(error);
    else {
      logError("a connection of a client failed inside the gateway", error);
      this.abort();
    }
  }

  // Tunnels.

  tunnel(sink: TunnelSink): TunnelPort {
    this.#phase = "tunnel";
    this.#tunnelSink = sink;
    this.deadline = Number.POSITIVE_INFINITY;
    const { bytes, at, end, source } = this.#intake;
    this.#intake.drop();
    return { socket: this.socket, outbox: this.#outbox, begun: new Piece(bytes, at, end, source) };
  }
}

/** Only TCP can be reset. */
export function resetSocket(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

function ignore(): void {}
