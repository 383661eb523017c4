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

export interface CodingStream extends AnswerStream {
  /** Nobody wants the rest. */
  close?(): void;
}

export interface CodingConfig {
  readonly level: number;
}
