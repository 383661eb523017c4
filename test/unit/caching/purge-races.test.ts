import { describe, expect, it } from "vitest";
import type { FetchPlan } from "../../../runtime/caching/answer-cache.ts";
import { createMemoryPurges } from "../../../runtime/caching/purging/memory-purges.ts";
import type { Purge } from "../../../runtime/caching/purging/purge.ts";
import type { Purges } from "../../../runtime/caching/purging/purges.ts";
import { createPurging } from "../../../runtime/caching/purging/purging.ts";
import { createStoredPurges } from "../../../runtime/caching/purging/stored-purges.ts";
import { createTagging } from "../../../runtime/caching/purging/tagging.ts";
import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import type { Json } from "../../../runtime/life/json.ts";
import type { Life } from "../../../runtime/life/life.ts";
import { createCache } from "../../../runtime/policies/cache/index.ts";
import type { Failed, RecordChanges, Records, RecordsVersion } from "../../../runtime/stores/store.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { seededChance } from "../../harness/seeded-chance.ts";
import { stillClock } from "../../harness/still-clock.ts";
import { NotedLog } from "../../life/support/things.ts";
import { cacheConfig } from "../../policies/cache/support.ts";

const time = stillClock();

/** Events between workers, which arrive when the test says so; what a thing does again and again it does then, too. */
class Lives {
  readonly works: (() => void | Promise<void>)[] = [];
  readonly #listeners: ((event: Json) => void)[] = [];
  readonly underway: { readonly to: number; readonly deliver: () => void }[] = [];

