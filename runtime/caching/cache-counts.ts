import type { MetricFamily } from "../gateway/metrics.ts";
import { label } from "../metrics/label.ts";

const outcomes = {
  hit: 0,
  stale: 0,
  miss: 0,
  revalidated: 0,
  coalesced: 0,
  bypass: 0,
  refused: 0,
  failed: 0,
};

export type CacheOutcome = keyof typeof outcomes;

export interface CacheCountsConfig {
  /** `orders.v1.listOrders`. */
  readonly operation: string;
}

export const createCacheCounts = (config: CacheCountsConfig): CacheCounts => new CacheCounts(config);

/** What a store keeps in the memory of a process. */
export interface MemoryFigures {
  readonly bytes: number;
  readonly resources: number;
  readonly evicted: number;
}

/** `name`: as in `stores`. */
export interface StoreFigures {
  readonly name: string;
  /** Absent: nothing of it is in memory. */
  readonly memory?: MemoryFigures;
  /** Of a server: URIs that something has changed, which it was not told of yet. */
  readonly untold?: number;
}

/** Where requests to one operation got their answers from. Each is counted once. */
export class CacheCounts {
  readonly #operation: string;
  readonly #counts = { ...outcomes };

  constructor({ operation }: CacheCountsConfig) {
    this.#operation = operation;
  }

  add(outcome: CacheOutcome): void {
    this.#counts[outcome]++;
  }

  /** `store`: what its store keeps, where this one is to tell of it. */
  families(store: StoreFigures | undefined): readonly MetricFamily[] {
    const operation = label("operation", this.#operation);
    return [
      {
        name: "gatewright_cache_requests_total",
        help: "Requests to operations with a cache, by where their answers came from: hit (kept and fresh), stale (kept and stale, while a newer one is fetched or the service fails), miss (the service), revalidated (kept, as the service said that it still holds), coalesced (the fetch of another request), bypass (the service, as if there were no cache), refused (only-if-cached), failed (the service failed, and nothing could take its place).",
        type: "counter",
        samples: Object.entries(this.#counts).map(([outcome, value]) => ({
          labels: `${operation},${label("outcome", outcome)}`,
          value,
        })),
      },
      ...(store === undefined ? [] : storeFamilies(store)),
    ];
  }
}

function storeFamilies({ name, memory, untold }: StoreFigures): readonly MetricFamily[] {
  const labels = label("store", name);
  return [
    ...(memory === undefined ? [] : memoryFamilies(labels, memory)),
    ...(untold === undefined
      ? []
      : [
          {
            name: "gatewright_cache_changes_waiting",
            help: "URIs that something has changed, which the store was not told of yet: other instances may still serve what it keeps of them.",
            type: "gauge" as const,
            samples: [{ labels, value: untold }],
          },
        ]),
  ];
}

const memoryFamilies = (labels: string, { bytes, resources, evicted }: MemoryFigures): readonly MetricFamily[] => [
  {
    name: "gatewright_cache_bytes",
    help: "Memory that kept answers take, with their keys and what is remembered of those that left.",
    type: "gauge",
    samples: [{ labels, value: bytes }],
  },
  {
    name: "gatewright_cache_entries",
    help: "Keys for which answers are kept.",
    type: "gauge",
    samples: [{ labels, value: resources }],
  },
  {
    name: "gatewright_cache_evicted_total",
    help: "Kept answers that had to go to make room.",
    type: "counter",
    samples: [{ labels, value: evicted }],
  },
];
