import { Cluster, type ClusterOptions, Command, Redis, type RedisOptions, ReplyError } from "ioredis";
import { contained, logged } from "../../life/boundary.ts";
import { StartError } from "../../life/start-error.ts";
import type { RedisStoreConfig } from "./config.ts";
import { keySlot } from "./key-slot.ts";

/**
 * The connections to a server, a pair that Sentinels watch, or a cluster. The one module that knows the client library.
 *
 * Nothing is sent twice and nothing waits for a connection: what was sent may have been done, and a count that is sent again
 * counts twice. The client follows MOVED and ASK by itself, with which a server says that it did nothing.
 */
export interface Connection {
  /** Rejects with what the server or the network says. */
  send(name: string, args: readonly string[]): Promise<unknown>;
  readonly isReady: boolean;
  /** Which server has the key: calls to one that fails say nothing of the others. */
  serverOf(key: string): string;
  connect(): Promise<void>;
  /** Makes the connection anew, as the server is no longer the right one; a cluster is asked who has which keys. */
  renew(): void;
  /** `gap`: the connection was lost meanwhile. */
  subscribe(channel: string, listener: (message: string) => void, gap: () => void): void;
  close(): void;
}

/** The text of an error reply; undefined: it is something else that went wrong. Names of classes are short in a bundle. */
export function replyIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof ReplyError) return error.message;
  // Of a cluster that was asked a few times in vain: what it said last, behind the name of a class.
  return /^Too many Cluster redirections\. Last error: [^:]*: (.*)/.exec(error.message)?.[1];
}

/** Milliseconds for a connection to stand, and at most between two attempts. */
const connectMs = 2000;
const longestPause = 2000;

const pauseBefore = (attempt: number): number =>
  Math.min(longestPause, 50 * 2 ** Math.min(attempt, 10)) * (0.8 + Math.random() * 0.4);

interface Place {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: number | undefined;
  readonly secure: boolean;
}

export function createConnection(config: RedisStoreConfig, report: (error: unknown) => void): Connection {
  const { server, database } = config;
  const places = (server.kind === "single" ? [server.url] : server.urls).map((url) => placeOf(config, url));
  const [first] = places;
  if (first === undefined) throw new StartError(`stores.${config.name} (${config.from}) names no server. Give it a URL.`);
  const ofServers = server.kind === "sentinel" ? undefined : first;
  const tls = tlsOf(config, places);
  const options: RedisOptions = {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectMs,
    disableClientInfo: true,
    connectionName: `gatewright:${config.gateway}`,
    retryStrategy: pauseBefore,
    username: config.user ?? ofServers?.user,
    password: config.password ?? ofServers?.password,
    db: database ?? ofServers?.database ?? 0,
    ...(tls === undefined ? {} : { tls }),
  };
  const hosts = places.map(({ host, port }) => ({ host, port }));
  switch (server.kind) {
    case "single":
      return new OneServer(() => new Redis({ ...options, ...hosts[0]! }), report);
    case "sentinel":
      return new OneServer(
        () =>
          new Redis({
            ...options,
            sentinels: hosts,
            name: server.group,
            sentinelUsername: server.user ?? first.user,
            sentinelPassword: server.password ?? first.password,
            sentinelRetryStrategy: pauseBefore,
            failoverDetector: true,
            ...(tls === undefined || !first.secure ? {} : { enableTLSForSentinelMode: true, sentinelTLS: tls }),
          }),
        report,
      );
    case "cluster": {
      const ofCluster: ClusterOptions = {
        lazyConnect: true,
        // Connections to its servers are made when they are first needed, and what needs them waits: within its deadline, and
        // no more than may be in flight. Without a cluster nothing is sent.
        enableOfflineQueue: true,
        // A command whose connection broke may have been done.
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
        retryDelayOnTryAgain: 20,
        maxRedirections: 4,
        slotsRefreshTimeout: connectMs,
        clusterRetryStrategy: pauseBefore,
        redisOptions: withoutQueue(options),
      };
      return new Servers(() => new Cluster(hosts, ofCluster), report);
    }
  }
}

