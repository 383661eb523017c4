import type { AdminRoute } from "../../admin/route.ts";
import type { Identity, Rejection } from "../../exchange/exchange.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { logged } from "../../life/boundary.ts";
import type { Json } from "../../life/json.ts";
import type { Every, Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import { messageOf } from "../../life/message-of.ts";
import { timers } from "../../life/timers.ts";
import { type Failed, isFailed, type RecordStore, type Records, type RecordsVersion } from "../../stores/store.ts";
import { nameOf, type Revocation, readRevocation, writtenOf } from "./revocation.ts";
import { revocationMetrics } from "./revocation-metrics.ts";
import { revocationRoutes } from "./revocation-routes.ts";
import { RevocationSet } from "./revocation-set.ts";
import { type Revocations, revocationsUnknown, verdictOf } from "./revocations.ts";

export interface StoreRevocationsConfig {
  readonly store: RecordStore;
  /** As in `stores`. */
  readonly storeName: string;
  readonly gateway: string;
  /** Most entries. */
  readonly max: number;
  /** Milliseconds without an answer of the store after which nobody is let in; null: what was known last goes on to count. */
  readonly maxAge: number | null;
}

export const createStoreRevocations = (config: StoreRevocationsConfig): StoreRevocations => new StoreRevocations(config);

/** Milliseconds between questions: with the time of an answer, every process knows of a revocation well within two seconds. */
const pollMs = 750;

/** How often, and milliseconds apart, the store is asked before the gateway starts without its answer. */
const firstAttempts = 20;
const firstPauseMs = 100;

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void timers.after(milliseconds, logged("a start was not gone on with"), resolve));

/** A revocation that was removed is remembered for a day by the store: who was cut off for longer reads everything anew. */
const longestGapMs = 12 * 3_600_000;

/** The revocation set of all instances that share a store. Each process has the whole of it in memory. */
export class StoreRevocations implements Living, Revocations {
  declare readonly __resource: "credentials";
  readonly name = "identity.revoked";
  /** It starts in any case, and requests are refused until it is known what is revoked. */
  readonly required = true;
  readonly adminRoutes: readonly AdminRoute[];
  readonly #config: StoreRevocationsConfig;
  readonly #records: Records;
  #set = new RevocationSet();
  #since: RecordsVersion | undefined = undefined;
  /** What is read from the begin, up to its end. */
  #fresh: RevocationSet | undefined = undefined;
  /** What the store has lost, and gets back. */
  #lost: Revocation[] = [];
  /** Nobody is let in: the set was never read as a whole, is not whole, or is too old. */
  #isUnknown = true;
  #why = "has not been read yet";
  /** Milliseconds since the epoch, and monotonic ones, at which it was known to be whole. */
  #knownAt = 0;
  #knownSince = 0;
  #warned = "";
  #life: Life | undefined = undefined;
  #poll: Every | undefined = undefined;

  constructor(config: StoreRevocationsConfig) {
    this.#config = config;
    this.#records = config.store.records(`${config.gateway}:revoked`);
    this.adminRoutes = revocationRoutes(this);
  }

  verdict(identity: Identity): Rejection | undefined {
    return this.#isUnknown ? revocationsUnknown : verdictOf(this.#set, identity);
  }

  get size(): number {
    return this.#set.size;
  }

  entries(): Iterable<Revocation> {
    return this.#set.entries();
  }

  /** `full`: there are as many as there may be. */
  async add(entry: Revocation): Promise<Failed | "added" | "full"> {
    const now = this.#life?.clock.wall() ?? 0;
    const lifeSpan = entry.until === undefined ? Number.POSITIVE_INFINITY : Math.max(1, entry.until - now);
    const added = await this.#records.put(nameOf(entry), JSON.stringify(writtenOf(entry)), lifeSpan, this.#config.max);
    if (isFailed(added)) return added;
    this.#poll?.soon();
    return added ? "added" : "full";
  }

  /** False: it was not there. */
  async remove(entry: Pick<Revocation, "kind" | "value" | "issuer">): Promise<Failed | boolean> {
    const removed = await this.#records.remove(nameOf(entry));
    if (!isFailed(removed)) this.#poll?.soon();
    return removed;
  }

  async start(life: Life): Promise<void> {
    this.#life = life;
    // So that the first request is judged, where the store answers at all: connections to it may be on their way.
    for (let attempt = 1; attempt <= firstAttempts && this.#knownAt === 0 && !life.signal.aborted; attempt++) {
      if (attempt > 1) await pause(firstPauseMs);
      await this.#refresh(life, attempt === firstAttempts);
    }
    this.#poll = life.every(pollMs, () => this.#refresh(life, true));
  }

