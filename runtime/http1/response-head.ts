import { HeaderList, lineKind } from "../fields/header-list.ts";
import {
  connectionOption,
  connectionOptions,
  contentLengthOf,
  FieldSectionReader,
  isWord,
  type Reading,
  reading,
} from "./field-section.ts";
import { octet, octetClass } from "./octets.ts";
import { type HeadLimits, isVersionBegun, markNominated, versionAt } from "./request-head.ts";

/** The head of an answer as it came (RFC 9112 §4). */
export interface ResponseHead {
  readonly status: number;
  /** Minor version of HTTP/1: 0 or 1. */
  readonly minor: number;
  readonly headers: HeaderList;
  /** Bytes; -1: not announced. */
  readonly contentLength: number;
  readonly isChunked: boolean;
  /** Bits of `connectionOption`. */
  readonly connection: number;
  /** There is `Location` or `Content-Location`. */
  readonly hasLocation: boolean;
}

/** Reads heads of answers, as strictly as those of requests. */
export class ResponseHeadReader extends FieldSectionReader {
  /** Set where `complete` was returned. */
  head: ResponseHead | undefined = undefined;
  readonly #headBytes: number;
  #contentLength = -1;
  #isChunked = false;
  #connection = 0;
  #hasLocation = false;

  constructor({ headBytes, fieldLines }: HeadLimits) {
    super(fieldLines);
    this.#headBytes = headBytes;
  }

  /** Reads the head that begins at `start`. `partial`: more bytes are needed. */
  read(bytes: Buffer, start: number, end: number): Reading {
    const limit = Math.min(end, start + this.#headBytes);
    const result = this.#read(bytes, start, limit);
    return result === reading.partial && limit !== end ? this.refuse("head-too-large") : result;
  }

  #read(bytes: Buffer, start: number, end: number): Reading {
    if (start + 10 > end) return isVersionBegun(bytes, start, Math.min(end, start + 8)) ? reading.partial : this.#badStatusLine();
    const minor = versionAt(bytes, start);
    if (minor < 0 || bytes[start + 8] !== octet.space) return this.#badStatusLine();
    if (start + 13 > end) return reading.partial;
    const status = contentLengthOf(bytes, start + 9, start + 12);
    // HTTP/1.0 has no interim answers (RFC 9110 §15.2).
    if (status < (minor === 0 ? 200 : 100) || status > 599) return this.#badStatusLine();
    let at = start + 12;
    // The reason may be absent together with its space, which common servers leave out.
    if (bytes[at] === octet.space) {
      const { classes } = this;
      while (at < end && (classes[bytes[at]!]! & octetClass.value) !== 0) at++;
    }
    if (at + 1 >= end) return at < end && bytes[at] !== octet.cr ? this.#badStatusLine() : reading.partial;
    if (bytes[at] !== octet.cr || bytes[at + 1] !== octet.lf) return this.#badStatusLine();
    this.#contentLength = -1;
    this.#isChunked = false;
    this.#connection = 0;
    this.#hasLocation = false;
    const result = this.readFields(bytes, at + 2, end, start);
    if (result !== reading.complete) return result;
    if (this.#isChunked && this.#contentLength >= 0) return this.refuse("ambiguous-length");
    // No chunks in HTTP/1.0, and none in an interim answer (RFC 9112 §6.1). A 204 has no content whatever it says (§6.3).
    if (this.#isChunked && (minor === 0 || status < 200)) return this.refuse("bad-transfer-encoding");
    const text = bytes.toString("latin1", start, this.end);
    if ((this.#connection & connectionOption.nominates) !== 0) markNominated(text, this.places);
    this.head = {
      status,
      minor,
      headers: HeaderList.received(text, this.places, this.lengths),
      contentLength: this.#contentLength,
      isChunked: this.#isChunked,
      connection: this.#connection,
      hasLocation: this.#hasLocation,
    };
    return reading.complete;
  }

  #badStatusLine(): -1 {
    return this.refuse("bad-status-line");
  }

  protected override classify(bytes: Uint8Array, name: number, nameEnd: number, value: number, valueEnd: number): number {
    switch (nameEnd - name) {
      case 7:
        return isWord(bytes, name, "trailer") || isWord(bytes, name, "upgrade") ? lineKind.connection : lineKind.endToEnd;
      case 8:
        this.#hasLocation ||= isWord(bytes, name, "location");
        break;
      case 10:
        if (isWord(bytes, name, "keep-alive")) return lineKind.connection;
        if (!isWord(bytes, name, "connection")) break;
        this.#connection |= connectionOptions(bytes, value, valueEnd);
        return lineKind.connection;
      case 14:
        if (!isWord(bytes, name, "content-length")) break;
        if (this.#contentLength >= 0) return this.refuse("bad-content-length");
        this.#contentLength = contentLengthOf(bytes, value, valueEnd);
        // A length stays where policies look for it; the transport writes its own.
        return this.#contentLength < 0 ? this.refuse("bad-content-length") : lineKind.endToEnd;
      case 16:
        this.#hasLocation ||= isWord(bytes, name, "content-location");
        return isWord(bytes, name, "proxy-connection") ? lineKind.connection : lineKind.endToEnd;
      case 17:
        if (!isWord(bytes, name, "transfer-encoding")) break;
        if (this.#isChunked || valueEnd - value !== 7 || !isWord(bytes, value, "chunked"))
          return this.refuse("bad-transfer-encoding");
        this.#isChunked = true;
        return lineKind.connection;
      case 18:
        return isWord(bytes, name, "proxy-authenticate") ? lineKind.connection : lineKind.endToEnd;
    }
    return lineKind.endToEnd;
  }
}
