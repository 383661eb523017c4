import type { LivePage, ToldPage, UnchangedPages } from "../../gateway/metrics.ts";
import { pageLayout } from "./operation-counts.ts";

interface Seen {
  operations: readonly string[];
  changes: number;
  /** The first answers that had these operations, and these numbers. */
  operationsSince: number;
  since: number;
}

/**
 * What is new of pages since an answer that whoever asks has all of. It says itself which one that is: an answer that nobody waited
 * for any more counts for nothing.
 */
export class PageNews {
  readonly #seen: Seen[] = [];
  #answers = 0;

  /** Begins an answer. `latest`: the one that is known; 0: none. */
  answer(latest: number): PagesAnswer {
    return new PagesAnswer(this.#seen, ++this.#answers, latest > this.#answers ? 0 : latest);
  }
}

class PagesAnswer {
  readonly #seen: Seen[];
  readonly #answer: number;
  readonly #latest: number;
  readonly #unchanged: number[] = [];

  constructor(seen: Seen[], answer: number, latest: number) {
    this.#seen = seen;
    this.#answer = answer;
    this.#latest = latest;
  }

  /** What to tell of a page; undefined: nothing now. */
  told(page: LivePage): ToldPage | undefined {
    const seen = this.#see(page);
    if (this.#latest >= seen.since) {
      this.#unchanged.push(page.page);
      return undefined;
    }
    const whole = page.toJSON();
    if (this.#latest < seen.operationsSince) return whole;
    const { operations: _, bounds: __, ...numbers } = whole;
    return numbers;
  }

  end(): UnchangedPages {
    return { layout: pageLayout, unchanged: this.#unchanged, answer: this.#answer };
  }

  /** Before its numbers are read: what is counted meanwhile is new the next time. */
  #see({ page, operations, changes }: LivePage): Seen {
    const answer = this.#answer;
    const seen = this.#seen[page];
    if (seen === undefined || seen.operations !== operations)
      return (this.#seen[page] = { operations, changes, operationsSince: answer, since: answer });
    if (seen.changes !== changes) {
      seen.changes = changes;
      seen.since = answer;
    }
    return seen;
  }
}
