import { constants, type ServerHttp2Stream } from "node:http2";
import type { HeaderList } from "../fields/header-list.ts";
import type { ClientTransport } from "../http/client-transport.ts";
import type { ConnectionHost } from "../http/connection-host.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { logError } from "../http/log-error.ts";
import { syntaxAnswer } from "../http/syntax-refusal.ts";
import { trailersOf } from "../http1/chunked-body.ts";
import type { SyntaxProblem } from "../http1/field-section.ts";
import type { BodySink } from "../http1/incoming-body.ts";
import { Piece } from "../http1/read-buffer.ts";
import { type Contained, contain, contained } from "../life/boundary.ts";
import { answerFields, type Fields } from "./answer-fields.ts";
import type { FrameBudget } from "./frame-budget.ts";

/** A stream of HTTP/2 that carries one exchange (RFC 9113 §8.1). */
export class StreamTransport implements ClientTransport, Contained {
  readonly isHttp2 = true;
  readonly tunnel = undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #host: ConnectionHost;
  readonly #budget: FrameBudget;
  readonly #onGone: (transport: StreamTransport, isReset: boolean) => void;
  #x: HttpExchange | undefined = undefined;
  #deadline: number;

  // The body of the request.
  #sink: BodySink | undefined = undefined;
  #isListening = false;
  #isPaused = false;
  /** The client has sent everything, which may still wait. */
  #hasEnd = false;
  #isBodyRead: boolean;
  #trailers: HeaderList | undefined = undefined;
  /** Bytes that were announced and have not come; -1: none were. */
  #left = -1;

  // The answer.
  #fields: Fields | undefined = undefined;
  #isBodiless = false;
  #takesTrailers = false;
  #waiting: Buffer | undefined = undefined;
  #awaitsDrain = false;
  #answerTrailers: HeaderList | undefined = undefined;
  #isAnswerEnded = false;

