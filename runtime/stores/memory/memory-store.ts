import type { AdminRoute } from "../../admin/route.ts";
import type { Hub } from "../../life/hub.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { counterRoutes } from "../counter-routes.ts";
import {
  type CounterStore,
  type Counters,
  type Failed,
  type Given,
  isFailed,
  type LimitConfig,
  type Messages,
  type SharingStore,
  type Standing,
  type Taken,
  type ValueStore,
  type Values,
} from "../store.ts";
import { type Call, leaseTerm } from "./calls.ts";
import type { MemoryStoreConfig } from "./config.ts";
import { GroupCounters } from "./group-counters.ts";
import { HeldLimit } from "./held-limit.ts";
import { isNobody, Line } from "./line.ts";
import { LocalCounters } from "./local-counters.ts";
import { LocalValues } from "./local-values.ts";
import { MemoryMessages } from "./memory-messages.ts";

export const createMemoryStore = (config: MemoryStoreConfig): MemoryStore => new MemoryStore(config);

/**
 * Keeps things in the memory of the gateway. Where several processes serve, the one that outlives them keeps them for all:
 * what was counted is there after one of them was killed or replaced.
 */
export class MemoryStore implements Living, CounterStore, ValueStore, SharingStore {
  declare readonly __resource: "stores";
  readonly name: string;
  readonly required = true;
  readonly adminRoutes: readonly AdminRoute[];
  readonly #limits = new Map<string, MemoryCounters>();
  readonly #values: LocalValues;
  readonly #topics = new Map<string, MemoryMessages>();
  readonly #lent = new Map<string, Lent>();
  readonly #shared = new Map<string, object>();
  readonly #maxBytes: number;
  #line: Line | undefined = undefined;

