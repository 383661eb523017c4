import { pause } from "../../../calls/deadline.ts";
import { contained, logged } from "../../../life/boundary.ts";
import { clock } from "../../../life/clock.ts";
import type { Life } from "../../../life/life.ts";
import { messageOf } from "../../../life/message-of.ts";
import { type Timer, timers } from "../../../life/timers.ts";
import type { TableStore } from "../../../stores/store.ts";
import { Pacing } from "../pacing.ts";
import type { EndpointSource, Findings, Look } from "../source.ts";
import { RedisEntries } from "./redis-entries.ts";

export interface RedisSourceConfig {
  readonly store: TableStore;
  /** As in `stores`, for logs. */
  readonly storeName: string;
  /** What keys begin with, without a colon at its end. */
  readonly prefix: string;
  readonly service: string;
  /** Milliseconds from one look at all keys to the next. */
  readonly interval: number;
}

export const createRedisSource = (config: RedisSourceConfig): EndpointSource => new RedisSource(config);

/** Milliseconds for which messages are gathered: many instances start at once. */
const gatherMs = 20;

/** Names of instances that wait to be read, at most: beyond it all keys are read. */
const mostChanged = 1_000;

/** Characters of the name of an instance, which is part of its key. */
const longestId = 1_000;

/** Milliseconds that a look waits for a connection of the store. */
const connectMs = 2_000;

/** Milliseconds between looks at keys that may have expired, at least. */
const leastMs = 250;

/**
 * Instances that register themselves: each writes a key `PREFIX:{SERVICE}:ID` that expires unless it is written again, and says so
 * on the channel `PREFIX:{SERVICE}`. The braces keep the keys of a service on one server of a cluster.
 *
 * Messages may be lost, and expiry has none: all keys are read at regular intervals and whenever the connection was lost, and one
 * that was to expire is looked at when it was.
 */
class RedisSource implements EndpointSource {
  declare readonly __made: true;
  readonly description: string;
  readonly #config: RedisSourceConfig;
  readonly #channel: string;
  /** Who is told of messages, while this process finds the endpoints; undefined: nobody. */
  #told: { said(id: string): void; missed(): void } | undefined = undefined;
  #isSubscribed = false;

  constructor(config: RedisSourceConfig) {
    const { storeName, prefix, service } = config;
    this.#config = config;
    this.#channel = `${prefix}:{${service}}`;
    this.description = `Redis store ${storeName}, keys ${this.#channel}:*`;
  }

  follow(tenure: Life, findings: Findings): Look {
    const { store, service, interval } = this.#config;
    return store.lend((caller, keyPrefix, connection) => {
      const entries = new RedisEntries({
        caller,
        before: `${this.#channel}:`,
        route: `${keyPrefix}gw:{${service}}`,
        twice: (id) => tenure.log.write("warning", "endpoint is registered by two at once", { source: this.description, id }),
      });
      const changed = new Set<string>();
      let isWhole = true;
      let wholeAt = 0;
      let gathering: Timer | undefined;
      const look = async (signal: AbortSignal): Promise<number> => {
        // The store connects beside everything else that starts.
        for (let waited = 0; !connection.isReady && waited < connectMs; waited += connectMs / 40)
          await pause(connectMs / 40, signal);
        if (isWhole || clock.monotonic() >= wholeAt) {
          isWhole = false;
          changed.clear();
          await entries.readAll(signal);
          wholeAt = clock.monotonic() + interval;
        } else {
          const ids = new Set([...changed, ...entries.ended(clock.monotonic())]);
          changed.clear();
          await entries.read([...ids], signal);
        }
        findings.found(entries.listed);
        return Math.max(leastMs, Math.min(wholeAt, entries.nextEnd) - clock.monotonic());
      };
      const pacing = new Pacing(tenure, interval, look, (error) => {
        isWhole = true;
        findings.failed(messageOf(error));
      });
      const soon = (): void => {
        isWhole = true;
        pacing.soon();
      };
      this.#told = {
        missed: soon,
        said: (id) => {
          if (changed.size < mostChanged && id.length <= longestId) changed.add(id);
          else isWhole = true;
          gathering ??= timers.after(gatherMs, logged("a message of a registry was not followed"), () => {
            gathering = undefined;
            pacing.soon();
          });
        },
      };
      const end = contained(logged("a registry is listened to no more"), (): void => {
        this.#told = undefined;
        gathering?.cancel();
      });
      tenure.signal.addEventListener("abort", end, { once: true });
      if (!this.#isSubscribed) {
        this.#isSubscribed = true;
        connection.subscribe(this.#channel, (id) => this.#told?.said(id), () => this.#told?.missed()); // biome-ignore format: one line
      }
      return { soon };
    });
  }
}
