import { Pieces } from "../../../calls/pieces.ts";

/** Bytes of one line at most: etcd takes requests of 1.5 MiB, of which one transaction has one line. */
const longestLine = 16 * 1024 * 1024;

/** The objects of a stream in which each stands on a line of its own, wherever it is cut. */
export class WatchLines {
  readonly #take: (value: unknown) => void;
  readonly #parts = new Pieces();

  constructor(take: (value: unknown) => void) {
    this.#take = take;
  }

  /** Throws where a line is no JSON, or too long. */
  add(chunk: Buffer): void {
    let begin = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, begin)) {
      this.#parts.add(chunk.subarray(begin, end));
      const line = this.#parts.take().toString("utf8");
      begin = end + 1;
      if (line.trim() !== "") this.#take(JSON.parse(line));
    }
    if (begin === chunk.length) return;
    this.#parts.add(chunk.subarray(begin));
    if (this.#parts.length > longestLine) throw new Error(`etcd sends a line of more than ${longestLine} bytes`);
  }
}
