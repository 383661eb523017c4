import type { MetricFamily } from "../../gateway/metrics.ts";
import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import { withDeadline } from "../../life/with-deadline.ts";
import type { ManagedService } from "../attempts/managed-service.ts";
import { isReachable } from "../reachable.ts";
import { Finder, type Looks } from "./finder.ts";
import { type FoundSet, readingSet } from "./found-set.ts";
import type { JudgementConfig } from "./judgement.ts";
import type { Terms } from "./member.ts";
import { Members } from "./members.ts";
import { type KnownEndpoints, replacing } from "./replacing.ts";
import type { EndpointSource } from "./source.ts";

export interface DiscoveryConfig extends JudgementConfig {
  readonly service: ManagedService;
  readonly source: EndpointSource;
  readonly terms: Terms;
  /** Milliseconds for which endpoints count that were not seen again. */
  readonly maxStale: number;
}

export const createDiscovery = (config: DiscoveryConfig): Discovery => new Discovery(config);

const none: FoundSet = { count: 0, groups: [] };

/** Milliseconds for which a start waits for endpoints. */
const patienceMs = 3_000;

/** Milliseconds for a look that is due because a clock says so that may have been turned. */
const turnedMs = 10_000;

/** Milliseconds between looks at how old they are, and at whether they can be reached. */
const ageMs = 1_000;
const reachMs = 5_000;

/** One process of the group finds the endpoints of a service; all of them have them, and no request waits for them. */
class Discovery implements Living {
  declare readonly __resource: "serviceStates";
  readonly name: string;
  readonly required: boolean;
  readonly #config: DiscoveryConfig;
  readonly #known: KnownEndpoints;
  #found: FoundSet | undefined = undefined;
  #looks: Looks = { readAt: 0, failures: 0 };
  #isStale = false;
  /** Monotonic milliseconds: when it was heard of the last look, and since when a clock says that this was too long ago. */
  #heardAt = 0;
  #doubtedSince: number | undefined = undefined;
  /** A connection can be made to one of them, as far as anybody has looked. */
  #isReachable = true;
  /** What is to be in force; undefined: it is. */
  #wanted: FoundSet | undefined = undefined;
  #isReplacing = false;
  /** While this process finds them for its group. */
  #finder: Finder | undefined = undefined;

  constructor(config: DiscoveryConfig) {
    this.name = `services.${config.service.name}.discovery`;
    this.required = config.service.required;
    this.#config = config;
    this.#known = { members: new Members(), terms: config.terms };
  }

