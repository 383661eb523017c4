import type { Exchange, Expression, StartValue } from "../../exchange/exchange.ts";
import { holds } from "../../expressions/holds.ts";
import { settingsOf } from "./environment.ts";
import { PerSecond } from "./per-second.ts";

export interface SamplingConfig {
  /** From 0 to 1: how many requests are sampled of those for which nobody else decides. */
  readonly share: number;
  /** Most of these in a second and process; 0: any number. */
  readonly most: number;
  /** Sampled, or not sampled, whatever the share. */
  readonly always: Expression<boolean> | null;
  readonly never: Expression<boolean> | null;
  /** `OTEL_TRACES_SAMPLER` and its argument, empty where they are not set; absent where the share is written. */
  readonly environment?: { readonly sampler: StartValue; readonly argument: StartValue };
}

/** Decides at the begin of a request whether it is sampled. */
export class Sampler {
  /** Whoever is trusted decides. */
  readonly followsParent: boolean;
  readonly #config: SamplingConfig;
  /** The least of the last 14 digits of a trace id that is sampled; undefined: none is. */
  readonly #threshold: string | undefined;
  readonly #rate: PerSecond | undefined;

  constructor(config: SamplingConfig) {
    const { share, followsParent } = settingsOf(config);
    this.#config = config;
    this.followsParent = followsParent;
    this.#threshold = share === 0 ? undefined : thresholdOf(share);
    this.#rate = config.most === 0 ? undefined : new PerSecond(config.most);
  }

  samples(x: Exchange, traceId: string): boolean {
    const { never, always } = this.#config;
    if (never !== null && holds(never, x)) return false;
    return ((always !== null && holds(always, x)) || this.#isInShare(traceId)) && this.#hasRoom();
  }

  /** Of a request that could not be read, about which no expression can say anything. */
  samplesUnread(traceId: string): boolean {
    return this.#isInShare(traceId) && this.#hasRoom();
  }

  #hasRoom(): boolean {
    return this.#rate === undefined || this.#rate.take();
  }

  /** By the id alone, so that all who sample the same share sample the same traces (OpenTelemetry, consistent probability). */
  #isInShare(traceId: string): boolean {
    const threshold = this.#threshold;
    if (threshold === undefined) return false;
    for (let index = 0; index < digits; index++) {
      // Digits and lower-case letters are in the order of what they stand for.
      const difference = traceId.charCodeAt(32 - digits + index) - threshold.charCodeAt(index);
      if (difference !== 0) return difference > 0;
    }
    return true;
  }
}

/** Hexadecimal digits of a trace id that are random in any case: 56 bits (W3C Trace Context level 2 §3.2.2.3). */
const digits = 14;

const thresholdOf = (share: number): string =>
  BigInt(Math.min(Math.round((1 - share) * 2 ** 56), 2 ** 56 - 8))
    .toString(16)
    .padStart(digits, "0");
