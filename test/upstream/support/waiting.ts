import type { RequestListener } from "node:http";
import { expect, vi } from "vitest";

/** Requests that wait until a test has them answered. */
export class Waiting {
  readonly #answers: (() => void)[] = [];

  /** Waits, and is then answered as `listener` does it. */
  as =
    (listener: RequestListener): RequestListener =>
    (request, response) =>
      void this.#answers.push(() => listener(request, response));

  /** Once so many wait. */
  count(count: number): Promise<void> {
    return vi.waitFor(() => expect(this.#answers).toHaveLength(count));
  }

  /** Answers all that wait, in their order. */
  answer(): void {
    for (const answer of this.#answers.splice(0)) answer();
  }
}
