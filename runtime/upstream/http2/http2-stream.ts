import { type ClientHttp2Stream, constants, type IncomingHttpStatusHeader } from "node:http2";
import { HeaderList } from "../../header-list.ts";
import { droppedTrailers } from "../../http1/chunked-body.ts";
import { contentLengthOf } from "../../http1/field-section.ts";
import { Piece } from "../../http1/read-buffer.ts";
import type { Carrier, CarrierOptions, KeptBody } from "../carrier.ts";
import type { AnswerSink, FailureCode } from "../origin-connection.ts";
import type { Http2Session } from "./http2-session.ts";
import { BodyBegin } from "./kept-body.ts";
import { requestFields, trailerFields } from "./request-fields.ts";

type Status = IncomingHttpStatusHeader;

/** One request on a connection of HTTP/2 (RFC 9113 §8.1). */
export class Http2Stream implements Carrier {
  readonly #session: Http2Session;
  #stream: ClientHttp2Stream | undefined = undefined;
  /** Undefined: nobody waits any more. */
  #sink: AnswerSink | undefined = undefined;
  #isRequestEnded = false;
  #trailers = "";
  #hasHead = false;
  /** The service said that the answer is whole (END_STREAM), which a reset does not say. */
  #isWhole = false;
  /** Bytes that the answer announces and that did not come yet; -1: not announced. */
  #left = -1;
  #answerTrailers: HeaderList | undefined = undefined;
  isPaused = false;

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
      process.nextTick(() => this.#fail(codeOf(error)));
      return;
    }
    this.#stream = stream;
    this.#isRequestEnded = endStream;
    const push = stream.push;
    // Node ends the answer in the same way where the stream was reset without an error, and where its end came.
    stream.push = (chunk: unknown) => {
      if (chunk === null && !stream.closed) this.#isWhole = true;
      return push.call(stream, chunk);
    };
    // The third argument are the fields as they came, which the types of Node leave out.
    stream.on("headers", (headers: Status, _flags: number, raw: string[]) => this.#onInterim(headers, raw));
    stream.on("response", (headers: Status, _flags: number, raw: string[]) => this.#onHead(headers, raw, isHead));
    stream.on("trailers", (_headers: object, _flags: number, raw: string[]) => {
      this.#answerTrailers = trailerList(raw);
    });
    stream.on("wantTrailers", () => stream.sendTrailers(trailerFields(this.#trailers)));
    stream.on("data", (bytes: Buffer) => this.#onData(bytes));
    stream.on("drain", () => this.#sink?.requestDrained());
    stream.on("end", () => this.#onEnd());
    stream.on("error", (error) => this.#fail(codeOf(error)));
    stream.on("close", () => {
      this.#session.forget(this);
      this.#fail(resetCode(stream.rstCode));
    });
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

  #onInterim(headers: Status, raw: string[]): void {
    this.#session.alive();
    this.#sink?.answerHead(answerHead(Number(headers[":status"]), raw));
  }

  #onHead(headers: Status, raw: string[], isHead: boolean): void {
    this.#session.alive();
    const head = answerHead(Number(headers[":status"]), raw);
    this.#hasHead = true;
    const isBodiless = isHead || head.status === 204 || head.status === 304;
    this.#left = isBodiless ? 0 : head.contentLength;
    this.#sink?.answerHead(head);
    this.#sink?.answerBatch();
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
    if (!this.#hasHead || this.#left > 0) {
      this.#fail("invalidAnswer");
      return;
    }
    const sink = this.#sink;
    this.#sink = undefined;
    // An answer that does not wait for the rest of the request makes it useless (RFC 9113 §8.1).
    if (!this.#isRequestEnded) this.#stream?.close(constants.NGHTTP2_NO_ERROR);
    sink?.answerEnd(this.#answerTrailers);
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
    const sink = this.#sink;
    if (this.#stream === undefined) this.#session.forget(this);
    else if (!this.#stream.closed) this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#sink = undefined;
    const isRefused = code === "refusedStream" || this.#session.isRefused(this.#stream?.id);
    // What has begun is not done again.
    if (this.#hasHead) sink?.answerFailed(isRefused ? "ECONNRESET" : code, false);
    else sink?.answerFailed(isRefused ? "refusedStream" : code, this.#session.isLost);
  }
}

/** Pseudo-fields left out. */
function fieldsOf(raw: readonly string[], isWanted: (name: string) => boolean): HeaderList {
  const lines: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    if (isWanted(raw[index]!)) lines.push(raw[index]!, raw[index + 1]!);
  }
  return new HeaderList(lines);
}

function answerHead(status: number, raw: readonly string[]) {
  const headers = fieldsOf(raw, (name) => !name.startsWith(":") && name !== "proxy-authenticate");
  const announced = headers.get("content-length");
  const contentLength = announced === undefined ? -1 : contentLengthOf(Buffer.from(announced, "latin1"), 0, announced.length);
  return { status, minor: 1, headers, contentLength, isChunked: contentLength < 0, connection: 0 };
}

function trailerList(raw: readonly string[]): HeaderList | undefined {
  const list = fieldsOf(raw, (name) => !name.startsWith(":") && !isOfFraming(name) && !droppedTrailers.includes(name));
  return list.size === 0 ? undefined : list;
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

/** What says where a message ends has no place behind it. */
const isOfFraming = (name: string): boolean => name === "content-length" || name === "transfer-encoding";
