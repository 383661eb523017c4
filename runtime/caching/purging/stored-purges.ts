import type { AdminRoute } from "../../admin/route.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Every, Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { messageOf } from "../../life/message-of.ts";
import { timers } from "../../life/timers.ts";
import { type Failed, isFailed, type RecordStore, type Records, type RecordsVersion } from "../../stores/store.ts";
import type { KeptMarks } from "./marks.ts";
import { keyOf, type Purge } from "./purge.ts";
import { PurgeCounts, storedFamilies } from "./purge-counts.ts";
import { groups, PurgeLedger, type PurgeState } from "./purge-ledger.ts";
import { longestKept, putPurge, readPurgeRecord } from "./purge-records.ts";
import { purgeRoutes } from "./purge-routes.ts";
import type { Purges } from "./purges.ts";

export interface StoredPurgesConfig {
  readonly store: RecordStore;
  /** As in `stores`. */
  readonly storeName: string;
  readonly gateway: string;
  /** Most purges that are known by their names. */
  readonly max: number;
  /** Milliseconds without an answer of the store after which the service is asked about whatever is kept; null: it is served. */
  readonly maxAge: number | null;
}

export const createStoredPurges = (config: StoredPurgesConfig): StoredPurges => new StoredPurges(config);

/** Milliseconds between questions: with the time of an answer, every process knows of a purge within a second. */
const pollMs = 500;

/** How often, and milliseconds apart, the store is asked before the gateway starts without its answer. */
const firstAttempts = 20;
const firstPauseMs = 100;

/** Most purges that wait for the store; of more, all is purged. */
const mostWaiting = 1_000;

/** More purges than that between two changes of the store have one number. */
const mostOwn = 2 ** 20;

const all: Purge = { kind: "all", name: "", isSoft: false };

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void timers.after(milliseconds, logged("a start was not gone on with"), resolve));

/**
 * Purges that all instances share: each is a record in a store, and every process reads what is new again and again. Its number is that
 * of the change that made it, so that it is the same for all of them. Messages only make it quicker: what was missed while the store was out
 * of reach is read, and in force, before the store counts as reached again.
 */
export class StoredPurges implements Living, Purges {
  declare readonly __resource: "caching";
  readonly name = "cache.purges";
  /** It starts in any case: as long as the purges are not known, nothing is served without asking. */
  readonly required = true;
  readonly adminRoutes: readonly AdminRoute[];
  readonly #config: StoredPurgesConfig;
  readonly #records: Records;
  #ledger: PurgeLedger;
  /** What was in force when the store began to count anew. */
  #before: { readonly era: string; readonly ledger: PurgeLedger } | undefined = undefined;
  readonly #counts = new PurgeCounts();
  #since: RecordsVersion | undefined = undefined;
  /** The store was never read, has lost what it had, or did not answer for too long. */
  #isUnknown = true;
  #knownSince = Number.NEGATIVE_INFINITY;
  /** By the wall clock: milliseconds since the epoch. */
  #knownAt = 0;
  /** Purges that the store did not take. */
  #failed = 0;
  #warned = "";
  /** In force here, and not yet in the store: by key, so that each waits once. */
  readonly #waiting = new Map<string, Purge>();
  #life: Life | undefined = undefined;
  #poll: Every | undefined = undefined;
  #tell: (() => void) | undefined = undefined;
  /** Beside what the ledger counts: changes of what is unknown, and all of ledgers before. */
  #turns = 0;
  /** Purges of this process since the last change of the store that it knows of. */
  #own = 0;
  readonly longest = longestKept;

