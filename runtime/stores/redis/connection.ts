import { Cluster, type ClusterOptions, Command as LibraryCommand, Redis, type RedisOptions, ReplyError } from "ioredis";
import { contained, logged } from "../../life/boundary.ts";
import { StartError } from "../../life/start-error.ts";
import { type Timer, timers } from "../../life/timers.ts";
import type { Command, CommandKey } from "./command.ts";
import type { RedisStoreConfig } from "./config.ts";
import { keySlot } from "./key-slot.ts";
import { type Place, placeOf } from "./place.ts";
import { Redirectable } from "./redirectable.ts";

/**
 * The connections to a server, a pair that Sentinels watch, or a cluster. The one module that knows the client library.
 *
 * Nothing is sent twice and nothing waits for a connection: what was sent may have been done, and a count that is sent again
 * counts twice. The client follows MOVED and ASK by itself, with which a server says that it did nothing.
 */
export interface Connection {
  /** In order, with one write for each server: of a call through a socket, most is the call. */
  send(commands: readonly Command[]): void;
  readonly isReady: boolean;
  /** Which server has the key: calls to one that fails say nothing of the others. */
  serverOf(key: CommandKey): string;
  connect(): Promise<void>;
  /** Makes the connection anew, as the server is no longer the right one; a cluster is asked who has which keys. */
  renew(): void;
  /** `gap`: the connection was lost meanwhile. A channel has as many listeners as there are. */
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

/** Milliseconds after which a client that gave up connects again. */
const endedPause = 200;

const pauseBefore = (attempt: number): number =>
  Math.min(longestPause, 50 * 2 ** Math.min(attempt, 10)) * (0.8 + Math.random() * 0.4);

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
  /** By channel. */
  readonly #subscriptions = new Map<string, { readonly listener: (message: string) => void; readonly gap: () => void }[]>();
  protected readonly client: Kind;
  #subscriber: Kind | undefined = undefined;
  #isClosed = false;
  /** By the client that has given up. */
  readonly #again = new Map<Kind, Timer>();

  constructor(make: () => Kind, report: (error: unknown) => void) {
    this.#make = make;
    this.#report = report;
    this.client = this.#create();
  }

  get isReady(): boolean {
    return this.client.status === "ready";
  }

  abstract send(commands: readonly Command[]): void;

  async connect(): Promise<void> {
    await this.client.connect();
  }