/** A cluster does not start where its connections may not hold back what it asks itself (ioredis#581). */
function withoutQueue({ enableOfflineQueue, lazyConnect, retryStrategy, db, ...rest }: RedisOptions): RedisOptions {
  return rest;
}

/** What both kinds of client do. */
abstract class Client<Kind extends Redis | Cluster> implements Connection {
  readonly #make: () => Kind;
  readonly #report: (error: unknown) => void;
  readonly #subscriptions = new Map<string, { readonly listener: (message: string) => void; readonly gap: () => void }>();
  protected readonly client: Kind;
  #subscriber: Kind | undefined = undefined;

  constructor(make: () => Kind, report: (error: unknown) => void) {
    this.#make = make;
    this.#report = report;
    this.client = this.#create();
  }

  get isReady(): boolean {
    return this.client.status === "ready";
  }

  send(name: string, args: readonly string[]): Promise<unknown> {
    const command = new Command(name, [...args], { replyEncoding: "utf8" });
    return this.client.sendCommand(command) as Promise<unknown>;
  }

  async connect(): Promise<void> {
    await this.client.connect();
  }

  subscribe(channel: string, listener: (message: string) => void, gap: () => void): void {
    this.#subscriptions.set(channel, { listener, gap });
    const subscriber = (this.#subscriber ??= this.#openSubscriber());
    // Where the connection does not stand, it subscribes once it does.
    if (subscriber.status === "ready") subscriber.subscribe(channel).catch(this.#report);
  }

  close(): void {
    this.client.disconnect();
    this.#subscriber?.disconnect();
  }

  abstract serverOf(key: string): string;
  abstract renew(): void;

  #create(): Kind {
    const client = this.#make();
    client.on(
      "error",
      contained(logged("a connection to a store failed"), (error: unknown) => this.#report(error)),
    );
    return client;
  }

  #openSubscriber(): Kind {
    const subscriber = this.#create();
    const listening = logged("a message of a store could not be taken");
    subscriber.on(
      "message",
      contained(listening, (channel: string, message: string) => this.#subscriptions.get(channel)?.listener(message)),
    );
    let lost = false;
    subscriber.on(
      "ready",
      contained(listening, () => {
        for (const [channel, { gap }] of this.#subscriptions) {
          subscriber.subscribe(channel).catch(this.#report);
          if (lost) gap();
        }
        lost = true;
      }),
    );
    subscriber.connect().catch(this.#report);
    return subscriber;
  }
}

class OneServer extends Client<Redis> {
  serverOf(): string {
    return "";
  }

  renew(): void {
    this.client.disconnect(true);
  }
}

class Servers extends Client<Cluster> {
  serverOf(key: string): string {
    // The table of the client, which its types do not show.
    const { slots } = this.client as unknown as { readonly slots: readonly (readonly string[] | undefined)[] };
    return slots[keySlot(key)]?.[0] ?? "";
  }

  renew(): void {
    this.client.refreshSlotsCache();
  }
}

function tlsOf({ tls }: RedisStoreConfig, places: readonly Place[]): RedisOptions["tls"] | undefined {
  if (tls === undefined) return places.some(({ secure }) => secure) ? {} : undefined;
  const { ca, certificate: cert, key, serverName: servername } = tls;
  return Object.fromEntries(Object.entries({ ca, cert, key, servername }).filter(([, value]) => value !== undefined));
}

function placeOf({ name, from }: RedisStoreConfig, text: string): Place {
  const remedy = "Set one like `redis://host:6379` or `rediss://user:password@host:6379/0`.";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The text may hold a password.
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === "" || !/^\/?\d*$/.test(url.pathname))
    throw new StartError(`stores.${name} (${from}): a URL of the store is not a URL of a Redis server. ${remedy}`);
  const number = url.pathname.replace("/", "");
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 6379 : Number(url.port),
    user: url.username === "" ? undefined : decodeURIComponent(url.username),
    password: url.password === "" ? undefined : decodeURIComponent(url.password),
    database: number === "" ? undefined : Number(number),
    secure: url.protocol === "rediss:",
  };
}
