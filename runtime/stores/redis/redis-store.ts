import type { AdminRoute } from "../../admin/route.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import { StartError } from "../../life/start-error.ts";
import type { Log } from "../../log/log.ts";
import { counterRoutes } from "../counter-routes.ts";
import type { Hosted, HostingStore } from "../entries.ts";
import {
  type CounterStore,
  type Counters,
  type Failed,
  type Given,
  isFailed,
  type LimitConfig,
  type MessageStore,
  type Messages,
  type RecordStore,
  type Records,
  type SetStore,
  type Sets,
  type TableStore,
  type ValueStore,
  type Values,
} from "../store.ts";
import { storeFamilies } from "../store-families.ts";
import { Caller } from "./caller.ts";
import type { RedisStoreConfig } from "./config.ts";
import { type Connection, createConnection } from "./connection.ts";
import type { Presence } from "./presence.ts";
import { type Problem, problemOf } from "./problem.ts";
import { RedisCounters } from "./redis-counters.ts";
import { RedisRecords } from "./redis-records.ts";

export const createRedisStore = (config: RedisStoreConfig): RedisStore => new RedisStore(config);

/** Keeps things in a Redis or Valkey server, several that Sentinels watch, or a cluster. */
export class RedisStore
  implements Living, CounterStore, ValueStore, SetStore, MessageStore, RecordStore, TableStore, HostingStore
{
  declare readonly __resource: "stores";
  readonly name: string;
  readonly required: boolean;
  readonly #config: RedisStoreConfig;
  readonly #connection: Connection;
  readonly #caller: Caller;
  readonly #limits = new Map<string, Counters>();
  readonly #hosted = new Map<string, Hosted>();
  readonly adminRoutes: readonly AdminRoute[];
  #log: Log | undefined = undefined;
  #presence: Presence | undefined = undefined;
  #lastProblem: Problem | undefined = undefined;

  constructor(config: RedisStoreConfig) {
    this.#config = config;
    this.name = `stores.${config.name}`;
    this.required = config.required;
    this.adminRoutes = counterRoutes(config.name, this.#limits);
    this.#connection = createConnection(config, (error) => this.#report(error));
    this.#caller = new Caller(config, this.#connection);
  }

  counters(limit: LimitConfig): Counters {
    const { script, id } = limit;
    if (script === undefined) throw new Error(`the limit ${id} has no script for ${this.name}`);
    const { keyPrefix } = this.#config;
    if (limit.local !== undefined) this.#presence ??= limit.local.presence(this.#caller, keyPrefix);
    const local = this.#presence === undefined ? undefined : limit.local?.counters(limit, this.#presence);
    const counters = new RedisCounters(limit, script, keyPrefix, () => clock.wall(), this.#caller, local);
    this.#limits.set(`${id} ${script.id}`, counters);
    return counters;
  }

  values(space: string): Values {
    return {
      get: async (key) => this.#done(this.#call(space, "v1", key, "get"), (reply) => reply as string | null),
      set: async (key, value, lifeSpan) =>
        this.#done(this.#call(space, "v1", key, "set", value, "px", wholeMs(lifeSpan)), () => true as const),
      add: async (key, value, lifeSpan) =>
        this.#done(this.#call(space, "v1", key, "set", value, "nx", "px", wholeMs(lifeSpan)), (reply) => reply !== null),
      delete: async (key) => this.#done(this.#call(space, "v1", key, "del"), () => true as const),
    };
  }

  sets(space: string): Sets {
    return {
      add: async (key, member, lifeSpan) => {
        const added = await this.#call(space, "m1", key, "sadd", member);
        if (isFailed(added)) return added;
        return this.#done(this.#call(space, "m1", key, "pexpire", wholeMs(lifeSpan)), () => true as const);
      },
      remove: async (key, member) => this.#done(this.#call(space, "m1", key, "srem", member), () => true as const),
      has: async (key, member) => this.#done(this.#call(space, "m1", key, "sismember", member), (reply) => reply === 1),
    };
  }

  lend<Kind>(user: (caller: Caller, keyPrefix: string, connection: Connection) => Kind): Kind {
    return user(this.#caller, this.#config.keyPrefix, this.#connection);
  }

  host<Kind extends Hosted>(kind: string, make: () => Kind): Kind {
    let hosted = this.#hosted.get(kind);
    if (hosted === undefined) this.#hosted.set(kind, (hosted = make()));
    // Whoever asks for a kind makes it in the same way.
    return hosted as Kind;
  }

  messages(topic: string): Messages {
    const channel = `${this.#config.keyPrefix}gw:${topic}`;
    return {
      publish: (message) => void this.#caller.call(channel, "publish", [channel, JSON.stringify(message)]),
      // Whoever publishes is a gateway of the same name.
      subscribe: (listener, gap) => this.#connection.subscribe(channel, (text) => listener(JSON.parse(text) as Json), gap),
    };
  }

  records(space: string): Records {
    return new RedisRecords(`${this.#config.keyPrefix}gw:{${space}}`, this.#caller);
  }

  async start(life: Life): Promise<void> {
    this.#log = life.log;
    this.#caller.log = life.log;
    this.#presence?.start(life);
    for (const hosted of this.#hosted.values()) hosted.start(life);
    try {
      await this.#connection.connect();
    } catch (error) {
      // What the client then says is only that it gave up.
      const { reason, remedy } = this.#lastProblem ?? problemOf(error);
      throw new StartError(`${this.name} (${this.#config.from}) cannot be reached (${reason}). ${remedy}`);
    }
    this.#presence?.connected();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#hosted.values()].map((hosted) => hosted.stop()));
    this.#caller.flush();
    this.#connection.close();
  }

  readiness(): Readiness {
    return this.#caller.isWell ? { ready: true } : { ready: false, why: "does not answer" };
  }

  state(): Json {
    const { failures, isWell } = this.#caller;
    return { kind: this.#config.server.kind, connected: this.#connection.isReady, answers: isWell, failures: { ...failures } };
  }

  metrics(): readonly MetricFamily[] {
    return storeFamilies(this.#config.name, this.#caller);
  }

  #call(space: string, version: string, key: string, name: string, ...rest: readonly string[]): Given<unknown> {
    const full = `${this.#config.keyPrefix}gw:{${space}:${key.replaceAll(/[{}]/g, encodeURIComponent)}}:${version}`;
    return this.#caller.call(full, name, [full, ...rest]);
  }

  async #done<Value>(sent: Given<unknown>, value: (reply: unknown) => Value): Promise<Value | Failed> {
    const reply = await sent;
    return isFailed(reply) ? reply : value(reply);
  }

  #report(error: unknown): void {
    const problem = problemOf(error);
    this.#lastProblem = problem;
    this.#log?.write("warning", "connection to the store failed", { reason: problem.reason, remedy: problem.remedy });
  }
}

/** A life span is never shorter than asked for. */
const wholeMs = (milliseconds: number): string => String(Math.max(1, Math.ceil(milliseconds)));
