import { type Client, createClient } from "../../calls/client.ts";
import type { FollowedTls } from "../../calls/followed-tls.ts";
import type { StartValue } from "../../exchange/exchange.ts";
import { logged } from "../../life/boundary.ts";
import type { EventTopic, LatestTopic } from "../../life/channel.ts";
import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import { withDeadline } from "../../life/with-deadline.ts";
import type { Algorithm } from "../jose/algorithms.ts";
import { readKeySet } from "../jose/key-set.ts";
import type { StartUrl } from "../start-url.ts";
import { KeyFetching, type PublishedKeys } from "./key-fetching.ts";
import { longestKeySet, parsedKeySet } from "./key-set-text.ts";
import { type KeySource, KeysInForce, usableKeys } from "./key-source.ts";
import type { MetadataUrls } from "./metadata-urls.ts";
import { UnknownKeys } from "./unknown-keys.ts";

export interface RemoteKeysConfig {
  /** Name of the security scheme. */
  readonly scheme: string;
  /** What the metadata has to say of itself. */
  readonly issuer: StartValue | string;
  /** Of the key set, or where the metadata may be that names it: the first that answers counts. */
  readonly at: { readonly uri: StartUrl | string } | { readonly metadata: MetadataUrls | readonly (StartUrl | string)[] };
  readonly algorithms: readonly Algorithm[];
  /** Milliseconds from one look to the next. */
  readonly refreshMs: number;
  /** Milliseconds between two looks that tokens cause. */
  readonly cooldownMs: number;
  /** Milliseconds for which keys count that were not seen again. */
  readonly maxStaleMs: number;
  /** To the servers. */
  readonly tls?: FollowedTls;
}

/** Throws a `StartError` where the environment names a proxy that cannot be used. */
export const createRemoteKeys = (config: RemoteKeysConfig): KeySource => new RemoteKeys(config);

/** Milliseconds for which a start waits for keys. */
const patienceMs = 5_000;

/** Milliseconds after which somebody else is asked to look, as whoever was asked may be gone. */
const answerMs = 15_000;

/** Seconds until a request should be tried again whose key was looked for in vain, as the server does not answer. */
const failedSeconds = 5;

/** One process of the group fetches them; all of them have them. */
class RemoteKeys implements KeySource {
  declare readonly __made: true;
  readonly source: string;
  readonly inForce = new KeysInForce();
  readonly #config: RemoteKeysConfig;
  readonly #client: Client;
  #wanted: EventTopic<number> | undefined = undefined;
  /** The text of what is in force. */
  #set = "";
  /** Milliseconds since the epoch: the begin of the last look, and when one was last asked for. */
  #lookedAt = 0;
  #wantedAt = 0;
  readonly #unknown = new UnknownKeys();

  constructor(config: RemoteKeysConfig) {
    this.#config = config;
    const { at, issuer, tls } = config;
    const named = "uri" in at ? [at.uri] : at.metadata;
    this.source = "uri" in at ? shown(at.uri) : `the metadata of ${issuer}`;
    this.#client = createClient({
      named,
      maxBytes: longestKeySet,
      wholeMs: 10_000,
      ...(tls === undefined ? {} : { tls: tls.tls }),
    });
  }

  async follow(life: Life): Promise<void> {
    this.#config.tls?.follow(life);
    this.#wanted = this.#wantedTopic(life);
    const first = new Promise<void>((resolve) => {
      this.#topic(life).subscribe((published) => {
        this.#apply(published);
        resolve();
      });
    });
    await withDeadline(first, patienceMs, logged("a start does not wait for keys"), life.signal);
  }

  /** The names have all that matters of the config: two builds that run beside each other may differ in it. */
  #topic(life: Life): LatestTopic<PublishedKeys> {
    return life.latest(`keys of ${this.#config.scheme} ${JSON.stringify(this.#config.at)}`);
  }

  #wantedTopic(life: Life): EventTopic<number> {
    return life.events(`keys wanted of ${this.#config.scheme} ${JSON.stringify(this.#config.at)}`);
  }

  #apply({ set, readAt, lookedAt, failures, failure }: PublishedKeys): void {
    this.#lookedAt = lookedAt;
    this.inForce.failures = failures;
    this.inForce.failure = failure;
    if (set === undefined) return;
    this.inForce.staleAt = readAt + this.#config.maxStaleMs;
    if (set === this.#set) {
      this.inForce.since = readAt;
      return;
    }
    this.#set = set;
    // Whoever fetched it has found usable keys in it.
    this.inForce.replace(usableKeys(readKeySet(parsedKeySet(set), this.#config.algorithms)), readAt);
  }

  lookAgain(kid: string | undefined): number {
    const now = clock.wall();
    const isNew = this.#unknown.isNewSince(this.#lookedAt, kid, now);
    // After a look that failed nobody knows which keys there are.
    const soon = this.inForce.failures > 0 ? failedSeconds : 1;
    const isUnderWay = this.#wantedAt > this.#lookedAt && now < this.#wantedAt + answerMs;
    if (isUnderWay) return soon;
    const rest = this.#lookedAt + this.#config.cooldownMs - now;
    if (rest <= 0) {
      this.#wantedAt = now;
      this.#wanted?.publish(now);
      return soon;
    }
    if (this.inForce.failures > 0) return failedSeconds;
    return isNew ? Math.ceil(rest / 1_000) : 0;
  }

  fetch(tenure: Life): void {
    const topic = this.#topic(tenure);
    const { algorithms, at, issuer, refreshMs } = this.#config;
    const fetching = new KeyFetching({ client: this.#client, at, issuer, algorithms, source: this.source, topic, tenure });
    const every = tenure.every(refreshMs, (signal) =>
      fetching.look(signal, (milliseconds) => fetching.again(milliseconds, every)),
    );
    this.#wantedTopic(tenure).subscribe(
      (wantedAt) => {
        // A look that began before may not have seen what is wanted: there is one more behind it.
        if (wantedAt > fetching.lookedAt) every.soon();
      },
      () => every.soon(),
    );
  }

  stop(): void {
    this.#client.close();
  }
}

/** Without a query, which may hold a secret. */
const shown = (url: string): string => {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
};
