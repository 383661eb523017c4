import type { OperationPage } from "../../gateway/metrics.ts";
import type { Format } from "../exposition/format.ts";
import { countsIn, type OperationCounts } from "../operations/operation-counts.ts";
import { type OperationFamily, partOf } from "../operations/operation-families.ts";
import { type Zipped, zipped } from "./gzip.ts";

/** A page of which the thread has its own, and what it has made of it: as long as nothing of it changes, that is of use again. */
export class KeptPage {
  readonly #page: OperationPage;
  readonly #counts: readonly OperationCounts[];
  readonly #zipped = new Map<Format, Map<OperationFamily, Zipped>>();

  constructor(page: OperationPage) {
    this.#page = page;
    this.#counts = countsIn(page);
  }

  written(family: OperationFamily, format: Format): Uint8Array {
    const samples = format.samples(partOf(family, this.#counts, this.#page.bounds, format.isNative));
    return typeof samples === "string" ? Buffer.from(samples) : samples;
  }

  zipped(family: OperationFamily, format: Format): Zipped {
    let made = this.#zipped.get(format);
    if (made === undefined) this.#zipped.set(format, (made = new Map()));
    let piece = made.get(family);
    if (piece === undefined) made.set(family, (piece = zipped(this.written(family, format))));
    return piece;
  }
}
