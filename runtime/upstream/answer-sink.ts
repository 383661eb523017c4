import type { HeaderList } from "../fields/header-list.ts";
import type { Piece } from "../http1/read-buffer.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import { type Contained, contain } from "../life/boundary.ts";

/** Why there is no answer, or no end of it: an errno code, or one of ours. `refusedStream`: the service did nothing. `deadline`: nobody waits any more. */
export type FailureCode = string;

/** Who sent a request to a service and waits for its answer. */
export interface AnswerSink extends Contained {
  /** Interim answers among them (RFC 9110 §15.2). */
  answerHead(head: ResponseHead): void;
  answerPiece(piece: Piece): void;
  /** Called after each batch of pieces: time to flush. */
  answerBatch(): void;
  answerEnd(trailers: HeaderList | undefined): void;
  /** `isStale`: the connection had served before and broke before the first byte of this answer. */
  answerFailed(code: FailureCode, isStale: boolean): void;
  /** What was written has left: more of the request may be written. */
  requestDrained(): void;
}

/** The last that a sink hears: what carried the request is somebody else's by now, and must not end with it. */
export function endAnswer(sink: AnswerSink, trailers: HeaderList | undefined): void {
  try {
    sink.answerEnd(trailers);
  } catch (error) {
    contain(sink, error);
  }
}

/** See `endAnswer`. */
export function failAnswer(sink: AnswerSink, code: FailureCode, isStale: boolean): void {
  try {
    sink.answerFailed(code, isStale);
  } catch (error) {
    contain(sink, error);
  }
}
