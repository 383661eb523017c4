import { contained, logged } from "../../life/boundary.ts";
import { inSlices } from "../../life/in-slices.ts";
import type { Life } from "../../life/life.ts";
import { type Timer, timers } from "../../life/timers.ts";
import type { ManagedService } from "../attempts/managed-service.ts";
import type { CarrierPool } from "../carrier.ts";
import { type Connector, connectorOf } from "../connector.ts";
import { type Endpoint, wayTo } from "../endpoint.ts";
import { createOriginPools } from "../origin-pool.ts";
import type { Check } from "./check.ts";
import type { Dependency, readDependencies } from "./dependencies.ts";
import { type Found, knock, probe } from "./probe.ts";

export interface ActiveHealthConfig {
  /** Undefined: a connection can be opened, and that is all. */
  readonly check?: Check;
  /** Reads from an answer what the endpoint says of what it needs itself. */
  readonly dependencies?: typeof readDependencies;
  /** Port to ask; that of the endpoint where absent. */
  readonly port?: number;
  /** Milliseconds from the end of one check of an endpoint to the next. */
  readonly interval: number;
  /** Milliseconds for a check. */
  readonly timeout: number;
  /** Checks in a row after which an endpoint is healthy, or unhealthy. The first one of all decides at once. */
  readonly healthy: number;
  readonly unhealthy: number;
}

/** What is known of an endpoint by checks. */
export type Health = {
  readonly isHealthy: boolean;
  /** Why the last check failed; empty where it did not. */
  readonly why: string;
  /** What it says of what it needs itself, as far as it was asked. */
  readonly dependencies?: readonly Dependency[];
};

/** Endpoints of which the checks begin at once, and are told of at once; of more, in slices, and the later the more there are. */
const mostAtOnce = 200;
/** Milliseconds that each of them adds to the wait until what is known is told. */
const msPerEndpoint = 0.05;

/** By URL of the endpoint. */
export type HealthOfAll = { readonly [url: string]: Health };

/**
 * Checks the endpoints of a service for the process group, over connections of their own: no bound, pool or breaker of the
 * requests has a say in it. Checks of an endpoint never overlap.
 */
export function checkEndpoints(service: ManagedService, config: ActiveHealthConfig, before: HealthOfAll, tenure: Life): void {
  const known: { [url: string]: Health } = { ...before };
  const topic = tenure.latest<HealthOfAll>(healthTopic(service));
  const checked = new Map<Endpoint, () => void>();
  let publishing: Timer | undefined;
  const publish = (): void => {
    publishing = undefined;
    topic.publish({ ...known });
  };
  /** What is published is all of it: of thousands, so often that this is not all that is done. */
  const publishSoon = (): void => {
    if (publishing !== undefined) return;
    const { length } = service.set.all;
    if (length <= mostAtOnce) publish();
    else publishing = timers.after(length * msPerEndpoint, logged("the health of endpoints was not told"), publish);
  };
  const begin = (endpoint: Endpoint): void => {
    const way = new Way(service, endpoint, config);
    let inRow = 0;
    const every = tenure.every(config.interval, async (signal) => {
      const why = (await way.check()) ?? "";
      if (signal.aborted) return;
      const health = known[endpoint.url];
      const isGood = why === "";
      inRow = health !== undefined && isGood === health.isHealthy ? 0 : inRow + 1;
      const isDecided = health === undefined || inRow >= (isGood ? config.healthy : config.unhealthy);
      const isHealthy = isDecided ? isGood : health.isHealthy;
      if (isDecided) inRow = 0;
      const { dependencies } = way;
      const isKnown = JSON.stringify(health?.dependencies) === JSON.stringify(dependencies);
      if (health?.isHealthy === isHealthy && health.why === why && isKnown) return;
      known[endpoint.url] = { isHealthy, why, ...(dependencies === undefined ? {} : { dependencies }) };
      publishSoon();
    });
    checked.set(endpoint, () => {
      every.stop();
      way.close();
    });
  };
  /** Discovery may have found others, and lost some. */
  const follow = (): void => {
    const there = new Set(service.set.all);
    const urls = new Set(service.set.all.map(({ url }) => url));
    for (const [endpoint, end] of checked) {
      if (there.has(endpoint)) continue;
      end();
      checked.delete(endpoint);
      // Another one at the same place has not been checked.
      delete known[endpoint.url];
    }
    for (const url of Object.keys(known)) if (!urls.has(url)) delete known[url];
    const fresh = service.set.all.filter((endpoint) => !checked.has(endpoint));
    if (fresh.length <= mostAtOnce) for (const endpoint of fresh) begin(endpoint);
    else void beginInSlices(fresh);
  };
  /** Further changes may come before all have begun. */
  const beginInSlices = async (fresh: readonly Endpoint[]): Promise<void> => {
    await inSlices(fresh, (endpoint) => {
      // One that is gone again has this mark.
      if (!tenure.signal.aborted && !checked.has(endpoint) && !service.set.has(endpoint, "draining")) begin(endpoint);
    });
  };
  service.followers.add(follow);
  const onAbort = contained(logged("connections of health checks were not closed"), (): void => {
    service.followers.delete(follow);
    publishing?.cancel();
    for (const end of checked.values()) end();
  });
  tenure.signal.addEventListener("abort", onAbort, { once: true });
  follow();
}

export const healthTopic = ({ name }: ManagedService): string => `health of ${name}`;

/** How one endpoint is asked. */
class Way {
  readonly #endpoint: Endpoint;
  readonly #config: ActiveHealthConfig;
  readonly #connector: Connector;
  readonly #pool: CarrierPool | undefined;
  /** As the last answer says. */
  dependencies: readonly Dependency[] | undefined = undefined;

  constructor(service: ManagedService, endpoint: Endpoint, config: ActiveHealthConfig) {
    const { target, parts } = wayTo(endpoint, service.way, config.timeout);
    this.#endpoint = endpoint;
    this.#config = config;
    this.#connector = connectorOf({ ...target, port: config.port ?? target.port }, parts, (isKept) => this.#pool?.retire(isKept));
    // A connection that was kept would say nothing about whether new ones can be had.
    const limits = { connections: 1, pending: 1, streams: 1, connectMs: config.timeout, idleMs: 0 };
    const create = service.way.protocol ?? createOriginPools();
    this.#pool = config.check === undefined ? undefined : create(this.#connector, limits, endpoint.place);
  }

  check(): Promise<Found> {
    const { check, timeout, dependencies } = this.#config;
    this.dependencies = undefined;
    if (check === undefined || this.#pool === undefined) return knock(this.#connector, timeout);
    return probe(this.#endpoint, this.#pool, check, timeout, (answer) => {
      this.dependencies = dependencies?.(answer);
    });
  }

  close(): void {
    this.#pool?.close();
    this.#connector.leave();
  }
}
