/**
 * A piece of a path template: text, or a part of the public path as it stands there, percent-encoding included.
 *
 * - `segment`: a whole segment, counted from 0.
 * - `from`/`parts`: one parameter of a segment of literals and parameters. `parts` are the literals between, before and
 *   after the parameters of the segment (empty where it begins or ends with a parameter); `take` counts the parameter
 *   from 0.
 * - `rest`: everything from segment `rest` on, with the slash before it; may be empty.
 */
export type PathPiece =
  | string
  | { readonly segment: number }
  | { readonly from: number; readonly parts: readonly string[]; readonly take: number }
  | { readonly rest: number };

/** Fills a path template from public paths that the route has matched. */
export class PathTemplate {
  readonly #pieces: readonly PathPiece[];
  /** Offset of each segment, and one past the last slash; filled anew by each `expand`. */
  readonly #starts: Int32Array;

  constructor(pieces: readonly PathPiece[]) {
    this.#pieces = pieces;
    let last = -1;
    for (const piece of pieces) if (typeof piece !== "string") last = Math.max(last, segmentOf(piece));
    this.#starts = new Int32Array(last + 2);
  }

  expand(path: string): string {
    const starts = this.#starts;
    let at = 0;
    for (let index = 0; index < starts.length; index++) {
      starts[index] = at + 1;
      at = path.indexOf("/", at + 1);
      if (at < 0) at = path.length;
    }
    let text = "";
    const pieces = this.#pieces;
    for (let index = 0; index < pieces.length; index++) {
      const piece = pieces[index]!;
      if (typeof piece === "string") text += piece;
      else if ("segment" in piece) text += path.slice(starts[piece.segment], starts[piece.segment + 1]! - 1);
      else if ("rest" in piece) text += path.slice(starts[piece.rest]! - 1);
      else text += partOf(path, starts[piece.from]!, starts[piece.from + 1]! - 1, piece.parts, piece.take);
    }
    return text;
  }
}

const segmentOf = (piece: Exclude<PathPiece, string>): number =>
  "segment" in piece ? piece.segment : "rest" in piece ? piece.rest : piece.from;

/**
 * Earlier parameters take the shortest run that is not empty, and the last one what is left before the closing
 * literal: the reading of the route matcher.
 */
function partOf(path: string, start: number, end: number, parts: readonly string[], take: number): string {
  const last = parts.length - 2;
  let from = start + parts[0]!.length;
  for (let parameter = 0; parameter < last; parameter++) {
    const literal = parts[parameter + 1]!;
    const to = path.indexOf(literal, from + 1);
    if (parameter === take) return path.slice(from, to);
    from = to + literal.length;
  }
  return path.slice(from, end - parts[last + 1]!.length);
}