  constructor(
    stream: ServerHttp2Stream,
    host: ConnectionHost,
    isEnded: boolean,
    budget: FrameBudget,
    onGone: (transport: StreamTransport, isReset: boolean) => void,
  ) {
    this.#stream = stream;
    this.#host = host;
    this.#budget = budget;
    this.#onGone = onGone;
    this.#isBodyRead = isEnded;
    this.#deadline = host.now + host.limits.requestMs;
    const onAborted = contained(this, (): void => this.#x?.finish(false));
    const onClose = contained(this, (): void => this.#closed());
    const onFinish = contained(this, (): void => this.#finished());
    stream.on("error", ignore);
    stream.on("aborted", onAborted);
    stream.on("close", onClose);
    stream.on("finish", onFinish);
    if (isEnded) return;
    // Node gives the lines as they came as a third argument, which its types leave out.
    const onTrailers = contained(this, (_fields: object, _flags: number, ...[lines = []]: string[][]): void =>
      this.#keepTrailers(lines),
    );
    stream.on("trailers", onTrailers);
  }

  begin(x: HttpExchange): void {
    this.#x = x;
    if (!this.#isBodyRead) this.#left = x.head.contentLength;
  }

  inFlight(look: (x: HttpExchange) => void): void {
    if (this.#x !== undefined) look(this.#x);
  }

  // The body of the request.

  get isBodyRead(): boolean {
    return this.#isBodyRead;
  }

  readBody(sink: BodySink): void {
    const stream = this.#stream;
    this.#sink = sink;
    if (this.#isBodyRead) {
      sink.bodyEnd(this.#trailers);
      sink.bodyBatch();
      return;
    }
    if (!this.#isOpen) return;
    this.#isPaused = false;
    if (this.#isListening) {
      this.#giveWaiting();
      return;
    }
    this.#isListening = true;
    const x = this.#x!;
    if (x.head.expects === "continue" && !x.hasHead) stream.additionalHeaders({ ":status": 100 });
    this.#hasEnd = stream.state.state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE;
    this.#readPastStream();
    this.#giveWaiting();
  }

  /**
   * Pieces of the body are taken where Node puts them into the stream. Read as a stream, it would end as one, node:http2
   * would then close it over the last write of the answer, and make an error of that with a long stack, which nobody sees
   * and which costs as much as the rest of the request.
   */
  #readPastStream(): void {
    const stream = this.#stream;
    const { push } = stream;
    stream.push = (bytes: Buffer | null): boolean => {
      // The end of the body, or that of a stream that is over, which is Node's affair.
      if (bytes === null) {
        if (this.#hasEnd || stream.closed || stream.destroyed) return push.call(stream, null);
        this.#hasEnd = true;
        // Behind the trailers, which are told of later.
        const onEnd = contained(this, (): void => this.#endBody());
        process.nextTick(onEnd);
        return false;
      }
      if (this.#isPaused || this.#sink === undefined || stream.readableLength > 0) return push.call(stream, bytes);
      try {
        this.#givePiece(bytes);
      } catch (error) {
        contain(this, error);
      }
      return !this.#isPaused;
    };
  }

  #giveWaiting(): void {
    const stream = this.#stream;
    const waiting = stream.readableLength;
    // No more than there is, as what asks for more would be told of the end.
    if (waiting > 0) this.#givePiece(stream.read(waiting) as Buffer);
    if (this.#isPaused || stream.destroyed) return;
    if (this.#hasEnd) this.#endBody();
    // Opens the window again.
    else stream._read(0);
  }

  pauseBody(): void {
    this.#isPaused = true;
  }

  resumeBody(): void {
    if (!this.#isPaused || this.#sink === undefined || this.#isBodyRead) return;
    this.#isPaused = false;
    this.#giveWaiting();
  }

  /** What is not read keeps the window of the stream shut: the client stops sending. */
  leaveBody(): void {
    this.#sink = undefined;
    this.#isPaused = true;
  }

  #givePiece(bytes: Buffer): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    this.#budget.piece(bytes.length);
    if (this.#left >= 0) {
      this.#left -= bytes.length;
      // RFC 9113 §8.1.1: the announced length goes upstream, so no other may follow.
      if (this.#left < 0) {
        this.abort();
        return;
      }
    }
    sink.bodyPiece(new Piece(bytes, 0, bytes.length, undefined));
    sink.bodyBatch();
  }

  #keepTrailers(lines: readonly string[]): void {
    let text = "";
    for (let index = 0; index < lines.length; index += 2) text += `${lines[index]!}: ${lines[index + 1]!}\r\n`;
    this.#trailers = trailersOf(Buffer.from(`${text}\r\n`, "latin1"));
  }

  #endBody(): void {
    const stream = this.#stream;
    // A stream that was reset ends as well, with half a body.
    if (stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR || stream.destroyed) return;
    if (this.#isBodyRead || this.#isPaused || stream.readableLength > 0) return;
    if (this.#left > 0) {
      this.abort();
      return;
    }
    this.#isBodyRead = true;
    const sink = this.#sink;
    sink?.bodyEnd(this.#trailers);
    sink?.bodyBatch();
  }

  // The answer.

  get #isOpen(): boolean {
    return !this.#stream.destroyed && !this.#stream.closed;
  }

  sendHead(status: number, headers: HeaderList, bodyLength: number | "unknown" | "none"): void {
    const { method, head } = this.#x!;
    const fields = answerFields(headers);
    fields[":status"] = String(status);
    if (typeof bodyLength === "number") fields["content-length"] = String(bodyLength);
    // node:http2 ends streams with these on its own.
    // What has no content ends with its head, as clients of gRPC expect it of answers of trailers alone.
    this.#isBodiless =
      method === "HEAD" || bodyLength === "none" || bodyLength === 0 || status === 204 || status === 205 || status === 304;
    this.#takesTrailers = head.takesTrailers && bodyLength === "unknown" && !this.#isBodiless;
    this.#fields = fields;
  }

  sendBody(piece: Piece): boolean {
    if (this.#isBodiless || piece.length === 0 || !this.#isOpen) return true;
    this.#write();
    this.#waiting = piece.held();
    const isFull = this.#stream.writableNeedDrain;
    if (isFull) {
      this.#deadline = this.#host.now + this.#host.limits.sendMs;
      this.#awaitDrain();
    }
    return !isFull;
  }

  sendEnd(trailers: HeaderList | undefined): void {
    if (this.#isAnswerEnded) return;
    this.#isAnswerEnded = true;
    this.#answerTrailers = trailers;
    this.#deadline = this.#host.now + this.#host.limits.sendMs;
    this.#respond();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (this.#isOpen && !this.#isBodiless) this.#stream.end(waiting);
  }

  flush(): void {
    this.#write();
  }

  #write(): void {
    this.#respond();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined && this.#isOpen) this.#stream.write(waiting);
  }

  #respond(): void {
    const fields = this.#fields;
    if (fields === undefined || !this.#isOpen) return;
    this.#fields = undefined;
    const stream = this.#stream;
    if (this.#takesTrailers) {
      const onWanted = contained(this, (): void => this.#sendTrailers());
      stream.once("wantTrailers", onWanted);
    }
    stream.respond(fields, { endStream: this.#isBodiless, waitForTrailers: this.#takesTrailers });
  }

  #sendTrailers(): void {
    const trailers = this.#answerTrailers;
    if (this.#isOpen) this.#stream.sendTrailers(trailers === undefined ? {} : answerFields(trailers));
  }

  sendInterim(status: number, headers: HeaderList): void {
    if (this.#isOpen && status !== 101 && !this.#x!.hasHead)
      this.#stream.additionalHeaders({ ...answerFields(headers), ":status": status });
  }

  /** `close` of node:http2 would end the answer first, as if it were whole: only an error does not. */
  abort(): void {
    this.#stream.destroy(new Error("broken off"));
  }

  // The stream.

  /** Looks whether the present phase has taken too long. */
  look(now: number): void {
    if (this.#deadline > now) return;
    const x = this.#x!;
    // A slow service has a deadline of its own; here it is the client that neither sends nor reads.
    if (this.#isBodyRead && this.#stream.writableLength === 0) this.#deadline = now + this.#host.limits.requestMs;
    else if (x.hasHead || this.#isBodyRead) this.abort();
    else {
      x.outcome = "clientGone";
      x.finish(false);
      refuseStream(this.#stream, "timeout");
    }
  }

  /** Most answers never need it. */
  #awaitDrain(): void {
    if (this.#awaitsDrain) return;
    this.#awaitsDrain = true;
    const onDrain = contained(this, (): void => {
      this.#deadline = this.#host.now + this.#host.limits.requestMs;
      this.#x?.pending?.drained();
    });
    this.#stream.on("drain", onDrain);
  }

  /** Everything was sent. A client that still sends is told to stop (RFC 9113 §8.1). */
  #finished(): void {
    const stream = this.#stream;
    if (!this.#isSent) return;
    this.#x?.finish(true);
    if (!this.#isBodyRead) stop(stream);
  }

  /** A stream whose request has ended is closed with the last frame of its answer, and `finish` does not come. */
  #closed(): void {
    const x = this.#x;
    x?.finish(this.#isSent);
    this.#onGone(this, x?.outcome === "clientGone");
  }

  broke(error: unknown): void {
    if (this.#x !== undefined) this.#x.fail(error);
    else {
      logError("a stream of a client failed inside the gateway", error);
      this.abort();
    }
  }

  get #isSent(): boolean {
    const { aborted, rstCode } = this.#stream;
    return this.#isAnswerEnded && !aborted && rstCode === constants.NGHTTP2_NO_ERROR;
  }
}

/** Answers what cannot be read as a request. */
export function refuseStream(stream: ServerHttp2Stream, problem: SyntaxProblem | "timeout"): void {
  // First of all: one that was reset already has its error still to tell, and nobody else listens.
  stream.on("error", ignore);
  if (stream.destroyed || stream.closed) return;
  const { status, body } = syntaxAnswer(problem);
  stream.respond({ ":status": status, "content-type": "application/problem+json", "content-length": body.length });
  stream.end(body);
  stop(stream);
}

/** Ends a stream behind its answer, whatever the client still sends. */
function stop(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_NO_ERROR);
  stream.resume();
}

function ignore(): void {}
