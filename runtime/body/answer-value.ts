import type { Exchange } from "../exchange/exchange.ts";
import type { AnswerWatcher } from "../exchange/watched-answer.ts";
import { contentCodings, decodeContent } from "./content-coding.ts";
import { EventStreamReader } from "./event-stream-reader.ts";
import { parseJson } from "./json.ts";

export interface AnswerValueConfig {
  /**
   * What is looked for, as the names that lead to it: `["usage", "total_tokens"]`. Of an event stream, the last event that has
   * the names of one of them counts.
   */
  readonly paths: readonly (readonly string[])[];
  /** Bytes of a JSON body at most; of more there is no value. */
  readonly maxBytes: number;
}

/** The JSON value of an answer that goes to the client as it comes: of its body, or of an event in its stream. */
export class AnswerValue implements AnswerWatcher {
  readonly #x: Exchange;
  readonly #config: AnswerValueConfig;
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #codings: string | undefined = undefined;
  #isLost = false;
  #events: EventStreamReader | undefined = undefined;

  constructor(x: Exchange, config: AnswerValueConfig) {
    this.#x = x;
    this.#config = config;
  }

  head({ answer, method }: Exchange): boolean {
    const { status, headers } = answer!;
    if (method === "HEAD" || status === 204 || status === 304) return false;
    const type = (headers.get("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
    this.#codings = contentCodings(headers);
    if (type === "text/event-stream") {
      // A stream that is packed all the same cannot be read event by event.
      if (this.#codings !== undefined && this.#codings.trim().toLowerCase() !== "identity") return false;
      this.#events = new EventStreamReader(this.#config.paths);
      return true;
    }
    return /^application\/(?:[\w.!#$&^-]+\+)?json$/.test(type);
  }

  piece(buffer: Buffer, start: number, end: number): void {
    if (this.#events !== undefined) return this.#events.add(buffer, start, end);
    if (this.#isLost) return;
    const bytes = end - start;
    if (this.#length + bytes > this.#config.maxBytes || !this.#x.hold(bytes)) return this.#lose();
    this.#length += bytes;
    this.#pieces.push(Buffer.from(buffer.subarray(start, end)));
  }

  #lose(): void {
    this.#isLost = true;
    this.#pieces.length = 0;
    this.#x.letGo(this.#length);
  }

  /** At the end of the answer, also of one that broke off. Undefined where there is none that can be read. */
  read(): unknown {
    if (this.#events !== undefined) return this.#events.last();
    if (this.#isLost || this.#length === 0) return undefined;
    const { maxBytes } = this.#config;
    const plain = decodeContent(Buffer.concat(this.#pieces), this.#codings, maxBytes);
    this.#lose();
    return plain.problem === undefined ? parseJson(plain.value).value : undefined;
  }
}
