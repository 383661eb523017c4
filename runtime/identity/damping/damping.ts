import { refuse } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { logged } from "../../life/boundary.ts";
import type { Json } from "../../life/json.ts";
import type { Living } from "../../life/living.ts";
import { timers } from "../../life/timers.ts";
import type { Law } from "../../limits/law.ts";
import type { LimitScript } from "../../stores/redis/scripts/script.ts";
import { type CounterStore, type Counters, type Failed, type Given, isFailed, type Taken } from "../../stores/store.ts";
import { networkOf } from "./network.ts";

export interface DampingConfig {
  readonly store: CounterStore;
  /** How many wrong credentials an address may send. */
  readonly law: Law;
  /** For a store that counts by itself. */
  readonly script?: LimitScript;
  /** Milliseconds that a refusal takes from then on. */
  readonly delay: number;
  /** Most requests that wait at a time. */
  readonly maxDelayed: number;
  /** Most addresses to remember. */
  readonly maxAddresses: number;
}

export const createDamping = (config: DampingConfig): Damping => new Damping(config);

/** Characters that whom a credential claims to be of is told apart by. */
const longestSubject = 128;

const passed: Taken = { passed: true, left: 1, moreIn: 0, retryIn: 0, at: 0 };

/**
 * Slows those who send wrong credentials, by address, and by whom they claim to be where that can be read. It only sees what was refused already: nobody whose credentials are
 * right is counted or waits, whoever else is behind the same address.
 */
export class Damping implements Living {
  declare readonly __resource: "credentials";
  readonly name = "identity.damping";
  readonly required = false;
  readonly #config: DampingConfig;
  readonly #byAddress: Counters;
  readonly #bySubject: Counters;
  #waiting = 0;
  #counted = 0;
  #delayed = 0;
  #refused = 0;

  constructor(config: DampingConfig) {
    this.#config = config;
    const { store, law, script, maxAddresses } = config;
    const countersOf = (what: string): Counters => {
      const limit = { id: `identity.damping ${what}`, law, maxKeys: maxAddresses };
      return store.counters(script === undefined ? limit : { ...limit, script });
    };
    this.#byAddress = countersOf("address");
    this.#bySubject = countersOf("subject");
  }

  /** The request was refused. True, now or later: the answer may leave. */
  slow(x: Exchange): boolean | Promise<boolean> {
    // Neither who sent none is counted, nor whose could not be verified, nor who may not do this.
    if (x.answer?.problem?.slug !== "invalid-credentials") return true;
    this.#counted++;
    const { about } = x.answer.problem;
    const address = this.#byAddress.take(networkOf(x.peer.ip), 1);
    const subject = about === undefined ? passed : this.#bySubject.take(about.slice(0, longestSubject), 1);
    return address instanceof Promise || subject instanceof Promise
      ? this.#later(x, address, subject)
      : this.#judge(x, address, subject);
  }

  async #later(x: Exchange, address: Given<Taken>, subject: Given<Taken>): Promise<boolean> {
    return this.#judge(x, await address, await subject);
  }

  /** A store that does not say how many there were: as if there were too many. */
  #judge(x: Exchange, ...counted: readonly (Taken | Failed)[]): boolean | Promise<boolean> {
    const taken = counted.find((one) => isFailed(one) || !one.passed);
    if (taken === undefined) return true;
    const { delay, maxDelayed } = this.#config;
    if (this.#waiting >= maxDelayed) {
      this.#refused++;
      const wait = isFailed(taken) ? delay : taken.retryIn;
      const headers = ["Retry-After", String(Math.max(1, Math.ceil(wait / 1000)))];
      return refuse(x, {
        status: 429,
        slug: "too-many-wrong-credentials",
        title: "Too many wrong credentials were sent",
        headers,
        source: "security",
      });
    }
    this.#waiting++;
    this.#delayed++;
    return new Promise((resolve) => {
      timers.after(delay, logged("a delayed refusal was not sent"), () => {
        this.#waiting--;
        resolve(true);
      });
    });
  }

  state(): Json {
    return { waiting: this.#waiting, wrong: this.#counted, delayed: this.#delayed, refused: this.#refused };
  }

  metrics(): readonly MetricFamily[] {
    const samples = (value: number, labels = ""): MetricFamily["samples"] => [{ labels, value }];
    return [
      {
        name: "gatewright_wrong_credentials_total",
        help: "Requests whose credentials were wrong.",
        type: "counter",
        samples: samples(this.#counted),
      },
      {
        name: "gatewright_wrong_credentials_slowed_total",
        help: "Those of them that were answered late, or with 429 as too many waited already.",
        type: "counter",
        samples: [...samples(this.#delayed, 'by="delay"'), ...samples(this.#refused, 'by="429"')],
      },
    ];
  }
}
