import type { Exchange } from "../exchange/exchange.ts";
import { readScalar, type ScalarTypes } from "../parameters/scalars.ts";
import { type PathPiece, PathTemplate } from "../paths/path-template.ts";

/**
 * One parameter of the public path as the first of its types that the text can be read as, and as text otherwise: an
 * expression that needs a number then has no value.
 */
export class PathParameter {
  readonly #template: PathTemplate;
  readonly #types: ScalarTypes;

  constructor(piece: PathPiece, types: ScalarTypes) {
    this.#template = new PathTemplate([piece]);
    this.#types = types;
  }

  of(x: Exchange): unknown {
    const text = this.cut(this.#template.expand(x.path));
    const value = readScalar(text, this.#types, 1, null);
    // The path was found to be valid UTF-8 when it was normalised.
    return value === undefined ? decodeURIComponent(text) : value;
  }

  /** The parameter out of its piece of the path. */
  protected cut(piece: string): string {
    return piece;
  }
}