  constructor(config: StoredPurgesConfig) {
    this.#config = config;
    this.#ledger = new PurgeLedger(config.max);
    this.#records = config.store.records(`${config.gateway}:purges`);
    this.adminRoutes = purgeRoutes("one", (purges) => this.#ask(purges));
  }

  get era(): string {
    return this.#since?.era ?? "";
  }

  /** Whole numbers are those of the store; what this process purges is between two of them until it is there. */
  get number(): number {
    return (this.#since?.version ?? 0) + this.#own / mostOwn;
  }

  get latest(): number {
    // What is unknown is never found to be valid.
    return this.#isUnknown ? Number.NaN : this.#ledger.latest + this.#turns;
  }

  async start(life: Life): Promise<void> {
    this.#life = life;
    // So that the first fetch knows what came before, where the store answers at all.
    for (let attempt = 1; attempt <= firstAttempts && this.#since === undefined && !life.signal.aborted; attempt++) {
      if (attempt > 1) await pause(firstPauseMs);
      await this.#refresh(life, attempt === firstAttempts);
    }
    this.#poll = life.every(pollMs, () => this.#refresh(life, true));
    const events = life.events<true>("purges");
    this.#tell = () => events.publish(true);
    const soon = (): void => this.#poll?.soon();
    events.subscribe(soon, soon);
  }

  /** In the store first: what is not there is not purged elsewhere, and whoever asked is told. */
  async #ask(purges: readonly Purge[]): Promise<Failed | undefined> {
    for (const purge of purges) {
      const put = await putPurge(this.#records, purge, this.#config.max);
      if (isFailed(put)) {
        this.#failed++;
        return put;
      }
      this.#force(purge);
    }
    this.#tell?.();
    await this.#refresh(this.#life!, true);
    return undefined;
  }

  /** Here at once; once its record is read, it has the number of that. */
  #force(purge: Purge): void {
    this.#counts.add(purge);
    this.#own = Math.min(this.#own + 1, mostOwn - 1);
    this.#ledger.add(purge, this.number, clock.monotonic());
  }

  purge(purges: readonly Purge[]): void {
    for (const purge of purges) {
      this.#force(purge);
      if (this.#waiting.size < mostWaiting) this.#waiting.set(keyOf(purge), purge);
      else this.#waiting.set(keyOf(all), all);
    }
    this.#poll?.soon();
  }

  async #refresh(life: Life, warns: boolean): Promise<void> {
    try {
      await this.#giveWaiting();
      await this.#read();
    } catch (error) {
      if (warns) this.#missed(life, messageOf(error));
    }
  }

  async #giveWaiting(): Promise<void> {
    if (this.#waiting.size === 0) return;
    for (const [key, purge] of this.#waiting) {
      const put = await putPurge(this.#records, purge, this.#config.max);
      if (isFailed(put)) throw new Error(put.failed);
      this.#waiting.delete(key);
    }
    this.#tell?.();
  }

  /** All that is new. Rejects where the store does not answer, or holds what no gateway wrote. */
  async #read(): Promise<void> {
    const asked = clock.monotonic();
    for (;;) {
      const changes = await this.#records.changes(this.#since);
      if (isFailed(changes)) throw new Error(changes.failed);
      const { era, version, changed, isPart, isDamaged } = changes;
      if (era === "") {
        // So that there is a count which what is fetched from now on goes by.
        const put = await this.#records.put("begin", "{}", Number.POSITIVE_INFINITY, this.#config.max + 2 * groups + 2);
        if (isFailed(put)) throw new Error(put.failed);
        continue;
      }
      if (era !== this.#since?.era) this.#begin();
      for (const [key, value] of changed) this.#apply(key, value, version);
      if (version !== this.#since?.version) this.#own = 0;
      this.#since = { era, version };
      if (isPart) continue;
      if (isDamaged) throw new Error("the store has dropped a part of the purges (`maxmemory-policy` must not be allkeys-…)");
      this.#known(asked);
      return;
    }
  }

  /** Another count: which purges there were in between, nobody knows. What was kept by the one before is asked about: see `stateOf`. */
  #begin(): void {
    if (this.#since === undefined) return;
    this.#before = { era: this.#since.era, ledger: this.#ledger };
    this.#turns += this.#ledger.latest + 1;
    this.#ledger = new PurgeLedger(this.#config.max);
    this.#since = undefined;
    this.#own = 0;
    this.#warn("the store has lost the purges: the service is asked about what was kept before");
  }

  /** `version`: that of the last one of several, and so not smaller than its own. */
  #apply(key: string, value: string | null, version: number): void {
    if (value === null) return;
    const record = readPurgeRecord(key, value);
    if (record === undefined) return;
    const at = clock.monotonic() - Math.max(0, clock.wall() - record.at);
    if ("purge" in record) this.#ledger.add(record.purge, version, at);
    else this.#ledger.addGroup(record.group, record.isSoft, version, at);
  }

  #known(at: number): void {
    this.#knownSince = at;
    this.#knownAt = clock.wall();
    if (!this.#isUnknown && this.#warned === "") return;
    this.#isUnknown = false;
    this.#turns++;
    if (this.#warned === "") return;
    this.#warned = "";
    this.#life?.log.write("info", "purges are known again");
  }

  #missed(life: Life, why: string): void {
    const { maxAge } = this.#config;
    const age = life.clock.monotonic() - this.#knownSince;
    const isOld = maxAge !== null && age > maxAge;
    if (isOld && !this.#isUnknown) {
      this.#isUnknown = true;
      this.#turns++;
    }
    this.#warn(
      this.#isUnknown ? `the service is asked about whatever is kept: ${why}` : `what is purged elsewhere is not known: ${why}`,
    );
  }

  /** Once for each reason, up to when all is well again. */
  #warn(what: string): void {
    if (what === this.#warned) return;
    this.#warned = what;
    this.#life?.log.write("warning", "purges", { reason: what });
  }

  stateOf(marks: KeptMarks): PurgeState | "unknown" {
    const { era, number } = marks;
    const ledger = era === this.era ? this.#ledger : era === this.#before?.era ? this.#before.ledger : undefined;
    const state = ledger?.stateOf(marks, number);
    if (state === "gone") return state;
    return state === undefined || this.#isUnknown || era !== this.era ? "unknown" : state;
  }

  isPurgedBy(marks: KeptMarks, time: number): boolean {
    // What there was between two counts, nobody knows.
    return marks.era !== this.era || this.#ledger.isPurgedBy(marks, marks.number, time);
  }

  state(): Json {
    return {
      store: this.#config.storeName,
      inForce: this.#ledger.size,
      waiting: this.#waiting.size,
      ...(this.#warned === "" ? {} : { warning: this.#warned }),
    };
  }

  metrics(): readonly MetricFamily[] {
    return [...this.#counts.families(this.#ledger.size), ...storedFamilies(this.#waiting.size, this.#failed, this.#knownAt)];
  }
}
