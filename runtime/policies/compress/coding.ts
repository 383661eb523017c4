import type { AnswerStream } from "../../exchange/answer-hooks.ts";

/** A content coding that answers can get. */
export interface Coding {
  readonly __made: true;
  /** As in `Content-Encoding`. */
  readonly name: "br" | "gzip" | "zstd";
  /** It can be made of parts of an answer, as they come. */
  readonly canStream: boolean;
  /** The whole of a body in one call: a hand-over to another thread and back would take longer. */
  whole(bytes: Uint8Array): Uint8Array;
  /** `noRoom` is called where there is no memory for it. */
  stream(noRoom: () => void): CodingStream;
}

/** The same for longer bodies that are there as a whole, in threads of zlib: nothing else waits for it. */
export interface LongCoding {
  readonly __made: true;
  readonly name: Coding["name"];
  /** Of memory, beside the result. */
  readonly bytes: number;
  make(body: Uint8Array): Promise<Uint8Array>;
}

export interface CodingStream extends AnswerStream {
  /** Nobody wants the rest. */
  close?(): void;
}

export interface CodingConfig {
  readonly level: number;
}
