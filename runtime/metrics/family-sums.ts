import type { HistogramSample, MetricFamily, MetricSample } from "../gateway/metrics.ts";
import { histogramSum } from "./histogram-sum.ts";

interface Sum {
  family: MetricFamily;
  readonly samples: Map<string, MetricSample>;
  readonly histograms: Map<string, { readonly sample: HistogramSample; readonly bounds: readonly number[] }>;
}

/** So many samples are in one part of a family; a histogram has many lines. */
const samplesInPart = 200;
const histogramsInPart = 25;

/** One set of families made of several: equal samples are added up. */
export class FamilySums {
  readonly #sums = new Map<string, Sum>();

  add(families: Iterable<MetricFamily>): void {
    for (const family of families) this.#add(family);
  }

  /** In the order in which they came first; those with many samples in parts. */
  *families(): Generator<MetricFamily> {
    for (const { family, samples, histograms } of this.#sums.values()) {
      if (family.type === "histogram") yield* partsOfHistogram(family, [...histograms.values()]);
      else yield* partsOf(family, [...samples.values()]);
    }
  }

  #add(family: MetricFamily): void {
    let sum = this.#sums.get(family.name);
    if (sum === undefined) {
      sum = { family, samples: new Map(), histograms: new Map() };
      this.#sums.set(family.name, sum);
    }
    // What the last one says of it counts: after a reload it comes from the new build.
    sum.family = family;
    for (const sample of family.samples) {
      const before = sum.samples.get(sample.labels);
      const isAdded = before !== undefined && family.isInfo !== true;
      sum.samples.set(sample.labels, isAdded ? { ...before, ...sample, value: before.value + sample.value } : sample);
    }
    const bounds = family.bounds ?? [];
    for (const sample of family.histograms ?? []) {
      const before = sum.histograms.get(sample.labels);
      const added = before === undefined ? sample : histogramSum(before.sample, before.bounds, sample, bounds);
      sum.histograms.set(sample.labels, { sample: added, bounds });
    }
  }
}

function* partsOf(family: MetricFamily, samples: readonly MetricSample[]): Generator<MetricFamily> {
  if (samples.length <= samplesInPart) return yield { ...family, samples };
  for (let from = 0; from < samples.length; from += samplesInPart)
    yield { ...family, samples: samples.slice(from, from + samplesInPart), isPart: true };
}

/** Those of the bounds that the family has now, and behind them what only others have counted. */
function* partsOfHistogram(
  family: MetricFamily,
  sums: readonly { readonly sample: HistogramSample; readonly bounds: readonly number[] }[],
): Generator<MetricFamily> {
  const bounds = family.bounds ?? [];
  const nothing = { counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 };
  const histograms = sums.map((one) => {
    if (one.bounds === bounds) return one.sample;
    return histogramSum(one.sample, one.bounds, { ...nothing, labels: one.sample.labels }, bounds);
  });
  if (histograms.length <= histogramsInPart) return yield { ...family, histograms };
  for (let from = 0; from < histograms.length; from += histogramsInPart)
    yield { ...family, histograms: histograms.slice(from, from + histogramsInPart), isPart: true };
}
