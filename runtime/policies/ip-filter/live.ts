import { type CidrSet, createCidrSet } from "../../addresses/cidr.ts";
import { refuse } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import { label } from "../../metrics/label.ts";
import { type IpFilterConfig, refuseAddress } from "./index.ts";
import type { LiveList } from "./live-list.ts";

export interface LiveIpFilterConfig extends IpFilterConfig {
  /** Where it is configured: `gateway.yaml:7`. */
  readonly at: string;
  readonly allowLists: readonly LiveList[];
  readonly denyLists: readonly LiveList[];
}

export const createLiveIpFilter = (config: LiveIpFilterConfig): LiveIpFilter => new LiveIpFilter(config);

/** The blocks of the configuration, and lists that change while the gateway runs. */
class LiveIpFilter implements Living {
  readonly name: string;
  readonly required: boolean;
  readonly #allowsAll: boolean;
  readonly #allow: CidrSet | undefined;
  readonly #allowLists: readonly LiveList[];
  readonly #deny: CidrSet | undefined;
  readonly #denyLists: readonly LiveList[];
  readonly #lists: readonly LiveList[];

  constructor({ at, allow, deny, allowLists, denyLists }: LiveIpFilterConfig) {
    this.#allowsAll = allow === null && allowLists.length === 0;
    this.#allow = setUnlessEmpty(allow ?? []);
    this.#deny = setUnlessEmpty(deny);
    this.#allowLists = allowLists;
    this.#denyLists = denyLists;
    this.#lists = [...allowLists, ...denyLists];
    // Two filters with the same lists may have the same name: one of them fetches for both.
    this.name = `${at} ipFilter ${this.#lists.map(({ source }) => source).join(", ")}`;
    this.required = this.#lists.some(({ required }) => required);
  }

  request(x: Exchange): boolean {
    const { ip } = x.peer;
    const denied = isIn(this.#deny, this.#denyLists, ip, true);
    if (denied === true) return refuseAddress(x);
    const allowed = this.#allowsAll || isIn(this.#allow, this.#allowLists, ip, false);
    if (allowed === false) return refuseAddress(x);
    if (denied === false && allowed === true) return false;
    return refuse(x, {
      status: 503,
      slug: "addresses-unknown",
      title: "It is not known yet which addresses may call",
      source: "ipFilter",
      headers: ["Retry-After", "5"],
    });
  }

  async start(life: Life): Promise<void> {
    await Promise.all(this.#lists.map((list) => this.#follow(list, life)));
  }

  async #follow(list: LiveList, life: Life): Promise<void> {
    const first = list.follow(life);
    if (list.required) return first;
    try {
      await first;
    } catch {
      // Whoever looks after the list has said so; until there is one, nobody passes who may be in it.
    }
  }

  own(tenure: Life): void {
    for (const list of this.#lists) list.fetch?.(tenure);
  }

  readiness(): Readiness {
    const missing = this.#lists.find(({ required, inForce }) => required && inForce.set === undefined);
    return missing === undefined ? { ready: true } : { ready: false, why: `has no list from ${missing.source} yet` };
  }

  stop(): void {
    for (const list of this.#lists) list.stop?.();
  }

  state(): Json {
    return this.#lists.map(({ source, inForce: { set, entries, since } }) =>
      set === undefined ? { source } : { source, entries, since: new Date(since).toISOString() },
    );
  }

  metrics(): readonly MetricFamily[] {
    const there = this.#lists.filter(({ inForce }) => inForce.set !== undefined);
    const samples = (value: (list: LiveList) => number): MetricFamily["samples"] =>
      there.map((list) => ({ labels: label("list", list.source), value: value(list) }));
    return [
      {
        name: "gatewright_address_list_entries",
        help: "Addresses and blocks in a list that ipFilter follows.",
        type: "gauge",
        samples: samples(({ inForce }) => inForce.entries),
        isInfo: true,
      },
      {
        name: "gatewright_address_list_loaded_timestamp_seconds",
        help: "When the list came that is in force, in seconds since the epoch.",
        type: "gauge",
        samples: samples(({ inForce }) => inForce.since / 1_000),
        isInfo: true,
      },
    ];
  }
}

/**
 * Undefined where it cannot be decided: a list is not there yet.
 *
 * @param ifNone what counts where `ip` is not an address
 */
function isIn(blocks: CidrSet | undefined, lists: readonly LiveList[], ip: string, ifNone: boolean): boolean | undefined {
  let isKnown = true;
  if (blocks !== undefined && (blocks.has(ip) ?? ifNone)) return true;
  for (const { inForce } of lists) {
    if (inForce.set === undefined) isKnown = false;
    else if (inForce.set.has(ip) ?? ifNone) return true;
  }
  return isKnown ? false : undefined;
}

const setUnlessEmpty = (blocks: readonly string[]): CidrSet | undefined =>
  blocks.length === 0 ? undefined : createCidrSet(blocks);
