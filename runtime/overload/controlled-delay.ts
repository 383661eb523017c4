export interface ControlledDelayConfig {
  /** Milliseconds that waiting may take for as long as it likes. */
  readonly target: number;
  /** Milliseconds after which a queue in which waiting takes longer is one that stands. */
  readonly interval: number;
}

/**
 * CoDel (RFC 8289 §5): tells a queue that only evens out a burst from one that stands, by how long its oldest has waited.
 * A queue that stands is shortened by one, and by the next the sooner the longer it stands.
 */
export class ControlledDelay {
  readonly #target: number;
  readonly #interval: number;
  /** The queue stands. */
  isStanding = false;
  /** When the queue will be one that stands; 0 where waiting is short. */
  #standsAt = 0;
  #nextAt = 0;
  #count = 0;
  #lastCount = 0;

  constructor({ target, interval }: ControlledDelayConfig) {
    this.#target = target;
    this.#interval = interval;
  }

  /**
   * Asked whenever one is taken from the queue, until it says no.
   *
   * @param waited milliseconds that the oldest in the queue has waited; 0 where taking one empties the queue
   * @returns whether one is to be dropped
   */
  drops(waited: number, now: number): boolean {
    if (waited < this.#target) {
      this.#standsAt = 0;
      this.isStanding = false;
      return false;
    }
    if (this.#standsAt === 0) this.#standsAt = now + this.#interval;
    if (now < this.#standsAt) return false;
    if (!this.isStanding) {
      this.isStanding = true;
      // Where it stood a short while ago, the rate that shortened it then is a good one to begin with (RFC 8289 §5.4).
      const gained = this.#count - this.#lastCount;
      this.#count = gained > 1 && now - this.#nextAt < 16 * this.#interval ? gained : 1;
      this.#lastCount = this.#count;
      this.#nextAt = this.#after(now);
      return true;
    }
    if (now < this.#nextAt) return false;
    this.#count++;
    this.#nextAt = this.#after(this.#nextAt);
    return true;
  }

  /** The control law (RFC 8289 §5.4). */
  #after(time: number): number {
    return time + this.#interval / Math.sqrt(this.#count);
  }
}