  life(index: number): Life {
    const events = {
      publish: (event: Json) => {
        for (const [to, listener] of this.#listeners.entries()) this.underway.push({ to, deliver: () => listener(event) });
      },
      subscribe: (listener: (event: Json) => void) => void (this.#listeners[index] = listener),
    };
    // What purges ask of a life, and nothing else.
    return {
      clock: { monotonic: () => time.monotonic, wall: () => time.wall },
      log: new NotedLog(),
      signal: new AbortController().signal,
      group: { size: 2, index },
      every: (_milliseconds: number, work: () => void | Promise<void>) => {
        this.works[index] = work;
        return { soon() {}, stop() {} };
      },
      events: () => events,
    } as unknown as Life;
  }
}

/** Records as a server has them that two instances share, each of which may be cut off from it. */
class SharedRecords {
  readonly #changes: { readonly key: string; readonly value: string; readonly version: number }[] = [];
  era = "one";

  lose(era: string): void {
    this.#changes.length = 0;
    this.era = era;
  }

  /** `isCut`: whoever asks now gets no answer. */
  seenBy(isCut: () => boolean): Records {
    const given = <Value>(value: () => Value): Promise<Value | Failed> =>
      Promise.resolve(isCut() ? { failed: "cut off" } : value());
    return {
      put: (key, value) =>
        given(() => {
          const at = this.#changes.findIndex((one) => one.key === key);
          if (at >= 0) this.#changes.splice(at, 1);
          this.#changes.push({ key, value, version: ++this.#version });
          return true;
        }),
      remove: () => given(() => false),
      changes: (since) => given(() => this.#since(since)),
    };
  }

  #version = 0;

  #since(since: RecordsVersion | undefined): RecordChanges {
    const after = since?.era === this.era ? since.version : 0;
    // Few at a time, so that there are several parts.
    const found = this.#changes.filter(({ version }) => version > after).slice(0, 3);
    return {
      era: this.era,
      version: found.at(-1)?.version ?? after,
      changed: found.map(({ key, value }) => [key, value] as const),
      isPart: found.length === 3,
      isDamaged: false,
    };
  }
}

const paths = ["/a", "/a/b", "/a/b/c", "/d", "/d/e"];
const tagsOf = (path: string): readonly string[] => [`t${path.length}`, "every", `o${paths.indexOf(path) % 2}`];

const purges: readonly { readonly purge: Omit<Purge, "isSoft">; readonly about: (path: string) => boolean }[] = [
  { purge: { kind: "all", name: "" }, about: () => true },
  { purge: { kind: "tag", name: "every" }, about: () => true },
  { purge: { kind: "tag", name: "t4" }, about: (path) => path.length === 4 },
  { purge: { kind: "tag", name: "o1" }, about: (path) => paths.indexOf(path) % 2 === 1 },
  { purge: { kind: "uri", name: "/a" }, about: (path) => path === "/a" },
  { purge: { kind: "uri", name: "//shop.example.com/a/b" }, about: (path) => path === "/a/b" },
  { purge: { kind: "prefix", name: "/a" }, about: (path) => path.startsWith("/a") },
  { purge: { kind: "prefix", name: "//shop.example.com/d" }, about: (path) => path.startsWith("/d") },
];

/** The versions of what the service has: whoever asks behind a purge that is known here gets none from before it. */
class Origin {
  readonly version = new Map(paths.map((path) => [path, 1]));
  read = (path: string): number => this.version.get(path)!;
  change(about: (path: string) => boolean): ReadonlyMap<string, number> {
    for (const path of paths) if (about(path)) this.version.set(path, this.read(path) + 1);
    return new Map([...this.version].filter(([path]) => about(path)));
  }
}

interface Waiting {
  readonly x: Exchange;
  /** The least version that it may get. */
  readonly least: number;
}

interface Fetch {
  readonly x: Exchange;
  readonly path: string;
  readonly plan: FetchPlan;
  /** Undefined: the service has not read yet what it answers. */
  version: number | undefined;
  readonly waiting: Waiting[];
}

/** One worker: its cache, the fetches under way, and what it may serve as far as it knows of purges. */
class Worker {
  readonly fetches: Fetch[] = [];
  readonly least = new Map(paths.map((path) => [path, 0]));
  served = 0;
  hits = 0;
  readonly #cache;
  readonly #origin: Origin;

  constructor(given: Purges, origin: Origin) {
    const tagging = createTagging({ fields: ["surrogate-key"], values: [], keepsFields: false, most: 10 });
    this.#cache = createCache(
      cacheConfig({ purging: createPurging({ purges: given, tagging, after: null }), staleWhileRevalidate: 0, staleIfError: 50 }),
    );
    this.#origin = origin;
  }

  learn(changed: ReadonlyMap<string, number>): void {
    for (const [path, version] of changed) this.least.set(path, Math.max(version, this.least.get(path)!));
  }

  ask(path: string): void {
    const x = fakeExchange({ path, startedAt: time.monotonic });
    this.#find({ x, least: this.least.get(path)! }, path, false);
  }

  #find(one: Waiting, path: string, isAlone: boolean): void {
    const finding = this.#cache.find(one.x);
    if (finding instanceof Promise || finding.kind === "bypass" || finding.kind === "refused")
      throw new Error("no such finding here");
    if (finding.kind === "hit") {
      this.hits++;
      return this.#give(one, finding.stored.body);
    }
    const flying = this.fetches.find(({ plan }) => plan.flight === finding.fetch.flight);
    if (!isAlone && finding.fetch.isShared && flying !== undefined) flying.waiting.push(one);
    else {
      this.#cache.begin(one.x, finding.fetch);
      this.fetches.push({ x: one.x, path, plan: finding.fetch, version: undefined, waiting: [one] });
    }
  }

  #give({ least }: Waiting, body: Buffer): void {
    this.served++;
    expect(Number(body)).toBeGreaterThanOrEqual(least);
  }

  /** The service reads what it has, or its answer comes: some time later. */
  goOn(fetch: Fetch): void {
    if (fetch.version === undefined) {
      fetch.version = this.#origin.read(fetch.path);
      return;
    }
    this.fetches.splice(this.fetches.indexOf(fetch), 1);
    const { plan, x, waiting, version } = fetch;
    const isSame = plan.stored !== undefined && Number(plan.stored.body) === version;
    const fields = ["Cache-Control", "max-age=1000", "ETag", `"${version}"`, "Surrogate-Key", tagsOf(fetch.path).join(" ")];
    const headers = new HeaderList(isSame ? fields.slice(0, 4) : fields);
    const answer = { status: isSame ? 304 : 200, headers, body: undefined, source: "service" };
    x.answer = answer;
    const verdict = this.#cache.judge(x, plan, answer, 1);
    if (verdict.kind === "pass") throw new Error("it was to be kept");
    const stored = verdict.kind === "serve" ? verdict.stored : verdict.draft;
    const body = verdict.kind === "serve" ? stored.body : Buffer.from(String(version));
    if (verdict.kind === "keep") this.#cache.keep(plan, verdict.draft, body);
    this.#cache.ended(plan);
    const isFor = (one: Waiting): boolean => one.x === x || (verdict.isForAll && this.#cache.isFor(one.x, stored));
    for (const one of waiting.filter(isFor)) this.#give(one, body);
    for (const one of waiting.filter((each) => !isFor(each))) this.#find(one, fetch.path, this.#cache.isFor(one.x, stored));
  }
}