  async start(life: Life): Promise<void> {
    const first = new Promise<void>((resolve) => {
      this.#setTopic(life).subscribe((found) => {
        this.#found = found;
        if (!this.#isStale) this.#replace(found, resolve);
      });
    });
    this.#looksTopic(life).subscribe((looks) => {
      if (looks.readAt !== this.#looks.readAt) this.#heardAt = clock.monotonic();
      this.#looks = looks;
      this.#judgeAge(life);
    });
    this.#reachTopic(life).subscribe((isReachable) => {
      this.#isReachable = isReachable;
    });
    life.every(ageMs, () => this.#judgeAge(life));
    await withDeadline(first, patienceMs, logged("a start does not wait for endpoints"), life.signal);
  }

  /** The names have all that matters of the config: two builds that run beside each other may differ in it. */
  #setTopic(life: Life) {
    return life.latest<FoundSet>(`endpoints by authority of ${this.#named}`);
  }

  #looksTopic(life: Life) {
    return life.latest<Looks>(`looks for endpoints of ${this.#named}`);
  }

  #reachTopic(life: Life) {
    return life.latest<boolean>(`reach of ${this.#named}`);
  }

  get #named(): string {
    const { service, source, terms } = this.#config;
    return `${service.name} ${source.description} ${JSON.stringify(terms)}`;
  }

  own(tenure: Life): void {
    const { source, terms, shrink, confirm } = this.#config;
    const end = contained(logged("endpoints are looked for no more"), (): void => {
      this.#finder = undefined;
    });
    tenure.signal.addEventListener("abort", end, { once: true });
    const [set, looks] = [this.#setTopic(tenure), this.#looksTopic(tenure)];
    if (this.required) this.#lookForConnections(tenure);
    this.#finder = new Finder({ source, terms, shrink, confirm, set, looks, tenure });
  }

  #lookForConnections(tenure: Life): void {
    const { service } = this.#config;
    const topic = this.#reachTopic(tenure);
    const every = tenure.every(reachMs, async (signal) => {
      if (service.endpoints.length === 0) return;
      const reachable = await isReachable(service);
      if (!signal.aborted && topic.value !== reachable) topic.publish(reachable);
    });
    const changed = (): void => every.soon();
    service.followers.add(changed);
    const end = contained(logged("endpoints are tried no more"), (): void => void service.followers.delete(changed));
    tenure.signal.addEventListener("abort", end, { once: true });
  }

  /** Endpoints that nobody has seen for too long may be somebody else's by now. */
  #judgeAge({ log }: Life): void {
    const { maxStale, service } = this.#config;
    if (this.#found === undefined) return;
    const isStale = this.#isTooOld(maxStale);
    if (isStale === this.#isStale) return;
    this.#isStale = isStale;
    if (isStale) log.write("error", "endpoints are too old and not used any more", { service: service.name });
    this.#replace(isStale ? none : this.#found);
  }

  /**
   * Whether the last look was too long ago. A clock that was set, as at the start of a machine, says so as well as one of a machine that
   * slept: another look tells them apart.
   */
  #isTooOld(maxStale: number): boolean {
    const now = clock.monotonic();
    if (now > this.#heardAt + maxStale) return true;
    if (clock.wall() <= this.#looks.readAt + maxStale) {
      this.#doubtedSince = undefined;
      return false;
    }
    if (this.#doubtedSince === undefined) this.#finder?.soon();
    this.#doubtedSince ??= now;
    return now - this.#doubtedSince > turnedMs;
  }

  #replace(found: FoundSet, done?: () => void): void {
    this.#wanted = found;
    if (this.#isReplacing) return;
    this.#isReplacing = true;
    let steps: Generator<undefined, void> | undefined;
    const owner = logged("endpoints were not replaced");
    const step = (): void => {
      // A newer set does not wait for the one before, of which what was made is found again.
      if (this.#wanted !== undefined && steps === undefined) {
        steps = this.#replacing(this.#wanted);
        this.#wanted = undefined;
      }
      if (steps?.next().done === true) {
        steps = undefined;
        done?.();
        if (this.#wanted === undefined) {
          this.#isReplacing = false;
          return;
        }
      }
      setImmediate(next);
    };
    const next = contained(
      {
        broke: (error) => {
          this.#isReplacing = false;
          owner.broke(error);
        },
      },
      step,
    );
    next();
  }

  *#replacing(found: FoundSet): Generator<undefined, void> {
    const members = this.#finder?.membersOf(found) ?? (yield* readingSet(found));
    yield* replacing(this.#config.service, this.#known, members);
  }

  readiness(): Readiness {
    const { failure } = this.#looks;
    const because = failure === undefined ? "" : `: ${failure}`;
    if (this.#found === undefined) return { ready: false, why: `none of its endpoints is known yet${because}` };
    if (this.#isStale) return { ready: false, why: `its endpoints were not seen for too long${because}` };
    if (this.#found.count === 0) return { ready: false, why: "it has no endpoints" };
    return this.#isReachable ? { ready: true } : { ready: false, why: "none of its endpoints can be reached" };
  }

  state(): Json {
    const { readAt, failures, failure, held } = this.#looks;
    return {
      source: this.#config.source.description,
      endpoints: this.#known.members.size,
      ...(readAt === 0 ? {} : { seen: new Date(readAt).toISOString() }),
      ...(failures === 0 ? {} : { failures, failure: failure ?? "" }),
      ...(held === undefined ? {} : { held }),
      ...(this.#isStale ? { isStale: true } : {}),
    };
  }

  /** Of the process that looks, so that the sum over all is right. */
  metrics(): readonly MetricFamily[] {
    const finder = this.#finder;
    if (finder === undefined) return [];
    const labels = `service="${this.#config.service.name}"`;
    const { readAt, held } = this.#looks;
    const family = (name: string, help: string, type: "gauge" | "counter", value: number): MetricFamily => ({
      name: `gatewright_discovery_${name}`,
      help,
      type,
      samples: [{ labels, value }],
    });
    const age = readAt === 0 ? 0 : (clock.wall() - readAt) / 1_000;
    return [
      family("endpoints", "Endpoints of the service that its registry lists.", "gauge", this.#found?.count ?? 0),
      family("age_seconds", "Time since its registry was read with success.", "gauge", age),
      family("failures_total", "Looks at its registry that failed.", "counter", finder.failures),
      family("held", "1 while what its registry lists is not believed yet.", "gauge", held === undefined ? 0 : 1),
    ];
  }
}
