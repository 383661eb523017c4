import type { Problem } from "../../answers/problem.ts";
import type { Exchange, Expression } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Json } from "../../life/json.ts";
import { LazyPicker } from "../balance/lazy-picker.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Choice, Chooser, LoadBalancer, Picker } from "../load-balancer.ts";
import { Panic, type PanicConfig } from "./panic.ts";

type Metadata = { readonly [name: string]: string };

export interface SubsetConfig {
  readonly name: string;
  /** What an endpoint must have to be one of it. */
  readonly metadata: Metadata;
  /** Requests that go to it; absent: all that come to it. */
  readonly when?: Expression<boolean>;
  /** Where none of its endpoints can be used, requests go to any endpoint instead. */
  readonly mayBeAny: boolean;
}

export interface SubsetsConfig {
  /** The first one whose `when` is true is that of a request. */
  readonly subsets: readonly SubsetConfig[];
  readonly panic?: PanicConfig;
  /** Of each endpoint, in their order; absent where their registry says so. */
  readonly metadata?: readonly Metadata[];
}

export const createSubsets = (config: SubsetsConfig): Subsets => new Subsets(config);

/**
 * Chooses for each request among the endpoints whose metadata its subset asks for. Each subset is balanced for itself, with
 * zones, priorities, cookies and panic of its own: what happens in one sends no request to another.
 */
export class Subsets {
  readonly #subsets: readonly Subset[];
  readonly #metadata: SubsetsConfig["metadata"];

  constructor({ subsets, panic, metadata }: SubsetsConfig) {
    this.#subsets = subsets.map((config) => new Subset(config, panic));
    this.#metadata = metadata;
  }

  /** `balancer` chooses within each subset, and among all for requests of none. */
  around(balancer: LoadBalancer): Chooser {
    const own = new Map<Endpoint, Metadata>();
    const over = (endpoints: readonly Endpoint[], all: readonly Endpoint[]): Choice => {
      // A load balancer that knows endpoints by their order has to see them all at first.
      const isFirst = this.#metadata !== undefined && own.size === 0;
      const first = isFirst ? balancer.over(endpoints, all) : undefined;
      const whole = first ?? new LazyPicker(() => balancer.over(endpoints, all));
      // The first time all endpoints of the configuration are there.
      if (isFirst) for (const [index, endpoint] of all.entries()) own.set(endpoint, this.#metadata?.[index] ?? {});
      const metadataOf = (endpoint: Endpoint): Metadata => own.get(endpoint) ?? endpoint.place?.metadata ?? nothing;
      for (const subset of this.#subsets) subset.choose(balancer, all, metadataOf);
      const pickerFor = (x: Exchange): Picker | undefined => {
        const subset = this.#of(x);
        return subset === undefined ? whole : (subset.picker ?? (subset.config.mayBeAny ? whole : undefined));
      };
      return {
        pick: (x) => pickerFor(x)?.pick(x),
        another: (x, tried) => pickerFor(x)?.another(x, tried),
      };
    };
    return { over };
  }

  #of(x: Exchange): Subset | undefined {
    for (const subset of this.#subsets) {
      const { when } = subset.config;
      if (when === undefined || valueOf(when, x) === true) return subset;
    }
    return undefined;
  }

  /** Why a request finds no endpoint though there are some; undefined: it is not a subset that is empty. Counts it. */
  refusal(x: Exchange): Problem | undefined {
    const subset = this.#of(x);
    if (subset === undefined || subset.picker !== undefined || subset.config.mayBeAny) return undefined;
    subset.refused++;
    return subsetEmpty;
  }

  /** Endpoints of each subset that can be used, by its name. */
  state(): { readonly [name: string]: Json } {
    return Object.fromEntries(this.#subsets.map((subset) => [subset.config.name, subset.usable]));
  }

  /** `labels`: of the service. */
  metrics(labels: string): readonly MetricFamily[] {
    const samples = (valueOf: (subset: Subset) => number) =>
      this.#subsets.map((subset) => ({ labels: `${labels},subset="${subset.config.name}"`, value: valueOf(subset) }));
    return [
      {
        name: "gatewright_service_subset_endpoints",
        help: "Endpoints of the subset that can be used, summed over the workers.",
        type: "gauge",
        samples: samples((subset) => subset.usable),
      },
      {
        name: "gatewright_service_subset_empty_total",
        help: "Requests that were refused because no endpoint of their subset could be used.",
        type: "counter",
        samples: samples(({ refused }) => refused),
      },
    ];
  }
}

class Subset {
  readonly config: SubsetConfig;
  readonly #panic: Panic;
  /** Among those that may be chosen; undefined where there are none. */
  picker: Picker | undefined = undefined;
  #mine: readonly Endpoint[] = [];
  /** Requests, since the start. */
  refused = 0;

  constructor(config: SubsetConfig, panic: PanicConfig | undefined) {
    this.config = config;
    // Where others may take over, they do before endpoints are asked that are said not to work.
    this.#panic = new Panic(config.mayBeAny ? { below: 0, refuses: true } : panic);
  }

  /** Endpoints. */
  get usable(): number {
    return this.#mine.filter(isUsable).length;
  }

  choose(balancer: LoadBalancer, all: readonly Endpoint[], metadataOf: (endpoint: Endpoint) => Metadata): void {
    const wanted = Object.entries(this.config.metadata);
    // Endpoints of which a registry says the same share it: of thousands, few are looked at.
    const known = new Map<Metadata, boolean>();
    const isOf = (endpoint: Endpoint): boolean => {
      const metadata = metadataOf(endpoint);
      let found = known.get(metadata);
      if (found === undefined) {
        found = wanted.every(([name, value]) => Object.hasOwn(metadata, name) && metadata[name] === value);
        known.set(metadata, found);
      }
      return found;
    };
    const mine = all.filter(isOf);
    this.#mine = mine;
    const chosen = this.#panic.chosen(mine.filter(isUsable), mine);
    this.picker = chosen.length === 0 ? undefined : new LazyPicker(() => balancer.over(chosen, mine));
  }
}

const nothing: Metadata = {};

const isUsable = ({ marks }: Endpoint): boolean => marks === 0;

const subsetEmpty: Problem = {
  status: 503,
  slug: "subset-empty",
  title: "No endpoint of the subset that the request needs can be used at the moment",
  headers: ["Retry-After", "1"],
  source: "gateway",
};
