import { clock } from "../life/clock.ts";
import { isReachable } from "../upstream/reachable.ts";
import type { Service } from "../upstream/service.ts";

/** Milliseconds for which the last look holds: where every service was there, and where one was not. */
const goodFor = 5_000;
const badFor = 1_000;

/**
 * Which required services cannot be reached. A look opens a connection to each of their endpoints, so that it is shared by
 * all who ask within a while: `/readyz` must not be a way to make the gateway knock at its services.
 */
export class Readiness {
  readonly #required: readonly Service[];
  #look: Promise<readonly string[]> | undefined = undefined;
  #until = 0;

  constructor(services: readonly Service[]) {
    // Of others, whoever finds their endpoints says whether they can be reached.
    this.#required = services.filter(({ required, isDiscovered }) => required && !isDiscovered);
  }

  /** Names of services. */
  unreachable(): Promise<readonly string[]> {
    if (this.#look !== undefined && clock.monotonic() < this.#until) return this.#look;
    this.#until = Number.POSITIVE_INFINITY;
    this.#look = this.#lookNow();
    return this.#look;
  }

  async #lookNow(): Promise<readonly string[]> {
    let isGood = false;
    try {
      const reachable = await Promise.all(this.#required.map(isReachable));
      const missing = this.#required.filter((_, index) => !reachable[index]).map(({ name }) => name);
      isGood = missing.length === 0;
      return missing;
    } finally {
      // A look that failed is not the last one.
      this.#until = clock.monotonic() + (isGood ? goodFor : badFor);
    }
  }
}
