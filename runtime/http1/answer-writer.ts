import { STATUS_CODES } from "node:http";
import type { HeaderList } from "../fields/header-list.ts";
import { fieldText } from "./field-text.ts";
import type { Outbox } from "./outbox.ts";
import type { Piece } from "./read-buffer.ts";

/** What the end of an answer's head says of the connection (RFC 9112 §9.3). */
export interface AnswerFraming {
  /** Bytes, `unknown` until the end comes, or `none` where the answer has no body (RFC 9110 §6.4.1). */
  readonly bodyLength: number | "unknown" | "none";
  readonly isHead: boolean;
  /** Minor version of HTTP/1 of the request: 0 or 1. */
  readonly minor: number;
  /** The connection ends behind the answer. */
  readonly isLast: boolean;
  /** `Date` with its CRLF, for an answer that has none. */
  readonly dateLine: string;
}

/** Writes answers, one after the other (RFC 9112 §4, §6, §7). */
export class AnswerWriter {
  /** The end of the connection is the end of the answer. */
  isClosedByEnd = false;
  readonly #outbox: Outbox;
  #isChunked = false;
  #isBodiless = false;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Throws a `FieldError`, and has written nothing, where a field cannot be sent. */
  head(status: number, headers: HeaderList, { bodyLength, isHead, minor, isLast, dateLine }: AnswerFraming): void {
    let text = statusLine(status) + fieldText(headers);
    if (!headers.has("date")) text += dateLine;
    this.#isBodiless = isHead || status === 205 || status === 304 || bodyLength === "none";
    this.#isChunked = this.isClosedByEnd = false;
    if (typeof bodyLength === "number") text += `Content-Length: ${bodyLength}\r\n`;
    else if (bodyLength === "unknown" && !this.#isBodiless) {
      if (minor === 1) {
        this.#isChunked = true;
        text += "Transfer-Encoding: chunked\r\n";
      } else this.isClosedByEnd = true;
    }
    // RFC 9110 §7.8: who sends `Upgrade` names it in `Connection`. One that the service sent does not pass.
    if (status === 101 || (status === 426 && headers.added.includes("Upgrade"))) text += "Connection: Upgrade\r\n";
    if (isLast || this.isClosedByEnd) text += "Connection: close\r\n";
    else if (minor === 0) text += "Connection: keep-alive\r\n";
    this.#outbox.text(`${text}\r\n`);
  }

  interim(status: number, headers: HeaderList | undefined): void {
    this.#outbox.text(`${statusLine(status)}${headers === undefined ? "" : fieldText(headers)}\r\n`);
    this.#outbox.send();
  }

  /** False: wait until the other side has caught up. */
  body(piece: Piece): boolean {
    const outbox = this.#outbox;
    if (this.#isBodiless || piece.length === 0) return true;
    if (this.#isChunked) {
      outbox.text(`${piece.length.toString(16)}\r\n`);
      outbox.piece(piece);
      outbox.text("\r\n");
    } else outbox.piece(piece);
    return !outbox.isFull;
  }

  end(trailers: HeaderList | undefined): void {
    if (this.#isChunked && !this.#isBodiless) this.#outbox.text(`0\r\n${trailers === undefined ? "" : fieldText(trailers)}\r\n`);
    this.#outbox.flush();
  }
}

const statusLine = (status: number): string =>
  status === 200 ? "HTTP/1.1 200 OK\r\n" : `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unassigned"}\r\n`;
