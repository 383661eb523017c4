import type { ScalarTypes } from "../parameters/scalars.ts";
import { beginOfEnd, endOfBegin } from "../parameters/styles.ts";
import type { PathPiece } from "../paths/path-template.ts";
import { PathParameter } from "./path-parameter.ts";

/** Two parameters that touch, of which one has known texts. */
export interface SplitConfig {
  /** Which of the two is meant. */
  readonly take: number;
  /** Which of the two has the texts. */
  readonly known: number;
  /** In the normal form of paths, longest first. */
  readonly texts: readonly string[];
}

/** One of two parameters that touch. */
export class SplitParameter extends PathParameter {
  readonly #config: SplitConfig;

  constructor(piece: PathPiece, types: ScalarTypes, config: SplitConfig) {
    super(piece, types);
    this.#config = config;
  }

  protected override cut(piece: string): string {
    const { take, known, texts } = this.#config;
    const at = known === 1 ? beginOfEnd(piece, texts) : endOfBegin(piece, texts);
    return take === 0 ? piece.slice(0, at) : piece.slice(at);
  }
}
