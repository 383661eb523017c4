import { type ClientHttp2Stream, constants } from "node:http2";
import type { HeaderList } from "../../fields/header-list.ts";
import { logError } from "../../http/log-error.ts";
import { Piece } from "../../http1/read-buffer.ts";
import type { ResponseHead } from "../../http1/response-head.ts";
import { type Contained, contained } from "../../life/boundary.ts";
import { type AnswerSink, endAnswer, type FailureCode, failAnswer } from "../answer-sink.ts";
import { BodyBegin } from "../body-begin.ts";
import type { Carrier, CarrierOptions, KeptBody } from "../carrier.ts";
import { readAnswerHead, readAnswerTrailers } from "./answer-head.ts";
import type { Http2Session } from "./http2-session.ts";
import { requestFields, trailerFields } from "./request-fields.ts";

/** One request on a connection of HTTP/2 (RFC 9113 §8.1). */
export class Http2Stream implements Carrier, Contained {
  readonly #session: Http2Session;
  #stream: ClientHttp2Stream | undefined = undefined;
  /** Undefined: nobody waits any more. */
  #sink: AnswerSink | undefined = undefined;
  #isRequestEnded = false;
  #trailers = "";
  #hasHead = false;
  /** That of an answer without content, until the end says that there is none. */
  #heldHead: ResponseHead | undefined = undefined;
  /** The service said that the answer is whole (END_STREAM), which a reset does not say. */
  #isWhole = false;
  /** Bytes that the answer announces and that did not come yet; -1: not announced. */
  #left = -1;
  #answerTrailers: HeaderList | undefined = undefined;
  isPaused = false;
  /** What Node has of the stream, until it has ended well. */
  #handle: object | undefined = undefined;

  constructor(session: Http2Session) {
    this.#session = session;
  }