const steps = 6_000;

describe.each([1, 2, 3])("purges and fetches in any order, of a seed %i", (seed) => {
  it("in two workers: nobody gets what was purged before it asked, as far as its worker knows", () => {
    const chance = seededChance(seed);
    const among = <Thing>(things: readonly Thing[]): Thing => things[Math.floor(chance() * things.length)]!;
    const [lives, origin] = [new Lives(), new Origin()];
    const known: ReadonlyMap<string, number>[] = [];
    const given = [0, 1].map((index) => {
      const made = createMemoryPurges({ max: 3 });
      made.start(lives.life(index));
      return made;
    });
    const workers = given.map((one) => new Worker(one, origin));
    for (let step = 0; step < steps; step++) {
      time.pass(1);
      const roll = chance();
      const worker = among(workers);
      if (roll < 0.5) worker.ask(among(paths));
      else if (roll < 0.94) {
        if (worker.fetches.length > 0) worker.goOn(among(worker.fetches));
      } else if (roll < 0.96) {
        const { purge, about } = among(purges);
        const changed = origin.change(about);
        const at = workers.indexOf(worker);
        given[at]!.purge([{ ...purge, isSoft: chance() < 0.2 }]);
        worker.learn(changed);
        known.push(changed, changed);
      } else if (lives.underway.length > 0) {
        lives.underway.shift()!.deliver();
        const changed = known.shift()!;
        // To whom it went does not matter to the one who sent it: it knows already.
        if (lives.underway.length % 2 === 0) for (const each of workers) each.learn(changed);
      }
    }
    for (const { hits, served } of workers) expect([hits > 100, served > 600]).toEqual([true, true]);
  });

  it("in two instances that share a store, are cut off from it, and see it lose what it had", async () => {
    const chance = seededChance(seed + 100);
    const among = <Thing>(things: readonly Thing[]): Thing => things[Math.floor(chance() * things.length)]!;
    const [origin, shared] = [new Origin(), new SharedRecords()];
    const isCut = [false, false];
    /** What was purged by one and is not known to the other yet. */
    const unknown: ReadonlyMap<string, number>[][] = [[], []];
    const instances = await Promise.all(
      [0, 1].map(async (index) => {
        const records = shared.seenBy(() => isCut[index]!);
        const store = { __resource: "stores", name: "shared", records: () => records } as const;
        const stored = createStoredPurges({ store, storeName: "shared", gateway: "shop", max: 100, maxAge: null });
        const lives = new Lives();
        await stored.start(lives.life(0));
        return { stored, worker: new Worker(stored, origin), poll: () => lives.works[0]!() };
      }),
    );
    for (let step = 0; step < steps; step++) {
      time.pass(1);
      const roll = chance();
      const at = Math.floor(chance() * 2);
      const { stored, worker, poll } = instances[at]!;
      if (roll < 0.5) worker.ask(among(paths));
      else if (roll < 0.94) {
        if (worker.fetches.length > 0) worker.goOn(among(worker.fetches));
      } else if (roll < 0.96) {
        const { purge, about } = among(purges);
        const changed = origin.change(about);
        stored.purge([{ ...purge, isSoft: chance() < 0.2 }]);
        worker.learn(changed);
        // Once it is in the store, who reads that knows it.
        if (!isCut[at]) {
          await poll();
          unknown[1 - at]!.push(changed);
        }
      } else if (roll < 0.99) {
        await poll();
        if (!isCut[at]) for (const changed of unknown[at]!.splice(0)) worker.learn(changed);
      } else if (roll < 0.999) isCut[at] = !isCut[at];
      else shared.lose(`era ${step}`);
    }
    for (const { worker } of instances) expect([worker.hits > 100, worker.served > 600]).toEqual([true, true]);
  });
});
