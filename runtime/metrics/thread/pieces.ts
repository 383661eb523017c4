import type { MetricFamily } from "../../gateway/metrics.ts";
import { type Format, written } from "../exposition/format.ts";
import { familiesOfOperations, type OperationFamily } from "../operations/operation-families.ts";
import { type Zipped, zipped } from "./gzip.ts";
import type { KeptPage } from "./kept-page.ts";
import { bytesOf, type Making, type Piece } from "./piece.ts";

/** What is compressed at a time, which takes some 0.2 ms. */
const pieceBytes = 131_072;

/** All that is scraped, with the families of operations in front; undefined: nothing yet. `part`: what a page has of one. */
export function* piecesOf<Part extends Piece>(
  format: Format,
  pages: readonly KeptPage[],
  others: readonly MetricFamily[],
  part: (page: KeptPage, family: OperationFamily) => Making<Part>,
): Generator<Part | Uint8Array | undefined> {
  if (pages.length > 0) for (const family of familiesOfOperations) yield* familyOf(family, format, pages, part);
  for (const chunk of written(format, others)) yield bytesOf(chunk);
}

function* familyOf<Part extends Piece>(
  family: OperationFamily,
  format: Format,
  pages: readonly KeptPage[],
  part: (page: KeptPage, family: OperationFamily) => Making<Part>,
): Generator<Part | Uint8Array | undefined> {
  const head = (length: number): Uint8Array => bytesOf(format.head({ ...family, samples: [] }, length));
  if (!format.isDelimited) {
    yield head(0);
    for (const page of pages) yield yield* part(page, family);
    return;
  }
  const parts: Part[] = [];
  for (const page of pages) parts.push(yield* part(page, family));
  yield head(parts.reduce((sum, { length }) => sum + length, 0));
  yield* parts;
}

/** All of them compressed: those that are not, together. */
export function* allZipped(pieces: Iterable<Piece>): Generator<Zipped> {
  let plain: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    if ("bytes" in piece || length >= pieceBytes) {
      if (length > 0) yield zipped(Buffer.concat(plain));
      plain = [];
      length = 0;
    }
    if ("bytes" in piece) yield piece;
    else {
      plain.push(piece);
      length += piece.length;
    }
  }
  if (length > 0) yield zipped(Buffer.concat(plain));
}