  constructor({ name, maxBytes }: MemoryStoreConfig) {
    this.name = `stores.${name}`;
    this.adminRoutes = counterRoutes(name, this.#limits);
    this.#maxBytes = maxBytes;
    this.#values = new LocalValues(maxBytes);
  }

  counters(limit: LimitConfig): Counters {
    const id = `${limit.id} ${limit.law.id}`;
    let counters = this.#limits.get(id);
    if (counters === undefined) this.#limits.set(id, (counters = new MemoryCounters({ ...limit, id })));
    return counters;
  }

  values(space: string): Values {
    const call = <Value extends Json>(theirs: Call, own: () => Value): Given<Value> =>
      this.#line === undefined ? own() : this.#ask(this.#line, theirs, own);
    const full = (key: string): string => `${space} ${key}`;
    return {
      get: (key) => call(["get", full(key)], () => this.#values.get(full(key))),
      set: (key, value, lifeSpan) =>
        call(["set", full(key), value, lifeSpan], () => this.#values.set(full(key), value, lifeSpan)),
      add: (key, value, lifeSpan) =>
        call(["add", full(key), value, lifeSpan], () => this.#values.add(full(key), value, lifeSpan)),
      delete: (key) => call(["delete", full(key)], () => this.#values.delete(full(key))),
    };
  }

  messages(topic: string): Messages {
    let messages = this.#topics.get(topic);
    if (messages === undefined) this.#topics.set(topic, (messages = new MemoryMessages()));
    return messages;
  }

  /** Room for what only some gateways keep, of one kind: gives what to ask it with. `make` gets the most bytes that it has. */
  lend(kind: string, make: (maxBytes: number) => Lent): (question: Json) => Given<Json> {
    let lent = this.#lent.get(kind);
    if (lent === undefined) this.#lent.set(kind, (lent = make(this.#maxBytes)));
    const own = lent;
    return (question) =>
      this.#line === undefined ? own.answer(question) : this.#ask(this.#line, ["lent", kind, question], () => unknownKind(kind));
  }

  shared<Kind extends object>(kind: string, make: (maxBytes: number) => Kind): Kind {
    let made = this.#shared.get(kind);
    if (made === undefined) this.#shared.set(kind, (made = make(this.#maxBytes)));
    // Whoever asks for a kind makes it in the same way.
    return made as Kind;
  }

  hold(hub: Hub): void {
    const held = new Map([...this.#limits].map(([id, { limit }]) => [id, new HeldLimit(limit)]));
    // The others are of the same gateway, and ask what `Call` says.
    hub.answer(this.name, (calls, from) =>
      (calls as readonly Call[]).map((call) => answerTo(call, from, held, this.#values, this.#lent)),
    );
    hub.left((from) => {
      for (const limit of held.values()) limit.left(from);
    });
  }

  start(life: Life): void {
    for (const [topic, messages] of this.#topics) messages.join(life.events(`${this.name} ${topic}`));
    if (life.group.size === 1) return;
    const line = new Line(life, this.name);
    this.#line = line;
    const resets = life.events<{ readonly limit: string; readonly key: string }>(`${this.name} resets`);
    resets.subscribe(
      ({ limit, key }) => this.#limits.get(limit)?.group?.forget(key),
      () => {},
    );
    for (const [limit, counters] of this.#limits) {
      counters.group = new GroupCounters(counters.limit, life, line);
      counters.told = (key) => resets.publish({ limit, key });
    }
    if (this.#limits.size === 0) return;
    const tick = Math.min(...[...this.#limits.values()].map(({ limit }) => leaseTerm(limit.law.span))) / 3;
    life.every(tick, () => {
      for (const { group } of this.#limits.values()) group?.tidy(tick);
    });
  }

  stop(): void {
    for (const { group } of this.#limits.values()) group?.endAll();
  }

  state(): Json {
    return { kind: "memory", limits: this.#limits.size };
  }

  async #ask<Value extends Json>(line: Line, call: Call, own: () => Value | Failed): Promise<Value | Failed> {
    const answer = await line.ask<Value>(call);
    if (isNobody(answer)) return own();
    return answer;
  }
}

/** What a gateway keeps in the memory of the process that holds a store, and how it answers. */
export interface Lent {
  answer(question: Json): Json;
}

/** Nobody but the holder may answer: what one process alone says of it is not true of the others. */
const unknownKind = (kind: string) => ({
  failed: `the primary process runs a build without ${kind} in this store; restart the gateway`,
});

/** The counters of one limit: of this process, or of its group once it has started in one. */
class MemoryCounters implements Counters {
  readonly limit: LimitConfig;
  readonly #own: LocalCounters;
  group: GroupCounters | undefined = undefined;
  /** Tells the others of a reset. */
  told: ((key: string) => void) | undefined = undefined;

  constructor(limit: LimitConfig) {
    this.limit = limit;
    this.#own = new LocalCounters(limit.law, limit.maxKeys);
  }

  take(key: string, cost: number): Given<Taken> {
    return this.group === undefined ? this.#own.take(key, cost) : this.group.take(key, cost);
  }

  settle(key: string, cost: number, at: number, actual: number): void {
    (this.group ?? this.#own).settle(key, cost, at, actual);
  }

  look(key: string): Given<Standing> {
    return (this.group ?? this.#own).look(key);
  }

  reset(key: string): Given<true> {
    return this.group === undefined ? this.#own.reset(key) : this.#resetIn(this.group, key);
  }

  async #resetIn(group: GroupCounters, key: string): Promise<true | Failed> {
    const answer = await group.reset(key);
    if (!isFailed(answer)) this.told?.(key);
    return answer;
  }
}

function answerTo(
  call: Call,
  from: number,
  held: ReadonlyMap<string, HeldLimit>,
  values: LocalValues,
  lent: ReadonlyMap<string, Lent>,
): Json {
  switch (call[0]) {
    case "get":
      return values.get(call[1]);
    case "set":
      return values.set(call[1], call[2], call[3]);
    case "add":
      return values.add(call[1], call[2], call[3]);
    case "delete":
      return values.delete(call[1]);
    case "lent":
      return lent.get(call[1])?.answer(call[2]) ?? unknownKind(call[1]);
  }
  const limit = held.get(call[1]);
  if (limit === undefined) return null;
  switch (call[0]) {
    case "take":
      return limit.take(call[2], call[3], call[4], from);
    case "end":
      limit.end(call[2], call[3]);
      return true;
    case "settle":
      limit.settle(call[2], call[3], call[4], call[5]);
      return true;
    case "look":
      return limit.look(call[2]);
    case "reset":
      limit.reset(call[2]);
      return true;
  }
}
