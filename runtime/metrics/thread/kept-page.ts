import type { OperationPage } from "../../gateway/metrics.ts";
import type { Format } from "../exposition/format.ts";
import { countsIn, type OperationCounts } from "../operations/operation-counts.ts";
import { type OperationFamily, partsOf } from "../operations/operation-families.ts";
import { type Zipped, zipped } from "./gzip.ts";
import { bytesOf, type Making } from "./piece.ts";

/** A page of which the thread has its own, and what it has made of it: as long as nothing of it changes, that is of use again. */
export class KeptPage {
  readonly #page: OperationPage;
  #counts: readonly OperationCounts[] | undefined = undefined;
  readonly #zipped = new Map<Format, Map<OperationFamily, Zipped>>();

  constructor(page: OperationPage) {
    this.#page = page;
  }

  *written(family: OperationFamily, format: Format): Making<Uint8Array> {
    const parts: Uint8Array[] = [];
    this.#counts ??= countsIn(this.#page);
    for (const part of partsOf(family, this.#counts, this.#page.bounds, format.isNative)) {
      parts.push(bytesOf(format.samples(part)));
      yield undefined;
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  *zipped(family: OperationFamily, format: Format): Making<Zipped> {
    let made = this.#zipped.get(format);
    if (made === undefined) this.#zipped.set(format, (made = new Map()));
    let piece = made.get(family);
    if (piece === undefined) made.set(family, (piece = zipped(yield* this.written(family, format))));
    return piece;
  }
}
