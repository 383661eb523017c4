import type { Exchange } from "../exchange.ts";
import { type PathPiece, PathTemplate } from "../path-template.ts";

/** One parameter of the public path, percent-decoded. The path was found to be valid UTF-8 when it was normalised. */
export class PathParameter {
  readonly #template: PathTemplate;

  constructor(piece: PathPiece) {
    this.#template = new PathTemplate([piece]);
  }

  of(x: Exchange): string {
    return decodeURIComponent(this.#template.expand(x.path));
  }
}
