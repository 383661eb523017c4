import { PathParameter } from "./path-parameter.ts";

/** A parameter that takes several segments, without the slash before it. */
export class RestParameter extends PathParameter {
  protected override cut(piece: string): string {
    return piece.slice(1);
  }
}
