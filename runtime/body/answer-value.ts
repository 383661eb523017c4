import type { AnswerHooks, AnswerStream, AnswerWish } from "../exchange/answer-hooks.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { AnswerContent } from "./answer-content.ts";
import { contentCodings } from "./content-coding.ts";
import { EventStreamReader } from "./event-stream-reader.ts";
import { defaultMaxDepth } from "./json.ts";
import { isJson, mediaTypeOf } from "./json-type.ts";

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
export class AnswerValue implements AnswerHooks, AnswerWish, AnswerStream {
  readonly as = "seen";
  readonly changes = false;
  readonly maxBytes: number;
  readonly #config: AnswerValueConfig;
  #content: AnswerContent | undefined = undefined;
  #events: EventStreamReader | undefined = undefined;

  constructor(config: AnswerValueConfig) {
    this.#config = config;
    this.maxBytes = config.maxBytes;
  }

  answerHead({ answer }: Exchange): AnswerWish | undefined {
    return isJson(mediaTypeOf(answer!.headers)) ? this : undefined;
  }

  /** A stream that is packed all the same cannot be read event by event. */
  answerStream({ answer }: Exchange): AnswerStream | undefined {
    const { headers } = answer!;
    const codings = contentCodings(headers)?.trim().toLowerCase() ?? "identity";
    if (mediaTypeOf(headers) !== "text/event-stream" || codings !== "identity") return undefined;
    this.#events = new EventStreamReader(this.#config.paths);
    return this;
  }

  begun(content: AnswerContent): void {
    this.#content = content;
  }

  piece(buffer: Buffer, start: number, end: number): undefined {
    this.#events!.add(buffer, start, end);
  }

  /** At the end of the answer, also of one that broke off. Undefined where there is none that can be read. */
  read(): unknown {
    if (this.#events !== undefined) return this.#events.last();
    const content = this.#content;
    if (content === undefined || content.length === 0) return undefined;
    const read = content.json(this.maxBytes, defaultMaxDepth);
    content.settled();
    return read?.value;
  }
}
