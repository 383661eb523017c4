import type { MetricFamily } from "../../gateway/metrics.ts";
import type { WarmOutcome } from "./outcome.ts";
import type { WarmTargets } from "./targets.ts";

/** `counts`: of URLs by what became of them. `isListOutdated`: undefined where there is no file. */
export function warmedFamilies(
  counts: ReadonlyMap<WarmOutcome, number>,
  { listed, asked }: Pick<WarmTargets, "listed" | "asked">,
  countsAsked: boolean,
  isListOutdated: boolean | undefined,
): readonly MetricFamily[] {
  return [
    {
      name: "gatewright_cache_warmed_total",
      help: "URLs that were warmed, by what became of them.",
      type: "counter",
      samples: [...counts].map(([outcome, value]) => ({ labels: `outcome="${outcome}"`, value })),
    },
    {
      name: "gatewright_cache_warm_urls",
      help: "URLs that each worker warms: those that are listed, and those that clients ask for most.",
      type: "gauge",
      samples: [
        { labels: 'source="list"', value: listed },
        ...(countsAsked ? [{ labels: 'source="mostAsked"', value: asked }] : []),
      ],
      isInfo: true,
    },
    ...(isListOutdated === undefined
      ? []
      : [
          {
            name: "gatewright_cache_warm_list_outdated",
            help: "Whether what is in the file of URLs to warm cannot be used (1), so that the list that was read before it is warmed.",
            type: "gauge" as const,
            samples: [{ labels: "", value: isListOutdated ? 1 : 0 }],
            isInfo: true as const,
          },
        ]),
  ];
}
