import type { AdminRoute } from "../../admin/route.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import type { KeptMarks } from "./marks.ts";
import { keyOf, type Purge, purgeOf } from "./purge.ts";
import { PurgeCounts } from "./purge-counts.ts";
import { PurgeLedger, type PurgeState } from "./purge-ledger.ts";
import { purgeRoutes } from "./purge-routes.ts";
import type { Purges } from "./purges.ts";

export interface MemoryPurgesConfig {
  /** Most purges that are known by their names. */
  readonly max: number;
}

export const createMemoryPurges = (config: MemoryPurgesConfig): MemoryPurges => new MemoryPurges(config);

/** What one process tells the others: as keys of a ledger. */
type Told = readonly string[];

/**
 * Purges in the memory of the processes of one instance, each of which keeps answers of its own: what one learns, all learn. One
 * that starts later has nothing kept from before.
 */
export class MemoryPurges implements Living, Purges {
  declare readonly __resource: "caching";
  readonly name = "cache.purges";
  readonly required = true;
  readonly adminRoutes: readonly AdminRoute[];
  readonly era = "";
  number = 0;
  readonly longest = Number.POSITIVE_INFINITY;
  readonly #ledger: PurgeLedger;
  readonly #counts = new PurgeCounts();
  /** Of the processes that are all asked at once, this one counts it. */
  #isFirst = true;
  #tell: ((told: Told) => void) | undefined = undefined;

  constructor({ max }: MemoryPurgesConfig) {
    this.#ledger = new PurgeLedger(max);
    // Each worker purges what it keeps: once the answer is there, it is gone in all of them.
    this.adminRoutes = purgeRoutes("all", async (purges) => {
      this.#apply(purges, this.#isFirst);
      return undefined;
    });
  }

  get latest(): number {
    return this.#ledger.latest;
  }

  start(life: Life): void {
    const events = life.events<Told>("purges");
    const { index } = life.group;
    this.#isFirst = index === 0;
    this.#tell = (keys) => events.publish([String(index), ...keys]);
    events.subscribe(
      // Its own came first.
      ([from, ...keys]) => {
        if (from !== String(index))
          this.#apply(
            keys.flatMap((key) => purgeOf(key) ?? []),
            false,
          );
      },
      // Nobody knows what was missed.
      () => this.#apply([{ kind: "all", name: "", isSoft: false }], false),
    );
  }

  purge(purges: readonly Purge[]): void {
    this.#apply(purges);
    this.#tell?.(purges.map(keyOf));
  }

  #apply(purges: readonly Purge[], isCounted = true): void {
    for (const purge of purges) {
      this.#ledger.add(purge, ++this.number, clock.monotonic());
      if (isCounted) this.#counts.add(purge);
    }
  }

  stateOf(marks: KeptMarks): PurgeState {
    return this.#ledger.stateOf(marks, marks.number);
  }

  isPurgedBy(marks: KeptMarks, time: number): boolean {
    return this.#ledger.isPurgedBy(marks, marks.number, time);
  }

  state(): Json {
    return { inForce: this.#ledger.size };
  }

  metrics(): readonly MetricFamily[] {
    return this.#counts.families(this.#ledger.size);
  }
}
