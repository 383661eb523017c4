import { Pieces } from "../../../calls/pieces.ts";

/** One event of a watch (Kubernetes API Concepts, Efficient detection of changes). */
export interface WatchEvent {
  /** `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`, `ERROR`, or what later servers send. */
  readonly type: string;
  readonly object: unknown;
}

/** Bytes of one event at most: a slice has 1,000 endpoints at most, of a kilobyte and less. */
const longestEvent = 4 * 1024 * 1024;

const lineFeed = 0x0a;

/** Puts events together that come in pieces: each is a line of JSON, and pieces end wherever they do, also within a character. */
export class WatchEvents {
  readonly #each: (event: WatchEvent) => void;
  readonly #pieces = new Pieces();

  constructor(each: (event: WatchEvent) => void) {
    this.#each = each;
  }

  /** Throws where it is no event, and what `each` throws. */
  add(piece: Buffer): void {
    let from = 0;
    for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, from)) {
      this.#keep(piece.subarray(from, end));
      from = end + 1;
      const text = this.#pieces.take().toString("utf8").trim();
      if (text !== "") this.#each(eventOf(text));
    }
    if (from < piece.length) this.#keep(piece.subarray(from));
  }

  #keep(part: Buffer): void {
    this.#pieces.add(part);
    if (this.#pieces.length > longestEvent) throw new Error(`an event of the watch is longer than ${longestEvent} bytes`);
  }
}

function eventOf(text: string): WatchEvent {
  const value: unknown = parsed(text);
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "type") || !Object.hasOwn(value, "object"))
    throw new Error("what the watch says is no event with `type` and `object`");
  // An object that has both.
  const { type, object } = value as { readonly type: unknown; readonly object: unknown };
  return { type: String(type), object };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("what the watch says is no JSON");
  }
}
