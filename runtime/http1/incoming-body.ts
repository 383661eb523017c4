import type { HeaderList } from "../fields/header-list.ts";
import { ChunkedBody } from "./chunked-body.ts";
import { Piece, type ReadBuffer } from "./read-buffer.ts";

/** Takes the body of a message, piece by piece. */
export interface BodySink {
  bodyPiece(piece: Piece): void;
  /** Called after each batch of pieces, and after the end: time to flush. */
  bodyBatch(): void;
  bodyEnd(trailers: HeaderList | undefined): void;
}

/** The body of the request that a connection deals with (RFC 9112 §6), one after the other. */
export class IncomingBody {
  /** Whoever reads it; undefined: nobody yet, or nobody any more. */
  sink: BodySink | undefined = undefined;
  isPaused = false;
  /** Bytes to come; -1: it comes in chunks. */
  left = 0;
  #chunked: ChunkedBody | undefined = undefined;

  /** `contentLength`: bytes; -1: not announced. */
  begin(contentLength: number, isChunked: boolean): void {
    this.sink = undefined;
    this.isPaused = false;
    this.left = isChunked ? -1 : Math.max(0, contentLength);
    this.#chunked = isChunked ? new ChunkedBody() : undefined;
  }

  /** Every byte was given to a sink, or there is none. */
  get isRead(): boolean {
    return this.left === 0;
  }

  get trailers(): HeaderList | undefined {
    return this.#chunked?.trailers;
  }

  /** Gives what is there. Returns the offset behind what was given; -1 where the framing is wrong. */
  give(sink: BodySink, bytes: Buffer, start: number, end: number, source: ReadBuffer | undefined): number {
    const chunked = this.#chunked;
    if (chunked === undefined) {
      const to = Math.min(end, start + this.left);
      this.left -= to - start;
      sink.bodyPiece(new Piece(bytes, start, to, source));
      return to;
    }
    const to = chunked.read(bytes, start, end);
    if (to < 0) return to;
    if (chunked.isDone) this.left = 0;
    const { ranges } = chunked;
    for (let index = 0; index < ranges.length; index += 2)
      sink.bodyPiece(new Piece(bytes, ranges[index]!, ranges[index + 1]!, source));
    return to;
  }
}
