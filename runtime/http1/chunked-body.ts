import { HeaderList, lineKind } from "../fields/header-list.ts";
import { FieldSectionReader, isWord, type Reading, reading } from "./field-section.ts";
import { octet } from "./octets.ts";

/** Bytes of chunk extensions in one body (RFC 9112 §7.1.1: a recipient bounds them), and of its trailer section. */
const extensionLimit = 1_024;
const trailerLimit = 8_192;

const state = { size: 0, extension: 1, sizeEnd: 2, data: 3, dataEnd: 4, dataEndLf: 5, trailers: 6, done: 7 } as const;

/** Takes chunked bodies apart (RFC 9112 §7.1), however they are cut into pieces. */
export class ChunkedBody {
  /** Ranges of body bytes of the last `read`: begin and end alternate. */
  readonly ranges: number[] = [];
  /** Field lines behind the last chunk; undefined where there are none. */
  trailers: HeaderList | undefined = undefined;
  #state: number = state.size;
  #left = 0;
  #digits = 0;
  #extensionBytes = 0;
  /** Begun extensions of a chunk, behind the first semicolon. */
  #extension = "";
  /** Begun trailer section. */
  #held: Buffer | undefined = undefined;

  /**
   * Reads on. Returns the offset behind what was read, which is `end` unless the body ended before it; -1 where the
   * framing is wrong.
   */
  read(bytes: Buffer, start: number, end: number): number {
    this.ranges.length = 0;
    let at = start;
    while (at < end) {
      switch (this.#state) {
        case state.size: {
          const digit = hexDigit(bytes[at]!);
          if (digit >= 0) {
            // Eight digits count four gigabytes; more are no chunk of a sane sender.
            if (++this.#digits > 8) return -1;
            this.#left = this.#left * 16 + digit;
            at++;
            break;
          }
          if (this.#digits === 0) return -1;
          if (bytes[at] === octet.cr) this.#state = state.sizeEnd;
          else if (bytes[at] === 0x3b) this.#state = state.extension;
          else return -1;
          at++;
          break;
        }
        case state.extension: {
          const code = bytes[at++]!;
          if (code !== octet.cr) {
            if (++this.#extensionBytes > extensionLimit) return -1;
            this.#extension += String.fromCharCode(code);
          } else if (isExtension(this.#extension)) {
            this.#extension = "";
            this.#state = state.sizeEnd;
          } else return -1;
          break;
        }
        case state.sizeEnd:
          if (bytes[at++] !== octet.lf) return -1;
          this.#digits = 0;
          this.#state = this.#left === 0 ? state.trailers : state.data;
          break;
        case state.data: {
          const to = Math.min(end, at + this.#left);
          this.ranges.push(at, to);
          this.#left -= to - at;
          at = to;
          if (this.#left === 0) this.#state = state.dataEnd;
          break;
        }
        case state.dataEnd:
          if (bytes[at++] !== octet.cr) return -1;
          this.#state = state.dataEndLf;
          break;
        case state.dataEndLf:
          if (bytes[at++] !== octet.lf) return -1;
          this.#state = state.size;
          break;
        case state.trailers:
          return this.#readTrailers(bytes, at, end);
        default:
          return at;
      }
    }
    return at;
  }

  get isDone(): boolean {
    return this.#state === state.done;
  }

  #readTrailers(bytes: Buffer, start: number, end: number): number {
    if (this.#held === undefined && end - start >= 2 && bytes[start] === octet.cr && bytes[start + 1] === octet.lf) {
      this.#state = state.done;
      return start + 2;
    }
    const held = this.#held === undefined ? 0 : this.#held.length;
    const section =
      this.#held === undefined ? bytes.subarray(start, end) : Buffer.concat([this.#held, bytes.subarray(start, end)]);
    const reader = new TrailerReader();
    const result = reader.read(section);
    const length = result === reading.partial ? section.length : reader.end;
    if (result === reading.refused || length > trailerLimit) return -1;
    if (result === reading.partial) {
      this.#held = Buffer.from(section);
      return end;
    }
    this.trailers = reader.trailers;
    this.#held = undefined;
    this.#state = state.done;
    return start + reader.end - held;
  }
}

/** The field lines of a whole trailer section; undefined where it cannot be read. */
export function trailersOf(section: Buffer): HeaderList | undefined {
  const reader = new TrailerReader();
  return reader.read(section) === reading.complete ? reader.trailers : undefined;
}

/**
 * Trailer fields (RFC 9110 §6.5). Those that could change where the message ends are refused: nobody sends them in good
 * faith. Which of the others go on, the forwarder decides.
 */
class TrailerReader extends FieldSectionReader {
  trailers: HeaderList | undefined = undefined;

  constructor() {
    super(64);
  }

  read(bytes: Buffer): Reading {
    const result = this.readFields(bytes, 0, bytes.length, 0);
    if (result === reading.complete)
      this.trailers = HeaderList.received(bytes.toString("latin1", 0, this.end), this.places, this.lengths);
    return result;
  }

  protected override classify(bytes: Uint8Array, name: number, nameEnd: number): number {
    const length = nameEnd - name;
    if (length === 14 && isWord(bytes, name, "content-length", true)) return this.refuse("bad-content-length");
    if (length === 17 && isWord(bytes, name, "transfer-encoding", true)) return this.refuse("bad-transfer-encoding");
    return lineKind.endToEnd;
  }
}

/** RFC 9112 §7.1.1, without the white space that only a careless sender writes. */
const isExtension = (text: string): boolean =>
  /^(;[\w!#$%&'*+.^`|~-]+(=([\w!#$%&'*+.^`|~-]+|"([\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"))?)*$/.test(`;${text}`);

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
