import type { Collected } from "../../body/answer-content.ts";
import { ByteCollector } from "../../body/byte-collector.ts";
import { holdOf } from "../../http/body-hold.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import { pieceOf } from "./link.ts";

/**
 * What was collected of a body. It is copied as it comes, within the memory for bodies, but for one that comes whole in one
 * piece, where nobody reads it behind the call that brings it: that stays where it was read to.
 */
export class Gathered implements Collected {
  readonly #x: HttpExchange;
  readonly #announced: number;
  #copied: ByteCollector | undefined = undefined;
  #lent: Piece | undefined = undefined;

  /** `announced`: bytes to come; -1: not known. */
  constructor(x: HttpExchange, announced: number) {
    this.#x = x;
    this.#announced = announced;
  }

  /** False: with these bytes more is held than may be. */
  add(piece: Piece): boolean {
    return this.keep() && this.#copy(piece);
  }

  /** The same, until `keep` is called or the call is over that brought the piece, where that is the whole body. */
  borrow(piece: Piece): boolean {
    if (piece.length !== this.#announced) return this.add(piece);
    this.#lent = piece;
    return true;
  }

  /** Copies what was only borrowed. False: there is no room. */
  keep(): boolean {
    const lent = this.#lent;
    this.#lent = undefined;
    return lent === undefined || this.#copy(lent);
  }

  #copy({ buffer, start, end }: Piece): boolean {
    return (this.#copied ??= new ByteCollector(holdOf(this.#x), this.#announced)).add(buffer, start, end);
  }

  get length(): number {
    return this.#lent?.length ?? this.#copied?.length ?? 0;
  }

  get bytes(): Buffer {
    const lent = this.#lent;
    if (lent !== undefined) return lent.buffer.subarray(lent.start, lent.end);
    return this.#copied?.bytes ?? Buffer.alloc(0);
  }

  /** To be passed on. */
  get piece(): Piece {
    return this.#lent ?? pieceOf(this.bytes);
  }

  clear(): void {
    this.#lent = undefined;
    this.#copied?.clear();
  }
}
