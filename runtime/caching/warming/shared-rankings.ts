// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { clock } from "../../life/clock.ts";
import { type Failed, isFailed, type RecordStore, type Records, type RecordsVersion } from "../../stores/store.ts";
import { type Asked, askedIn, decayed, Ranking } from "./ranking.ts";

/** Milliseconds for which it is known what an instance that is gone was asked for: it counts next to nothing by then. */
const longestKept = 24 * 3_600_000;

/** Most instances, those among them that are gone. */
const mostInstances = 64;

/** As a record has it: wall clock milliseconds, and what was counted up to then. */
interface Report {
  readonly at: number;
  readonly asked: readonly Asked[];
}

/** What other instances are asked for most, and those that are gone were: a record of each, in a store that they share. */
export class SharedRankings {
  readonly #records: Records;
  readonly #most: number;
  /** Name of the record of this instance. */
  #key: string = crypto.randomUUID();
  readonly #reports = new Map<string, Report>();
  #since: RecordsVersion | undefined = undefined;

  /** `most`: keys of one instance. */
  constructor(store: RecordStore, gateway: string, most: number) {
    this.#records = store.records(`${gateway}:most-asked`);
    this.#most = most;
  }

  /** Tells of this instance, and gives what is known of the others. */
  async exchange(own: readonly Asked[]): Promise<readonly Asked[] | Failed> {
    if (own.length > 0) {
      const put = await this.#put({ at: clock.wall(), asked: own });
      if (isFailed(put)) return put;
    }
    const read = await this.#read();
    return isFailed(read) ? read : this.#merged();
  }

  async #put(report: Report): Promise<boolean | Failed> {
    const text = JSON.stringify(report);
    const put = await this.#records.put(this.#key, text, longestKept, mostInstances);
    const [oldest] = [...this.#reports].sort(([, one], [, other]) => one.at - other.at);
    if (put !== false || oldest === undefined) return put;
    // There are as many as there may be: it takes the place of the one that was not heard of for longest.
    this.#key = oldest[0];
    this.#reports.delete(this.#key);
    return this.#records.put(this.#key, text, longestKept, mostInstances);
  }

  async #read(): Promise<true | Failed> {
    for (;;) {
      const changes = await this.#records.changes(this.#since);
      if (isFailed(changes)) return changes;
      const { era, version, changed, isPart } = changes;
      if (era !== this.#since?.era) this.#reports.clear();
      for (const [key, value] of changed) {
        const report = value === null || key === this.#key ? undefined : reportIn(value, this.#most);
        if (report === undefined) this.#reports.delete(key);
        else this.#reports.set(key, report);
      }
      this.#since = { era, version };
      if (!isPart) return true;
    }
  }

  #merged(): readonly Asked[] {
    const now = clock.wall();
    const all = new Ranking(this.#most * 4);
    for (const [key, { at, asked }] of this.#reports) {
      if (now - at > longestKept) this.#reports.delete(key);
      else all.add(asked.map(([name, count]): Asked => [name, count * decayed(now - at)]), now); // biome-ignore format: one line
    }
    return all.top(this.#most);
  }
}

/** Written by a gateway of the same name: what cannot be read was not. */
function reportIn(text: string, most: number): Report | undefined {
  try {
    const { at, asked } = JSON.parse(text) as { readonly at?: unknown; readonly asked?: unknown };
    return typeof at === "number" ? { at, asked: askedIn(asked, most) } : undefined;
  } catch {
    return undefined;
  }
}
