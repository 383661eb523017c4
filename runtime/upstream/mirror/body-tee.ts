import type { Hold } from "../../body/hold.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import type { ClientTransport } from "../../http/client-transport.ts";
import type { BodySink } from "../../http1/incoming-body.ts";
import type { Piece } from "../../http1/read-buffer.ts";

/** What becomes of the bytes that a tee keeps. */
export interface TeeEnd {
  whole(bytes: Buffer): void;
  lost(why: "body" | "memory"): void;
}

/** In front of a client: keeps a copy of its body while that goes where it would have gone, at its pace. */
export class BodyTee implements ClientTransport, BodySink {
  readonly #client: ClientTransport;
  readonly #hold: Hold;
  readonly #most: number;
  readonly #end: TeeEnd;
  #sink: BodySink | undefined = undefined;
  #pieces: Buffer[] = [];
  #length = 0;
  #isOver = false;

  /** `hold`: of the request, at whose end it is given back. `most`: bytes. */
  constructor(client: ClientTransport, hold: Hold, most: number, end: TeeEnd) {
    this.#client = client;
    this.#hold = hold;
    this.#most = most;
    this.#end = end;
  }

  readBody(sink: BodySink): void {
    this.#sink = sink;
    this.#client.readBody(this);
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

  // All else is between the exchange and its client.

  get isHttp2(): true | undefined {
    return this.#client.isHttp2;
  }

  sendHead(status: number, headers: HeaderList, bodyLength: number | "unknown" | "none"): void {
    this.#client.sendHead(status, headers, bodyLength);
  }

  sendBody(piece: Piece): boolean {
    return this.#client.sendBody(piece);
  }

  sendEnd(trailers: HeaderList | undefined): void {
    this.#client.sendEnd(trailers);
  }

  flush(): void {
    this.#client.flush();
  }

  sendInterim(status: number, headers: HeaderList): void {
    this.#client.sendInterim(status, headers);
  }

  abort(): void {
    this.#client.abort();
  }

  pauseBody(): void {
    this.#client.pauseBody();
  }

  resumeBody(): void {
    this.#client.resumeBody();
  }

  leaveBody(): void {
    this.#client.leaveBody();
  }

  get isBodyRead(): boolean {
    return this.#client.isBodyRead;
  }

  get tunnel(): ClientTransport["tunnel"] {
    return this.#client.tunnel?.bind(this.#client);
  }
}