  async #refresh(life: Life, warns: boolean): Promise<void> {
    if (this.#since !== undefined && life.clock.monotonic() - this.#knownSince > longestGapMs) this.#since = undefined;
    try {
      const isDamaged = await this.#read();
      this.#known(life, isDamaged);
      await this.#giveBack();
    } catch (error) {
      if (warns) this.#missed(life, messageOf(error));
    }
  }

  /** All that has changed. Rejects where the store does not answer, or holds what no gateway wrote. */
  async #read(): Promise<boolean> {
    for (;;) {
      const changes = await this.#records.changes(this.#since);
      if (isFailed(changes)) throw new Error(changes.failed);
      const { era, version, changed, isPart, isDamaged } = changes;
      if (era !== this.#since?.era) this.#begin(era);
      const set = this.#fresh ?? this.#set;
      for (const [name, value] of changed) this.#apply(set, name, value);
      this.#since = { era, version };
      if (isPart) continue;
      this.#set = set;
      this.#fresh = undefined;
      for (const entry of this.#lost) set.put(entry);
      return isDamaged;
    }
  }

  /** The store counts from the begin: what it has lost stays in force here, and is given back. */
  #begin(era: string): void {
    this.#fresh = new RevocationSet();
    if (this.#since === undefined || this.#since.era === "") return;
    this.#lost = [...this.#set.entries()];
    if (this.#lost.length > 0)
      this.#warn(
        `the store has lost the revocations (it counts from ${era === "" ? "nothing" : "the begin"}), and gets back what is known here`,
      );
  }

  async #giveBack(): Promise<void> {
    for (let entry = this.#lost.at(-1); entry !== undefined; entry = this.#lost.at(-1)) {
      const added = await this.add(entry);
      if (isFailed(added)) throw new Error(added.failed);
      this.#lost.pop();
    }
  }

  #apply(set: RevocationSet, name: string, value: string | null): void {
    // Written by a gateway: what cannot be read was not.
    if (value !== null) return set.put(readRevocation(JSON.parse(value)));
    const [kind, named, issuer] = JSON.parse(name) as [Revocation["kind"], string, string?];
    set.remove({ kind, value: named, ...(issuer === undefined ? {} : { issuer }) });
  }

  #known(life: Life, isDamaged: boolean): void {
    this.#set.expire(life.clock.wall());
    const { max } = this.#config;
    if (isDamaged || this.#set.size > max) {
      this.#isUnknown = true;
      this.#why = isDamaged
        ? "is not whole in the store, which has dropped a part of it (`maxmemory-policy` must not be allkeys-…); gateways give back what they know once its keys are deleted"
        : `has ${this.#set.size} entries, more than \`max: ${max}\``;
      this.#warn(`nobody is let in: the revocation set ${this.#why}`);
      return;
    }
    if (this.#warned !== "" && this.#lost.length === 0) {
      this.#warned = "";
      life.log.write("info", "revocations are known again");
    }
    this.#isUnknown = false;
    this.#knownAt = life.clock.wall();
    this.#knownSince = life.clock.monotonic();
  }

  #missed(life: Life, why: string): void {
    const age = life.clock.monotonic() - this.#knownSince;
    if (this.#knownAt === 0) {
      this.#why = `cannot be read: ${why}`;
      this.#warn(`nobody is let in: the revocation set ${this.#why}`);
    } else if (this.#config.maxAge !== null && age > this.#config.maxAge) {
      this.#isUnknown = true;
      this.#why = `is older than \`maxAge\`: ${why}`;
      this.#warn(`nobody is let in: the revocation set ${this.#why}`);
    } else this.#warn(`what was known last stays in force: ${why}`);
  }

  /** Once for each reason, up to when all is well again. */
  #warn(what: string): void {
    if (what === this.#warned) return;
    this.#warned = what;
    this.#life?.log.write("warning", "revocations", { reason: what });
  }

  readiness(): Readiness {
    return this.#isUnknown ? { ready: false, why: this.#why } : { ready: true };
  }

  state(): Json {
    return {
      store: this.#config.storeName,
      entries: this.#set.size,
      known: this.#knownAt === 0 ? "never" : new Date(this.#knownAt).toISOString(),
      ...(this.#isUnknown ? { letsNobodyIn: this.#why } : {}),
    };
  }

  metrics(): readonly MetricFamily[] {
    return revocationMetrics(this.#set.size, this.#knownAt);
  }
}
