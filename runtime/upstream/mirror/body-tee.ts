import type { Hold } from "../../body/hold.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { ClientFront } from "../../http/client-front.ts";
import type { ClientTransport } from "../../http/client-transport.ts";
import type { BodySink } from "../../http1/incoming-body.ts";
import type { Piece } from "../../http1/read-buffer.ts";

/** What becomes of the bytes that a tee keeps. */
export interface TeeEnd {
  whole(bytes: Buffer): void;
  lost(why: "body" | "memory"): void;
}

/** In front of a client: keeps a copy of its body while that goes where it would have gone, at its pace. */
export class BodyTee extends ClientFront implements BodySink {
  readonly #hold: Hold;
  readonly #most: number;
  readonly #end: TeeEnd;
  #sink: BodySink | undefined = undefined;
  #pieces: Buffer[] = [];
  #length = 0;
  #isOver = false;

  /** `hold`: of the request, at whose end it is given back. `most`: bytes. */
  constructor(client: ClientTransport, hold: Hold, most: number, end: TeeEnd) {
    super(client);
    this.#hold = hold;
    this.#most = most;
    this.#end = end;
  }

  override readBody(sink: BodySink): void {
    this.#sink = sink;
    super.readBody(this);
  }

  bodyPiece(piece: Piece): void {
    if (!this.#isOver) this.#keep(piece);
    this.#sink!.bodyPiece(piece);
  }

  bodyBatch(): void {
    this.#sink!.bodyBatch();
  }

  bodyEnd(trailers: HeaderList | undefined): void {
    this.#sink!.bodyEnd(trailers);
    if (this.#isOver) return;
    const bytes = Buffer.concat(this.#pieces, this.#length);
    this.#letGo();
    this.#end.whole(bytes);
  }

  /** A copy of the bytes: whoever reads on need not find another buffer. */
  #keep({ buffer, start, end, length }: Piece): void {
    if (this.#length + length > this.#most) this.#lose("body");
    else if (length > this.#hold.left) this.#lose("memory");
    else {
      this.#hold.take(length);
      this.#length += length;
      this.#pieces.push(Buffer.from(buffer.subarray(start, end)));
    }
  }

  #lose(why: "body" | "memory"): void {
    this.#letGo();
    this.#end.lost(why);
  }

  #letGo(): void {
    this.#isOver = true;
    this.#hold.give(this.#length);
    this.#pieces = [];
  }
}
