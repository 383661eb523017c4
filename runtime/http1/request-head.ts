import { HeaderList, lineKind, placeSize } from "../fields/header-list.ts";
import {
  connectionOption,
  connectionOptions,
  contentLengthOf,
  FieldSectionReader,
  hasMember,
  isWord,
  type Reading,
  reading,
} from "./field-section.ts";
import { ReceivedNames } from "./name-rules.ts";
import { octet, octetClass } from "./octets.ts";

/** Bounds of a request head. */
export interface HeadLimits {
  /** Bytes of request line and field lines together. */
  readonly headBytes: number;
  readonly fieldLines: number;
}

/** The head of a request as it came (RFC 9112 §3). */
export interface RequestHead {
  readonly method: string;
  /** As sent. */
  readonly target: string;
  /** Minor version of HTTP/1: 0 or 1. */
  readonly minor: number;
  readonly headers: HeaderList;
  /** Number of `Host` lines, and the value of the last. */
  readonly hosts: number;
  readonly host: string;
  /** Bytes; -1: not announced. */
  readonly contentLength: number;
  readonly isChunked: boolean;
  readonly expects: "nothing" | "continue" | "other";
  /** Bits of `connectionOption`. */
  readonly connection: number;
  /** Value of `Upgrade` where `Connection` lists it and the version has it (RFC 9110 §7.8); empty otherwise. */
  readonly upgrade: string;
  /** There is a `Via`. */
  readonly hasVia: boolean;
  /** The client takes trailers: `TE` lists them, alone or beside codings (RFC 9110 §10.1.4). */
  readonly takesTrailers: boolean;
}

/**
 * Reads request heads. One serves all connections of a listener: between calls it keeps nothing but the last result.
 */
export class RequestHeadReader extends FieldSectionReader {
  /** Set where `complete` was returned. */
  head: RequestHead | undefined = undefined;
  readonly #headBytes: number;
  readonly #claims: ReceivedNames;
  #hosts = 0;
  #hostStart = 0;
  #hostEnd = 0;
  #contentLength = -1;
  #isChunked = false;
  #expects: RequestHead["expects"] = "nothing";
  #connection = 0;
  #hasUpgrade = false;
  #takesTrailers = false;
  #hasVia = false;

  /** `claims`: rules for names of fields that are forwarded only where they are kept. */
  constructor({ headBytes, fieldLines }: HeadLimits, claims: readonly string[] = []) {
    super(fieldLines);
    this.#headBytes = headBytes;
    this.#claims = new ReceivedNames(["x-real-ip", "x-forwarded-*", ...claims]);
  }

