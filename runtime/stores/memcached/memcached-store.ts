import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import { shownValue } from "../../life/shown-value.ts";
import { StartError } from "../../life/start-error.ts";
import type { Hosted, HostingStore } from "../entries.ts";
import { storeFamilies } from "../store-families.ts";
import type { MemcachedStoreConfig } from "./config.ts";
import { MemcachedConnection, type ServerState, serverState } from "./connection.ts";
import { Ring } from "./ring.ts";

export const createMemcachedStore = (config: MemcachedStoreConfig): MemcachedStore => new MemcachedStore(config);

/** Keeps answers in one or several Memcached servers: nothing that has to be there later, as they forget at will. */
export class MemcachedStore implements Living, HostingStore {
  declare readonly __resource: "stores";
  readonly name: string;
  readonly required = false;
  readonly config: MemcachedStoreConfig;
  readonly #state: ServerState;
  readonly servers: readonly MemcachedConnection[];
  readonly #ring: Ring;
  readonly #hosted = new Map<string, Hosted>();

  constructor(config: MemcachedStoreConfig) {
    this.name = `stores.${config.name}`;
    this.config = config;
    this.#state = serverState(config);
    const places = config.servers.map((server) => placeOf(config, server));
    this.servers = places.map(({ host, port }) => new MemcachedConnection(this.#state, host, port));
    this.#ring = new Ring(places.map(({ host, port }) => `${host}:${port}`));
  }

  host<Kind extends Hosted>(kind: string, make: () => Kind): Kind {
    let hosted = this.#hosted.get(kind);
    if (hosted === undefined) this.#hosted.set(kind, (hosted = make()));
    // Whoever asks for a kind makes it in the same way.
    return hosted as Kind;
  }

  /** The one that has all that is about `base`. One that is gone has no successor: what others kept since then could be outdated. */
  serverOf(base: string): MemcachedConnection {
    return this.servers[this.#ring.serverOf(base)]!;
  }

  start(life: Life): void {
    this.#state.log = life.log;
    for (const hosted of this.#hosted.values()) hosted.start(life);
    for (const server of this.servers) server.open();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#hosted.values()].map((hosted) => hosted.stop()));
    for (const server of this.servers) server.close();
  }

  readiness(): Readiness {
    return this.servers.every(({ isWell }) => isWell) ? { ready: true } : { ready: false, why: "does not answer" };
  }

  state(): Json {
    const connected = this.servers.filter(({ isReady }) => isReady).length;
    return { kind: "memcached", servers: this.servers.length, connected, failures: { ...this.#state.failures } };
  }

  metrics(): readonly MetricFamily[] {
    const { sent, failures } = this.#state;
    const inFlight = this.servers.reduce((sum, server) => sum + server.inFlight, 0);
    return storeFamilies(this.config.name, { sent, inFlight, failures });
  }
}

/** `host:port`, `[::1]:port`. */
function placeOf({ name, from }: MemcachedStoreConfig, text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new StartError(
      `stores.${name} (${from}): ${shownValue(text)} is not the address of a server. Set one like \`memcached-1:11211\`.`,
    );
  return { host, port: Number(port) };
}
