import type { MetricsConfig } from "../../../runtime/policies/metrics/index.ts";
import type { PushedMetricsConfig } from "../../../runtime/policies/metrics/pushed.ts";
import type { MetricsOptions } from "../../../schema/policies.gen.ts";
import type { ConfigIr, Lowered } from "../../ir/config.ts";
import { configKey } from "../../ir/config-nodes.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { bucketsNotAscending, optionsDiffer, pushWithoutNative, pushWithoutTime } from "./messages.gen.ts";
import { checkOwn, lowerOwn } from "./own.ts";
import { seriesBounds } from "./series.ts";

export const metrics = definePolicy<MetricsOptions>({
  name: "metrics",
  stages: ["observe"],
  onFailure: "open",
  concerns: "answers",
  unmatched: true,

  check(options, context) {
    checkOwn(options, context);
    options.buckets.forEach((bound, index) => {
      const before = options.buckets[index - 1];
      if (before === undefined || before < bound) return;
      context.report(bucketsNotAscending(context.at(`/buckets/${index}`), { bound: String(bound), before: String(before) }));
    });
  },

  /** The admin listener shows one set of metrics, so every step must have the same config. */
  whole([first, ...others], { report }) {
    for (const { step, operation } of others)
      if (first !== undefined && configKey(step.config) !== configKey(first.step.config)) {
        const related = [{ origin: first.step.origin, text: "the other options" }];
        report(optionsDiffer(step.origin, { operation: operation?.operationId ?? "unmatched requests" }, { related }));
      }
  },

  measuring(step, { bounds, operations }) {
    const isMany = operations >= manyOperations;
    if (bounds.length === 0 && !isMany) return step;
    const { buckets, ...config } = step.config as { readonly [key: string]: ConfigIr } & { readonly buckets: readonly number[] };
    // An objective is judged by the bucket that ends at its bound: between two buckets, quantiles are guesses.
    const all = [...new Set([...buckets, ...bounds])].sort((a, b) => a - b);
    const [, ...others] = step.summary.split(", ");
    return {
      ...step,
      config: { ...config, buckets: all, ...(isMany ? { thread: scrapeThread } : {}) },
      summary: [`${all.length} buckets`, ...others, ...(isMany ? ["scrapes written by a thread"] : [])].join(", "),
    };
  },

  series: seriesBounds,

  lower(options, context) {
    const own = lowerOwn(options, context);
    if (own === undefined) return { kind: "nothing" };
    const count = Object.keys(options.own).length;
    const facts = [
      `${options.buckets.length} buckets`,
      ...(options.native ? ["native histograms"] : []),
      ...(options.process ? ["process"] : []),
      ...(count === 0 ? [] : [`own: ${Object.keys(options.own).join(", ")}`]),
    ];
    const config: Lowered<MetricsConfig> = {
      buckets: options.buckets,
      native: options.native,
      process: options.process,
      own:
        own === null
          ? null
          : { kind: "make", factory: { module: "policies/metrics/own-metrics", name: "createOwnMetrics" }, config: own },
      thread: null,
      slot: { kind: "slot" },
    };
    const shared = { hooks: ["request", "done"] as const, instance: "metrics" };
    const { push } = options;
    if (push === undefined)
      return call<MetricsConfig>("policies/metrics", "createMetrics", config, {
        ...shared,
        roles: ["metrics"],
        summary: facts.join(", "),
      });
    const used = context.exporter({ exporter: push.exporter, signal: "metrics", below: "/push" });
    if (used === undefined) return { kind: "nothing" };
    const { every = usualInterval, histograms = "classic" } = push;
    if (histograms !== "classic" && !options.native)
      context.report(pushWithoutNative(context.at("/push/histograms"), { histograms }));
    if (parseDuration(every) === 0) context.report(pushWithoutTime(context.at("/push/every"), { every }));
    return call<PushedMetricsConfig>(
      "policies/metrics/pushed",
      "createPushedMetrics",
      { ...config, push: { exporter: used.ref, every: parseDuration(every), histograms } },
      {
        ...shared,
        roles: ["metrics", "living"],
        summary: [
          ...facts,
          `pushed to \`${used.name}\` every ${every}${histograms === "classic" ? "" : `, ${histograms} histograms`}`,
        ].join(", "),
      },
    );
  },
});

/** What so many counted takes 15 ms to write: a request may wait for a slice of it, and a thread costs some mebibytes. */
const manyOperations = 500;

const scrapeThread: ConfigIr = {
  kind: "make",
  factory: { module: "metrics/thread/scrape-thread", name: "createScrapeThread" },
  config: {},
};

/** Defaults are filled in for the options themselves, not for what is below one that may be absent. */
const usualInterval = "60s";
