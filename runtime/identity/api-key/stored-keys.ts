import type { AdminRoute } from "../../admin/route.ts";
import type { Identity, Rejection } from "../../exchange/exchange.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import { type Failed, isFailed, type TableStore, type Tables } from "../../stores/store.ts";
import type { Validator } from "../../validation/violations.ts";
import { flawOfMetadata, type HeldKey, holdKey, verdictOn } from "./held-key.ts";
import { keyMetrics, Outcomes } from "./key-metrics.ts";
import { type KeyPlaceConfig, KeyScheme } from "./key-scheme.ts";
import { KeyShelf } from "./key-shelf.ts";
import { KeyForm } from "./key-text.ts";
import { KeyWatch } from "./key-watch.ts";
import { RecentKeys } from "./recent-keys.ts";
import { storeRoutes } from "./store-routes.ts";
import { UsageCount } from "./usage-count.ts";

export interface StoredKeysConfig extends KeyPlaceConfig {
  readonly store: TableStore;
  readonly tables: Tables;
  /** What keys begin with that are made for it. */
  readonly prefix: string;
  /** Of the metadata of each key, where the scheme says what it is. */
  readonly metadata?: Validator & { readonly __emitted: "validator" };
}

export const createStoredKeys = (config: StoredKeysConfig): StoredKeys => new StoredKeys(config);

/** Most questions to the store at the same time, of one scheme in one process. */
const mostAsked = 500;
/** Milliseconds between two times that uses are written, and that a store is asked again that has failed. */
const writeMs = 10_000;
const againMs = 1_000;

type Verdict = Identity | Rejection | "invalid";

/**
 * Keys of a store, found by their digest. An answer counts for a second, so that a key that was revoked is refused everywhere
 * within two; where the store does not answer, requests with keys that are not known from just before get 503.
 */
export class StoredKeys extends KeyScheme<Verdict | Promise<Verdict>> implements Living {
  readonly required = false;
  readonly adminRoutes: readonly AdminRoute[];
  readonly #prefix: string;
  readonly #shelf: KeyShelf;
  readonly #recent = new RecentKeys();
  readonly #outcomes = new Outcomes();
  readonly #form = new KeyForm();
  readonly #usage: UsageCount;
  /** Questions that the store has not answered, by digest. */
  readonly #asked = new Map<string, Promise<HeldKey | null | Failed>>();
  #failure: string | undefined = "it was not asked yet";
  #life: Life | undefined = undefined;
  #quietUntil = Number.NEGATIVE_INFINITY;
  readonly #isFit: Validator | undefined;
  readonly #watch: KeyWatch;

  constructor(config: StoredKeysConfig) {
    super(config);
    this.#prefix = config.prefix;
    this.#isFit = config.metadata;
    this.#shelf = new KeyShelf(config.name, config.store, config.tables);
    this.#usage = new UsageCount(this.#shelf);
    this.#watch = new KeyWatch(async (id) => {
      const entry = await this.#shelf.byId(id);
      return entry === undefined || isFailed(entry) ? entry : holdKey(entry, this.scheme, this.#isFit);
    });
    this.adminRoutes = storeRoutes(config.name, config.prefix, this.#shelf, this.#isFit);
  }

  protected override judge(key: string, digest: string): Verdict | Promise<Verdict> {
    const held = this.#recent.get(digest);
    if (held !== undefined) return this.#verdict(held, key);
    if (this.#form.isMistyped(key, this.#prefix)) return this.#verdict(null, key);
    const asked = this.#asked.get(digest) ?? (this.#asked.size < mostAsked ? this.#ask(digest) : undefined);
    return asked === undefined ? this.#unavailable() : this.#later(asked, key);
  }

  hasEnded(identity: Identity): boolean {
    const id = identity.marks?.key;
    return id !== undefined && this.#watch.isOver(id, identity);
  }

  #verdict(held: HeldKey | null, key: string): Verdict {
    if (held === null) {
      this.#outcomes.refused++;
      return this.#form.refusal(key, this.#prefix);
    }
    const verdict = verdictOn(held, this.#outcomes);
    this.#usage.note(held);
    return verdict;
  }

  #unavailable(): Rejection {
    this.#outcomes.unavailable++;
    return unavailable;
  }

  /** Requests with one key wait for one answer, and each is judged and counted. */
  async #later(asked: Promise<HeldKey | null | Failed>, key: string): Promise<Verdict> {
    const held = await asked;
    return isFailed(held) ? this.#unavailable() : this.#verdict(held, key);
  }

  #ask(digest: string): Promise<HeldKey | null | Failed> {
    const answer = this.#find(digest);
    this.#asked.set(digest, answer);
    return answer;
  }

  async #find(digest: string): Promise<HeldKey | null | Failed> {
    const askedAt = clock.monotonic();
    const entry = await this.#shelf.find(digest);
    this.#asked.delete(digest);
    const isBroken = isFailed(entry) && "broken" in entry;
    // A store that answers is not out of reach, whatever somebody has written into it.
    this.#answered(isFailed(entry) && !isBroken ? entry.failed : undefined);
    if (isBroken) this.#say({ reason: entry.failed });
    if (isFailed(entry)) return entry;
    const held = entry === undefined ? null : holdKey(entry, this.scheme, this.#isFit);
    if (held?.fits === false)
      this.#say({ key: held.entry.id, reason: `its metadata: ${flawOfMetadata(held.entry, this.#isFit!)}` });
    this.#recent.keep(digest, held, askedAt);
    return held;
  }

  /** Who sends such a key again and again must not fill the log. */
  #say(what: { readonly key?: string; readonly reason: string }): void {
    const now = clock.monotonic();
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + writeMs;
    this.#life?.log.write("error", "an entry of the store cannot be used, and its key gets 503", {
      scheme: this.scheme,
      ...what,
    });
  }

  #answered(failure: string | undefined): void {
    if (failure !== undefined && this.#failure === undefined)
      this.#life?.log.write("error", "keys cannot be looked up", { scheme: this.scheme, reason: failure });
    else if (failure === undefined && this.#failure !== undefined && this.#life !== undefined)
      this.#life.log.write("info", "keys can be looked up", { scheme: this.scheme });
    this.#failure = failure;
  }

  async start(life: Life): Promise<void> {
    this.#life = life;
    life.every(writeMs, () => this.#usage.write());
    life.every(againMs, async () => {
      if (this.#failure === undefined) return;
      const answer = await this.#shelf.find("");
      this.#answered(isFailed(answer) ? answer.failed : undefined);
    });
  }

  async stop(): Promise<void> {
    await this.#usage.write();
  }

  readiness(): Readiness {
    return this.#failure === undefined ? { ready: true } : { ready: false, why: `cannot look up keys: ${this.#failure}` };
  }

  state(): Json {
    return { keys: "in the store", ...(this.#failure === undefined ? {} : { problem: this.#failure }) };
  }

  metrics(): readonly MetricFamily[] {
    return keyMetrics(this.scheme, this.#outcomes, undefined);
  }
}

const unavailable: Rejection = { rejected: "unavailable", reason: "Whose key it is cannot be looked up at the moment." };
