import { type Part, type PartHead, type PartLimits, parseHead } from "./multipart-parts.ts";

/** Who the parts are for. Both return what is wrong, in a sentence. */
export interface PartSink {
  /** The content of the part streams past: nobody looks at it. */
  streams(head: PartHead): boolean;
  /** A part that has come as a whole, or the head of one that streams. */
  add(part: Part): string | undefined;
}

/**
 * Reads a `multipart/form-data` body as it comes (RFC 7578). Stricter than RFC 2046 where leniency would let two readers
 * see different parts: nothing before the first boundary or after the last, no white space behind a boundary, CRLF only,
 * no continued field lines, no parts within parts.
 *
 * What is held of the body is given anew with each look, grown at its end, or shortened at its begin by what has passed.
 */
export class MultipartReader {
  /** What is wrong; nothing more is read then. */
  problem: string | undefined = undefined;
  /** The head of a part whose content streams was read. */
  hasStreamed = false;
  /** Bytes from the begin that were read for good. */
  settled = 0;
  readonly #delimiter: Buffer;
  readonly #limits: PartLimits;
  readonly #sink: PartSink;
  #place: "first" | "mark" | "head" | "content" | "file" | "end" = "first";
  /** Where to read on. */
  #at = 0;
  /** Where the head or the content begins. */
  #start = 0;
  #head: PartHead | undefined = undefined;
  #count = 0;

  constructor(boundary: string, limits: PartLimits, sink: PartSink) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
    this.#limits = limits;
    this.#sink = sink;
  }

  /** False: the body is malformed. */
  look(held: Buffer): boolean {
    while (this.problem === undefined && this.#step(held));
    return this.problem === undefined;
  }

  /** Nothing more comes. */
  end(held: Buffer): boolean {
    if (!this.look(held)) return false;
    if (this.#place === "end") {
      const rest = held.length - this.#at;
      const isEnd = rest === 0 || (rest === 2 && held[this.#at] === 0x0d && held[this.#at + 1] === 0x0a);
      return isEnd || this.#refuse("Nothing may follow the final boundary.");
    }
    return this.#refuse(this.#place === "first" ? notBegun : noEnd);
  }

  /** So many bytes are held no more. */
  pass(bytes: number): void {
    this.settled -= bytes;
    this.#at -= bytes;
    this.#start -= bytes;
  }

  /** False: more bytes are needed, or something is wrong. */
  #step(held: Buffer): boolean {
    switch (this.#place) {
      case "first":
        return this.#first(held);
      case "mark":
        return this.#mark(held);
      case "head":
        return this.#readHead(held);
      case "content":
      case "file":
        return this.#content(held);
      case "end":
        return held.length - this.#at > 2 && this.#refuse("Nothing may follow the final boundary.");
    }
  }

  #first(held: Buffer): boolean {
    const first = this.#delimiter.subarray(2);
    if (held.length < first.length) return false;
    if (first.compare(held, 0, first.length) !== 0) return this.#refuse(notBegun);
    this.#at = first.length;
    this.#place = "mark";
    return true;
  }

  /** Behind a boundary. */
  #mark(held: Buffer): boolean {
    const at = this.#at;
    if (held.length < at + 2) return false;
    if (held[at] === 0x2d && held[at + 1] === 0x2d) {
      this.#at = at + 2;
      this.#place = "end";
      return true;
    }
    if (held[at] !== 0x0d || held[at + 1] !== 0x0a) return this.#refuse("A boundary must be followed by a line break.");
    if (this.#count === this.#limits.maxParts) return this.#refuse(`The body has more than ${this.#limits.maxParts} parts.`);
    // Without field lines the blank line follows at once; with some, a line break comes before it.
    this.#start = at + 2;
    this.#place = "head";
    return true;
  }

  #readHead(held: Buffer): boolean {
    const start = this.#start;
    const end = held.indexOf("\r\n\r\n", this.#at, "latin1");
    if ((end < 0 ? held.length - 3 : end) - start > this.#limits.maxHeadBytes)
      return this.#refuse(`The head of part ${this.#count + 1} has more than ${this.#limits.maxHeadBytes} bytes.`);
    if (end < 0) {
      this.#at = Math.max(this.#at, held.length - 3);
      return false;
    }
    const head = parseHead(end < start ? held.subarray(0, 0) : held.subarray(start, end));
    this.#count++;
    if (typeof head === "string") return this.#refuse(`Part ${this.#count}: ${head}`);
    this.#head = head;
    this.#start = end + 4;
    // An empty part ends where its head does.
    this.#at = end + 2;
    this.#place = "content";
    if (!this.#sink.streams(head)) return true;
    this.#place = "file";
    this.hasStreamed = true;
    this.settled = this.#at;
    return this.#add({ ...head, bytes: held.subarray(0, 0) });
  }

  #content(held: Buffer): boolean {
    const delimiter = this.#delimiter;
    const isFile = this.#place === "file";
    const end = held.indexOf(delimiter, this.#at);
    if (end < 0) {
      this.#at = Math.max(this.#at, held.length - delimiter.length + 1);
      if (isFile) this.settled = this.#at;
      return false;
    }
    this.settled = end;
    this.#at = end + delimiter.length;
    this.#place = "mark";
    if (isFile) return true;
    const bytes = end < this.#start ? held.subarray(0, 0) : held.subarray(this.#start, end);
    return this.#add({ ...this.#head!, bytes });
  }

  #add(part: Part): boolean {
    const problem = this.#sink.add(part);
    return problem === undefined || this.#refuse(problem);
  }

  #refuse(problem: string): false {
    this.problem = problem;
    return false;
  }
}

const notBegun = "The body must begin with its first boundary.";
const noEnd = "The final boundary is missing.";