  begin(sink: AnswerSink, head: string, { isHead, isChunked }: CarrierOptions): void {
    this.#sink = sink;
    const fields = requestFields(head, this.#session.scheme);
    const endStream = !isChunked && (fields["content-length"] ?? "0") === "0";
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(fields, { endStream, waitForTrailers: isChunked });
    } catch (error) {
      // The caller is not done with the request; it hears of this when it is.
      const fail = contained(this, (): void => this.#fail(codeOf(error)));
      process.nextTick(fail);
      return;
    }
    this.#stream = stream;
    this.#handle = this.#session.endOrder?.handleOf(stream);
    this.#isRequestEnded = endStream;
    const push = stream.push;
    // Node ends the answer in the same way where the stream was reset without an error, and where its end came.
    stream.push = (chunk: unknown) => {
      if (chunk === null && !stream.closed) this.#isWhole = true;
      return push.call(stream, chunk);
    };
    const onClose = contained(this, (): void => {
      if (!this.#isWhole) this.#session.endOrder?.streamFirst(this.#handle);
      this.#handle = undefined;
      this.#session.forget(this);
      this.#fail(resetCode(stream.rstCode));
    });
    // The third argument are the fields as they came, which the types of Node leave out.
    const onInterim = contained(this, (_fields: object, _flags: number, lines: string[]): void => this.#onInterim(lines));
    const onHead = contained(this, (_fields: object, flags: number, lines: string[]): void => this.#onHead(lines, flags, isHead));
    const onTrailers = contained(this, (_fields: object, _flags: number, lines: string[]): void => this.#onTrailers(lines));
    stream.on("headers", onInterim);
    stream.on("response", onHead);
    stream.on("trailers", onTrailers);
    stream.on(
      "wantTrailers",
      contained(this, () => stream.sendTrailers(trailerFields(this.#trailers))),
    );
    stream.on(
      "data",
      contained(this, (bytes: Buffer) => this.#onData(bytes)),
    );
    stream.on(
      "drain",
      contained(this, () => this.#sink?.requestDrained()),
    );
    stream.on(
      "end",
      contained(this, () => this.#onEnd()),
    );
    stream.on(
      "error",
      contained(this, (error: Error) => this.#fail(codeOf(error))),
    );
    stream.on("close", onClose);
  }

  get id(): number | undefined {
    return this.#stream?.id;
  }

  /** To the connection it has not begun: nothing of the request has left. */
  get isUnsent(): boolean {
    return this.#stream?.state.state === constants.NGHTTP2_STREAM_STATE_IDLE;
  }

  /** Bytes of the request wait for the connection to take them. */
  get isHeldUp(): boolean {
    return (this.#stream?.writableLength ?? 0) > 0;
  }

  // The request.

  sendBody(piece: Piece): boolean {
    const stream = this.#stream;
    if (stream === undefined || !stream.writable || piece.length === 0) return true;
    return stream.write(piece.held());
  }

  sendEnd(trailers: string): void {
    if (this.#isRequestEnded) return;
    this.#isRequestEnded = true;
    this.#trailers = trailers;
    this.#stream?.end();
  }

  flush(): void {}

  keepBody(): KeptBody {
    return new BodyBegin();
  }

  // The answer.

  #onInterim(lines: readonly string[]): void {
    this.#session.alive();
    const head = readAnswerHead(lines);
    if (head === undefined || head.status >= 200) this.#fail("invalidAnswer");
    else this.#sink?.answerHead(head);
  }

  #onHead(lines: readonly string[], flags: number, isHead: boolean): void {
    this.#session.alive();
    const head = readAnswerHead(lines);
    if (head === undefined || head.status < 200 || this.#hasHead || this.#heldHead !== undefined) {
      this.#fail("invalidAnswer");
      return;
    }
    const isBodiless = isHead || head.status === 204 || head.status === 304;
    const isEnd = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    this.#left = isBodiless ? 0 : head.contentLength;
    // As long as nobody has the head, content that must not be there is a refused answer and not a broken stream.
    if (isBodiless && !isEnd) this.#heldHead = head;
    // Clients of gRPC tell an answer of trailers alone by its end, which they have to get with the head as well.
    else this.#giveHead(isEnd && !isBodiless && head.contentLength < 0 ? { ...head, contentLength: 0, isChunked: false } : head);
  }

  #giveHead(head: ResponseHead): void {
    this.#hasHead = true;
    this.#sink?.answerHead(head);
    this.#sink?.answerBatch();
  }

  #onTrailers(lines: readonly string[]): void {
    const trailers = readAnswerTrailers(lines);
    if (trailers === undefined) this.#fail("invalidAnswer");
    else if (trailers.size > 0) this.#answerTrailers = trailers;
  }

  #onData(bytes: Buffer): void {
    this.#session.alive();
    const sink = this.#sink;
    if (sink === undefined) return;
    if (this.#left >= 0 && (this.#left -= bytes.length) < 0) {
      this.#fail("invalidAnswer");
      return;
    }
    sink.answerPiece(new Piece(bytes, 0, bytes.length, undefined));
    this.#sink?.answerBatch();
  }

  #onEnd(): void {
    if (!this.#isWhole) return;
    const held = this.#heldHead;
    this.#heldHead = undefined;
    if (held !== undefined) this.#giveHead(held);
    if (!this.#hasHead || this.#left > 0) {
      this.#fail("invalidAnswer");
      return;
    }
    const sink = this.#sink;
    this.#sink = undefined;
    // An answer that does not wait for the rest of the request makes it useless (RFC 9113 §8.1).
    if (!this.#isRequestEnded) this.#stream?.close(constants.NGHTTP2_NO_ERROR);
    if (sink !== undefined) endAnswer(sink, this.#answerTrailers);
  }

  broke(error: unknown): void {
    const sink = this.#sink;
    this.leave();
    if (sink !== undefined) sink.broke(error);
    else logError("a stream to a service failed inside the gateway", error);
  }

  pause(): void {
    this.isPaused = true;
    this.#stream?.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.#stream?.resume();
  }

  leave(): void {
    this.#sink = undefined;
    const stream = this.#stream;
    if (stream === undefined) {
      this.#session.forget(this);
      return;
    }
    // What was not read is let go, or the stream would never end.
    stream.resume();
    stream.close(constants.NGHTTP2_CANCEL);
  }

  #fail(code: FailureCode): void {
    // A stream is refused by Node as well, where its session is dead after an error of the service: on it, the second try
    // would come to nothing as the first did.
    if (code === "invalidAnswer" || (code === "refusedStream" && !this.#hasHead)) this.#session.distrust();
    const sink = this.#sink;
    if (this.#stream === undefined) this.#session.forget(this);
    else if (!this.#stream.closed) this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#sink = undefined;
    if (sink === undefined) return;
    const isRefused = code === "refusedStream" || this.#session.isRefused(this.#stream?.id);
    // What has begun is not done again.
    const shown = !isRefused ? code : this.#hasHead ? "ECONNRESET" : "refusedStream";
    failAnswer(sink, shown, !this.#hasHead && this.#session.isLost);
  }
}

/** RFC 9113 §7, in words of ours where the gateway acts on them. */
function resetCode(code: number | undefined): FailureCode {
  if (code === constants.NGHTTP2_REFUSED_STREAM) return "refusedStream";
  if (code === constants.NGHTTP2_PROTOCOL_ERROR) return "invalidAnswer";
  return code === undefined || code === constants.NGHTTP2_NO_ERROR || code === constants.NGHTTP2_CANCEL
    ? "ECONNRESET"
    : `http2-${code}`;
}

/** Errors of Node that say that nothing was sent, and others. */
function codeOf(error: unknown): FailureCode {
  const { code = "", message = "" } = error as NodeJS.ErrnoException;
  if (code === "ERR_HTTP2_STREAM_ERROR") {
    const name = /NGHTTP2_([A-Z_]+)/.exec(message)?.[1];
    if (name === "REFUSED_STREAM") return "refusedStream";
    if (name === "PROTOCOL_ERROR") return "invalidAnswer";
    return name === "CANCEL" ? "ECONNRESET" : code;
  }
  const isUnsent =
    code === "ERR_HTTP2_GOAWAY_SESSION" || code === "ERR_HTTP2_INVALID_SESSION" || code === "ERR_HTTP2_OUT_OF_STREAMS";
  return isUnsent ? "refusedStream" : code === "" ? "ECONNRESET" : code;
}
