import { type Violation, Violations } from "../validation/violations.ts";

/**
 * Collects what is wrong with the parameters of one request, up to a limit. Emitted readers take null in its place to
 * stop at the first violation without telling it, which is the hot path.
 */
export class ParameterProblems {
  readonly #limit: number;
  readonly #parts: Violations[] = [];
  /** Takes nothing more. */
  #full: Violations | undefined = undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get list(): Violation[] {
    return this.#parts.flatMap((part) => part.list);
  }

  get isEmpty(): boolean {
    return this.#parts.every((part) => part.list.length === 0);
  }

  /** The collector for one parameter. */
  of(where: Violation["in"], name: string): Violations {
    // A request may have any number of parameters that nobody declares.
    if (this.#full !== undefined) return this.#full;
    const left = this.#parts.reduce((count, part) => count - part.list.length, this.#limit);
    const part = new Violations({ in: where, name }, Math.max(0, left));
    if (left > 0) this.#parts.push(part);
    else this.#full = part;
    return part;
  }
}
