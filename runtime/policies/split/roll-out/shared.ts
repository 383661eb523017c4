// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { Claims, ClaimsIn } from "../../../stores/claims.ts";
import { type Failed, isFailed, type RecordStore, type Records, type RecordsVersion } from "../../../stores/store.ts";
import type { Order } from "./judge.ts";
import { type ArmCounts, added, type Counts, noCounts, runOf } from "./plan.ts";
import { countsIn, type Ordered, orderedIn, type Written, writtenIn } from "./recorded.ts";

export interface SharedConfig {
  readonly store: RecordStore;
  readonly claims: ClaimsIn;
}

/** What is new since the last look. */
export interface Look {
  /** This instance decides until the next look. */
  readonly decides: boolean;
  /** What came in the same time, by instance. */
  readonly periods: readonly Counts[];
  readonly written: Written | undefined;
  readonly order: Ordered | undefined;
  /** Users of one of the instances are not distributed as the shares say. */
  readonly hasWrongShares: boolean;
}

/** Milliseconds for which an instance that is gone is waited for, and its counts are known. */
const lease = 5_000;
const countsMs = 60_000;
/** What became of a release is known for thirty days after it was looked at last. */
const standingMs = 30 * 86_400_000;
const orderMs = 60_000;
/** Entries in the store: one for each instance, and two more. */
const most = 1_000;

const standingKey = "standing";
const orderKey = "order";
const instancePrefix = "counts ";

/** A roll-out among several instances: who decides, what each of them has counted, and what was decided. */
export class Shared {
  readonly #records: Records;
  readonly #claims: Claims;
  readonly #metrics: number;
  readonly #instance = crypto.randomUUID();
  #since: RecordsVersion | undefined = undefined;
  #written: Written | undefined = undefined;
  #order: Look["order"] = undefined;
  /** Of each instance since it started or the run began, as of the last look. */
  readonly #counts = new Map<string, Counts>();
  /** Instances whose users are not distributed as the shares say, and in which run. */
  readonly #wrong = new Map<string, number>();
  #own: Counts;

  constructor({ store, claims }: SharedConfig, space: string, metrics: number) {
    this.#records = store.records(space);
    this.#claims = claims.open(store, space);
    this.#metrics = metrics;
    this.#own = noCounts(metrics);
  }

  /** Adds what this instance has counted. `hasWrongShares`: its users are not distributed as the shares say. */
  async look(counts: Counts | undefined, hasWrongShares = false): Promise<Look | Failed> {
    if (counts !== undefined) {
      // Of a run that is over, nobody wants to know any more.
      const before = runOf(counts) === runOf(this.#own) ? this.#own : noCounts(this.#metrics);
      this.#own = { ...added(before, counts), ...(hasWrongShares ? { hasWrongShares } : {}) };
      const put = await this.#records.put(instancePrefix + this.#instance, JSON.stringify(this.#own), countsMs, most);
      if (isFailed(put)) return put;
    }
    const periods = await this.#read();
    if (isFailed(periods)) return periods;
    const decides = await this.#decides();
    if (isFailed(decides)) return decides;
    const [written, order] = [this.#written, this.#order];
    const run = runOf(written?.standing ?? {});
    const areOthers = [...this.#wrong.values()].some((one) => one === run);
    return { decides, periods, written, order, hasWrongShares: hasWrongShares || areOthers };
  }

  /** What the others have decided, without a part in it. */
  async first(): Promise<Written | undefined | Failed> {
    const periods = await this.#read();
    return isFailed(periods) ? periods : this.#written;
  }

  async write(written: Written): Promise<boolean | Failed> {
    const put = await this.#records.put(standingKey, JSON.stringify(written, rounded), standingMs, most);
    if (!isFailed(put)) this.#written = written;
    return put;
  }

  async tell(id: string, order: Order): Promise<boolean | Failed> {
    return this.#records.put(orderKey, JSON.stringify({ id, order } satisfies Ordered), orderMs, most);
  }

  async leave(): Promise<void> {
    await this.#claims.release("decides", this.#work);
  }

  get #work() {
    return { owner: this.#instance, mark: "" };
  }

  async #decides(): Promise<boolean | Failed> {
    const claimed = await this.#claims.claim("decides", this.#work, { lease, span: standingMs }, true);
    return isFailed(claimed) ? claimed : claimed.state === "mine";
  }

  async #read(): Promise<readonly Counts[] | Failed> {
    const periods: Counts[] = [];
    for (;;) {
      const changes = await this.#records.changes(this.#since);
      if (isFailed(changes)) return changes;
      const { era, version, changed, isPart } = changes;
      // What the store has lost, whoever decides writes again.
      for (const [key, value] of changed) periods.push(...this.#readOne(key, value));
      this.#since = { era, version };
      if (!isPart) return periods;
    }
  }

  /** Written by a gateway of the same name: what cannot be read was not. */
  #readOne(key: string, value: string | null): readonly Counts[] {
    if (value === null) {
      this.#wrong.delete(key);
      return [];
    }
    if (key === standingKey) this.#written = writtenIn(value) ?? this.#written;
    else if (key === orderKey) this.#order = orderedIn(value) ?? this.#order;
    else if (key.startsWith(instancePrefix)) {
      const counts = countsIn(value);
      const before = this.#counts.get(key);
      if (counts === undefined || counts.fresh.bad.length !== this.#metrics || counts.old.bad.length !== this.#metrics) return [];
      if (counts.hasWrongShares === true) this.#wrong.set(key, runOf(counts));
      else this.#wrong.delete(key);
      const ran = before === undefined ? 0 : runOf(before);
      const period = before === undefined || ran < runOf(counts) ? counts : added(counts, before, -1);
      // A store that forgot what was written last: it was looked at already, and what comes on top of it will be.
      if (ran > runOf(counts) || hasLess(period.fresh) || hasLess(period.old)) return [];
      // In the order in which they were heard of, so that those that are gone go first.
      this.#counts.delete(key);
      this.#counts.set(key, counts);
      if (this.#counts.size > most) this.#counts.delete(this.#counts.keys().next().value!);
      // What came before this instance looked for the first time has been looked at by another one.
      if (before !== undefined || key === instancePrefix + this.#instance) return [period];
    }
    return [];
  }
}

const hasLess = ({ all, bad }: ArmCounts): boolean => all < 0 || bad.some((count) => count < 0);

const rounded = (_key: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(8)) : value;
