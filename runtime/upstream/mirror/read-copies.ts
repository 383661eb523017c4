import type { CopyReader, MirrorOrder } from "../../exchange/mirroring.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { openHold } from "../../http/body-hold.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import { Copies } from "./copies.ts";
import { Copy } from "./copy.ts";

export const createReadCopies = (order: MirrorOrder): ReadCopies => new ReadCopies(order);

/** Copies whose answers are read. */
export class ReadCopies extends Copies<CopyReader> {
  protected override make(x: HttpExchange, reader: CopyReader): Copy {
    reader.holdsIn(openHold(x));
    return new ReadCopy(x, this, reader);
  }
}

class ReadCopy extends Copy {
  readonly #reader: CopyReader;

  constructor(x: HttpExchange, copies: ReadCopies, reader: CopyReader) {
    super(x, copies, reader);
    this.#reader = reader;
  }

  override sendHead(status: number, headers: HeaderList): void {
    super.sendHead(status, headers);
    if (this.status !== 0) this.#reader.head(status, headers);
  }

  override sendBody(piece: Piece): boolean {
    if (this.status !== 0) this.#reader.bytes(piece.buffer, piece.start, piece.end);
    return super.sendBody(piece);
  }
}
