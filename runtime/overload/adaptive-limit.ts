export interface AdaptiveLimitConfig {
  /** Never less, and never more. */
  readonly min: number;
  readonly max: number;
  /** Before anything is known. */
  readonly initial: number;
  /** How many times its usual latency a service may take before the limit falls. */
  readonly tolerance: number;
}

/** Of a limit that adapts: makes one for each limiter. */
export const adaptiveLimit =
  (config: AdaptiveLimitConfig): (() => AdaptiveLimit) =>
  () =>
    new AdaptiveLimit(config);

/** Of the windows in which samples are averaged: milliseconds, and samples. */
const shortestWindow = 100;
const longestWindow = 1_000;
const fewestSamples = 10;

/** Milliseconds over which the usual latency is an average. */
const longRun = 600_000;

/** Windows that count alike for it at the beginning. */
const warmUp = 10;

/**
 * What a window counts for the usual latency in which the limit was reached: it was seen under a load that the limit let through,
 * and hours of overload would raise latency and limit in turns.
 */
const shareOfCrowded = 0.1;

/** By so many the limit grows in a window at most, before it is smoothed: what may wait inside a service that is not slow. */
const headroom = 4;

/** The share of a window in the limit. */
const smoothing = 0.2;

/**
 * A limit by latency: what a service took in the last window is compared with what it usually takes, and where it took longer
 * than is tolerable, there are too many at a time.
 *
 * Gradient2 of Netflix' concurrency-limits (`Gradient2Limit` and `WindowedLimit`, github.com/Netflix/concurrency-limits), with
 * the long average over time instead of over a number of samples, and slower under load. There is no phase in which the limit falls so that an
 * unloaded service can be measured. A service that is not asked as much as it may be teaches nothing: the limit stays.
 */
export class AdaptiveLimit {
  readonly #config: AdaptiveLimitConfig;
  #limit: number;
  /** Milliseconds. */
  #usual = 0;
  #windows = 0;
  #windowAt = 0;
  #lastAt = 0;
  #samples = 0;
  #sum = 0;
  /** Most under way in the window. */
  #peak = 0;

  constructor(config: AdaptiveLimitConfig) {
    this.#config = config;
    this.#limit = config.initial;
  }

  get value(): number {
    return Math.floor(this.#limit);
  }

  /**
   * One was answered.
   *
   * @param took milliseconds
   * @param inFlight how many were under way, it among them
   */
  learn(took: number, inFlight: number, now: number): void {
    // What was before a rest is no part of what is now.
    if (now - this.#lastAt > longestWindow) this.#forget();
    this.#lastAt = now;
    if (this.#samples === 0) this.#windowAt = now;
    this.#samples++;
    this.#sum += took;
    if (inFlight > this.#peak) this.#peak = inFlight;
    if (this.#samples < fewestSamples) return;
    const span = now - this.#windowAt;
    const average = this.#sum / this.#samples;
    if (span < Math.min(longestWindow, Math.max(shortestWindow, 2 * average))) return;
    this.#judge(average, this.#peak, Math.min(span, longestWindow));
    this.#forget();
  }

  #forget(): void {
    this.#samples = 0;
    this.#sum = 0;
    this.#peak = 0;
  }

  #judge(took: number, peak: number, span: number): void {
    this.#windows++;
    const weight = peak < this.value ? 1 : shareOfCrowded;
    const share = this.#windows <= warmUp ? 1 / this.#windows : (weight * span) / longRun;
    this.#usual += (took - this.#usual) * share;
    // After a time of overload: what was usual then is not waited out.
    if (this.#usual > 2 * took) this.#usual *= 0.95;
    if (peak < this.#limit / 2) return;
    const { min, max, tolerance } = this.#config;
    const gradient = took === 0 ? 1 : Math.max(0.5, Math.min(1, (tolerance * this.#usual) / took));
    const wanted = this.#limit * gradient + headroom;
    this.#limit = Math.max(min, Math.min(max, this.#limit + (wanted - this.#limit) * smoothing));
  }
}
