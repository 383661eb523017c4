import { clock } from "../../life/clock.ts";
import { isFailed } from "../../stores/store.ts";
import type { AnswerSpace } from "../answer-store.ts";

/** Marks that are looked at in one turn, and milliseconds between two beginnings of a round. */
const mostAtOnce = 50;
const roundTime = 5_000;

/**
 * Looks for changes in stores that tell nobody of them: what drops the answers of a URI drops its mark, whoever does it. One mark after the other is
 * compared with what it was in the round before.
 */
export class MarkRounds {
  readonly #spaces: () => Iterable<AnswerSpace>;
  readonly #changed: (base: string) => void;
  /** By space: marks of URIs as they were seen last; null: there was none. */
  readonly #seen = new Map<AnswerSpace, Map<string, string | null>>();
  #round: Iterator<readonly [AnswerSpace, string]> | undefined = undefined;
  #begunAt = Number.NEGATIVE_INFINITY;

  /** `changed`: told of each URI whose mark is another one. */
  constructor(spaces: () => Iterable<AnswerSpace>, changed: (base: string) => void) {
    this.#spaces = spaces;
    this.#changed = changed;
  }

  /** The next ones of the round. `bases`: what is followed by now; read on in the turns to come, so that no turn looks at all of it. */
  async go(bases: () => Iterable<string>): Promise<void> {
    if (this.#round === undefined) {
      const now = clock.monotonic();
      if (now - this.#begunAt < roundTime) return;
      this.#begunAt = now;
      this.#round = this.#begin(bases);
    }
    const looks: Promise<void>[] = [];
    while (looks.length < mostAtOnce) {
      const next = this.#round.next();
      if (next.done === true) {
        this.#round = undefined;
        break;
      }
      looks.push(this.#look(...next.value));
    }
    await Promise.all(looks);
  }

  /** What was seen is not compared with what is seen later: somebody else looks meanwhile. */
  forget(): void {
    this.#seen.clear();
    this.#round = undefined;
  }

  *#begin(bases: () => Iterable<string>): Generator<readonly [AnswerSpace, string]> {
    for (const space of this.#spaces()) {
      if (space.markOf === undefined) continue;
      const before = this.#seen.get(space);
      // Without those that nobody follows any more.
      const seen = new Map<string, string | null>();
      this.#seen.set(space, seen);
      for (const base of bases()) {
        const mark = before?.get(base);
        if (mark !== undefined) seen.set(base, mark);
        yield [space, base];
      }
    }
  }

  async #look(space: AnswerSpace, base: string): Promise<void> {
    const mark = await space.markOf!(base);
    if (mark !== null && isFailed(mark)) return;
    const seen = this.#seen.get(space);
    const before = seen?.get(base);
    seen?.set(base, mark);
    if (before !== undefined && before !== null && mark !== before) this.#changed(base);
  }
}