  /** Reads the head that begins at `start`. `partial`: more bytes are needed. */
  read(bytes: Buffer, start: number, end: number): Reading {
    const limit = Math.min(end, start + this.#headBytes);
    const result = this.#read(bytes, start, limit);
    if (result !== reading.partial || limit === end) return result;
    const hasLine = bytes.subarray(start, limit).includes("\r\n", 0, "latin1");
    return this.refuse(hasLine ? "head-too-large" : "target-too-long");
  }

  #read(bytes: Buffer, start: number, end: number): Reading {
    const { classes } = this;
    let at = start;
    while (at < end && (classes[bytes[at]!]! & octetClass.token) !== 0) at++;
    if (at >= end) return at - start > 32 ? this.refuse("bad-request-line") : reading.partial;
    if (bytes[at] !== octet.space || at === start || at - start > 32) return this.refuse("bad-request-line");
    const methodEnd = at++;
    while (at < end && (classes[bytes[at]!]! & octetClass.target) !== 0) at++;
    if (at >= end) return reading.partial;
    if (bytes[at] !== octet.space || at === methodEnd + 1) return this.refuse("bad-request-line");
    const targetEnd = at++;
    if (at + 10 > end) return isVersionBegun(bytes, at, end) ? reading.partial : this.refuse("bad-request-line");
    const minor = versionAt(bytes, at);
    if (minor < 0) return this.refuse(minor === -2 ? "bad-version" : "bad-request-line");
    if (bytes[at + 8] !== octet.cr || bytes[at + 9] !== octet.lf) return this.refuse("bad-request-line");
    this.#hosts = 0;
    this.#contentLength = -1;
    this.#isChunked = false;
    this.#expects = "nothing";
    this.#connection = 0;
    this.#hasUpgrade = false;
    this.#takesTrailers = false;
    this.#hasVia = false;
    const result = this.readFields(bytes, at + 10, end, start);
    if (result !== reading.complete) return result;
    // RFC 9112 §6.1: such a message is an attempt at smuggling until proven otherwise.
    if (this.#isChunked && this.#contentLength >= 0) return this.refuse("ambiguous-length");
    if (this.#isChunked && minor === 0) return this.refuse("bad-transfer-encoding");
    const text = bytes.toString("latin1", start, this.end);
    if ((this.#connection & connectionOption.nominates) !== 0) markNominated(text, this.places);
    const headers = HeaderList.received(text, this.places, this.lengths);
    const asksUpgrade = this.#hasUpgrade && (this.#connection & connectionOption.upgrade) !== 0 && minor === 1;
    this.head = {
      method: text.slice(0, methodEnd - start),
      target: text.slice(methodEnd + 1 - start, targetEnd - start),
      minor,
      headers,
      hosts: this.#hosts,
      host: this.#hosts === 0 ? "" : text.slice(this.#hostStart - start, this.#hostEnd - start),
      contentLength: this.#contentLength,
      isChunked: this.#isChunked,
      expects: this.#expects,
      connection: this.#connection,
      upgrade: asksUpgrade ? headers.joined("upgrade", ", ")! : "",
      hasVia: this.#hasVia,
      takesTrailers: this.#takesTrailers,
    };
    return reading.complete;
  }

  /** By length first: most names are known to be ordinary after one comparison of numbers. */
  protected override classify(bytes: Uint8Array, name: number, nameEnd: number, value: number, valueEnd: number): number {
    switch (nameEnd - name) {
      case 2:
        if (!isWord(bytes, name, "te")) break;
        this.#takesTrailers ||= hasMember(bytes, value, valueEnd, "trailers");
        return lineKind.connection;
      case 3:
        this.#hasVia ||= isWord(bytes, name, "via");
        break;
      case 4:
        if (!isWord(bytes, name, "host")) break;
        this.#hosts++;
        this.#hostStart = value;
        this.#hostEnd = valueEnd;
        return lineKind.connection;
      case 6:
        if (!isWord(bytes, name, "expect")) break;
        this.#expects = valueEnd - value === 12 && isWord(bytes, value, "100-continue") ? "continue" : "other";
        return lineKind.connection;
      case 7:
        if (isWord(bytes, name, "trailer")) return lineKind.connection;
        if (!isWord(bytes, name, "upgrade")) break;
        this.#hasUpgrade = true;
        return lineKind.connection;
      case 9:
        if (isWord(bytes, name, "forwarded")) return lineKind.forwarding;
        break;
      case 10:
        if (isWord(bytes, name, "keep-alive")) return lineKind.connection;
        if (!isWord(bytes, name, "connection")) break;
        this.#connection |= connectionOptions(bytes, value, valueEnd);
        return lineKind.connection;
      case 14:
        if (isWord(bytes, name, "http2-settings")) return lineKind.connection;
        if (!isWord(bytes, name, "content-length", true)) break;
        // To a service that knows fields as variables (RFC 3875 §4.1.18) `Content_Length` is the length.
        if (bytes[name + 7] !== octet.hyphen) return this.refuse("bad-content-length");
        if (this.#contentLength >= 0) return this.refuse("bad-content-length");
        this.#contentLength = contentLengthOf(bytes, value, valueEnd);
        return this.#contentLength < 0 ? this.refuse("bad-content-length") : lineKind.connection;
      case 15:
        if (isWord(bytes, name, "x-forwarded-for")) return lineKind.forwarding;
        break;
      case 16:
        if (isWord(bytes, name, "proxy-connection")) return lineKind.connection;
        if (isWord(bytes, name, "x-forwarded-host") || isWord(bytes, name, "x-forwarded-port")) return lineKind.forwarding;
        break;
      case 17:
        if (isWord(bytes, name, "x-forwarded-proto")) return lineKind.forwarding;
        if (!isWord(bytes, name, "transfer-encoding", true)) break;
        if (bytes[name + 8] !== octet.hyphen) return this.refuse("bad-transfer-encoding");
        if (this.#isChunked || valueEnd - value !== 7 || !isWord(bytes, value, "chunked"))
          return this.refuse("bad-transfer-encoding");
        this.#isChunked = true;
        return lineKind.connection;
      case 19:
        if (isWord(bytes, name, "proxy-authorization")) return lineKind.connection;
        break;
    }
    // `X_Forwarded_For` too: nobody has a reason to send it but to be believed where `X-Forwarded-For` is checked.
    return this.#claims.has(bytes, name, nameEnd) ? lineKind.claim : lineKind.endToEnd;
  }
}

/** Minor version of `HTTP/1.x` at this place; -2: another version; -1: no version at all (RFC 9112 §2.3). */
export function versionAt(bytes: Uint8Array, at: number): number {
  // "HTTP/" is case-sensitive.
  if (bytes[at] !== 0x48 || bytes[at + 1] !== 0x54 || bytes[at + 2] !== 0x54 || bytes[at + 3] !== 0x50) return -1;
  if (bytes[at + 4] !== 0x2f || bytes[at + 6] !== 0x2e || !isDigit(bytes[at + 5]!) || !isDigit(bytes[at + 7]!)) return -1;
  if (bytes[at + 5] !== 0x31) return -2;
  const minor = bytes[at + 7]! - 0x30;
  return minor > 1 ? -2 : minor;
}

/** Whether what is there of the version and its line end can still become one. */
export function isVersionBegun(bytes: Uint8Array, at: number, end: number): boolean {
  const shape = "HTTP/0.0\r\n";
  for (let index = 0; at + index < end; index++) {
    const code = bytes[at + index]!;
    if (index === 5 || index === 7 ? !isDigit(code) : code !== shape.charCodeAt(index)) return false;
  }
  return true;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** What `Connection` names is for the gateway alone (RFC 9110 §7.6.1). Names that a service needs are not its to name. */
export function markNominated(text: string, places: number[]): void {
  const names = new Set<string>();
  for (let at = 0; at < places.length; at += placeSize) {
    if (text.slice(places[at], places[at + 1]).toLowerCase() !== "connection") continue;
    for (const option of text.slice(places[at + 2], places[at + 3]).split(",")) names.add(option.trim().toLowerCase());
  }
  for (let at = 0; at < places.length; at += placeSize) {
    if (names.has(text.slice(places[at], places[at + 1]).toLowerCase())) places[at + 4] = lineKind.connection;
  }
}