  subscribe(channel: string, listener: (message: string) => void, gap: () => void): void {
    this.#subscriptions.set(channel, [...(this.#subscriptions.get(channel) ?? []), { listener, gap }]);
    const subscriber = (this.#subscriber ??= this.#openSubscriber());
    // Where the connection does not stand, it subscribes once it does.
    if (subscriber.status === "ready") subscriber.subscribe(channel).catch(this.#report);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#again.values()) timer.cancel();
    this.client.disconnect();
    this.#subscriber?.disconnect();
  }

  abstract serverOf(key: CommandKey): string;
  abstract renew(): void;

  #create(): Kind {
    const client = this.#make();
    client.on(
      "error",
      contained(logged("a connection to a store failed"), (error: unknown) => this.#report(error)),
    );
    // Told of a fail-over by a Sentinel while it connects, the client gives up for ever.
    client.on(
      "end",
      contained(logged("a connection to a store was not made again"), () => this.#connectAgain(client)),
    );
    return client;
  }

  #connectAgain(client: Kind): void {
    if (this.#isClosed || this.#again.has(client)) return;
    const timer = timers.after(endedPause, logged("a connection to a store was not made again"), () => {
      this.#again.delete(client);
      if (client.status === "end") client.connect().catch(this.#report);
    });
    this.#again.set(client, timer);
  }

  #openSubscriber(): Kind {
    const subscriber = this.#create();
    const listening = logged("a message of a store could not be taken");
    subscriber.on(
      "message",
      contained(listening, (channel: string, message: string) => {
        for (const { listener } of this.#subscriptions.get(channel) ?? []) listener(message);
      }),
    );
    let lost = false;
    subscriber.on(
      "ready",
      contained(listening, () => {
        for (const [channel, listeners] of this.#subscriptions) {
          subscriber.subscribe(channel).catch(this.#report);
          if (lost) for (const { gap } of listeners) gap();
        }
        lost = true;
      }),
    );
    subscriber.connect().catch(this.#report);
    return subscriber;
  }
}

/**
 * What is written to the socket of a client at once. The client has each command in its queue, by which it knows whose a
 * reply is, and leaves the writing to this: nothing else may be sent through it until the end.
 */
class Writing {
  readonly #client: Redis;
  readonly #stream: Extract<Parameters<Redis["sendCommand"]>[1], { readonly isPipeline: true }>;
  #text = "";

  constructor(client: Redis) {
    this.#client = client;
    const write = (part: string | Buffer): void => {
      if (typeof part === "string") this.#text += part;
      else {
        this.end();
        client.stream.write(part);
      }
    };
    this.#stream = { isPipeline: true, write, destination: { redis: { stream: client.stream } } };
  }

  add(command: Command): void {
    // The client asks no more than this of a command that is neither traced nor has a deadline of the client's.
    this.#client.sendCommand(command as unknown as LibraryCommand, this.#stream);
  }

  end(): void {
    const text = this.#text;
    this.#text = "";
    // Most is ASCII, which takes a copy and no encoder.
    if (text !== "") this.#client.stream.write(text, Buffer.byteLength(text) === text.length ? "latin1" : "utf8");
  }
}

class OneServer extends Client<Redis> {
  send(commands: readonly Command[]): void {
    const writing = new Writing(this.client);
    try {
      for (const command of commands) writing.add(command);
    } finally {
      // What is in the queue has to be sent, or each reply would be taken for that of another command.
      writing.end();
    }
  }

  serverOf(): string {
    return "";
  }

  renew(): void {
    this.client.disconnect(true);
  }
}

class Servers extends Client<Cluster> {
  send(commands: readonly Command[]): void {
    const writings = new Map<Redis, Writing>();
    const aside: Command[] = [];
    try {
      for (const command of commands) {
        const server = this.#serverFor(command.key);
        if (server === undefined) {
          aside.push(command);
          continue;
        }
        let writing = writings.get(server);
        if (writing === undefined) writings.set(server, (writing = new Writing(server)));
        writing.add(new Redirectable(command, this.#follow));
      }
    } finally {
      for (const writing of writings.values()) writing.end();
    }
    for (const command of aside) this.#sendByClient(command);
  }

  serverOf(key: CommandKey): string {
    return this.#known.slots[slotOf(key)]?.[0] ?? "";
  }

  renew(): void {
    this.client.refreshSlotsCache();
  }

  readonly #follow = (error: unknown, command: Command): boolean => {
    const isElsewhere = /^(?:MOVED|ASK|TRYAGAIN) /.test(replyIn(error) ?? "");
    if (isElsewhere) this.#sendByClient(command);
    return isElsewhere;
  };

  /** Undefined where there is no connection to it that stands. */
  #serverFor(key: CommandKey): Redis | undefined {
    const server = this.#known.connectionPool.getInstanceByKey(this.serverOf(key));
    return server?.status === "ready" && server.stream.writable ? server : undefined;
  }

  /** Makes the connection that is needed, and follows whatever servers say of who has the key. */
  #sendByClient(command: Command): void {
    const sent = this.client.sendCommand(new LibraryCommand(command.name, [...command.args])) as Promise<unknown>;
    const taking = logged("a reply of a store could not be taken");
    sent.then(
      contained(taking, (reply: unknown) => command.resolve(reply)),
      contained(taking, (error: unknown) => command.reject(error)),
    );
  }

  /** The tables of the client, which its types do not show. */
  get #known(): ClusterTables {
    return this.client as unknown as ClusterTables;
  }
}

interface ClusterTables {
  /** By slot: host and port of each server that has it, the primary first. */
  readonly slots: readonly (readonly string[] | undefined)[];
  readonly connectionPool: { getInstanceByKey(server: string): Redis | undefined };
}

const slotOf = (key: CommandKey): number => (key.slot ??= keySlot(key.name));

function tlsOf({ tls }: RedisStoreConfig, places: readonly Place[]): RedisOptions["tls"] | undefined {
  if (tls === undefined) return places.some(({ secure }) => secure) ? {} : undefined;
  const { ca, certificate: cert, key, serverName: servername } = tls;
  return Object.fromEntries(Object.entries({ ca, cert, key, servername }).filter(([, value]) => value !== undefined));
}
