import type { Hold } from "../../body/hold.ts";
import { BodyBegin } from "../body-begin.ts";

/** A body that can be sent again as long as it has no more than so many bytes, which count as held ones. */
export class HeldBody extends BodyBegin {
  readonly #hold: Hold;

  constructor(hold: Hold, mostBytes: number) {
    super(mostBytes);
    this.#hold = hold;
  }

  protected override takes(bytes: number): boolean {
    if (this.#hold.left < bytes) return false;
    this.#hold.take(bytes);
    return true;
  }

  override release(): void {
    this.#hold.give(this.length);
    super.release();
  }
}
