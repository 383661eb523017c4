import type { MetricFamily } from "../gateway/metrics.ts";
import { label } from "./label.ts";
import { labelPairs } from "./label-pairs.ts";

/**
 * Each worker keeps the first values of a label apart that come to it; all workers together, no more than one of them may.
 * Which they are stays as long as the gateway runs.
 */
export class OpenLabels {
  /** By family and label. */
  readonly #admitted = new Map<string, Set<string>>();

  admit(family: MetricFamily): MetricFamily {
    const { open, name, samples, histograms } = family;
    if (open === undefined) return family;
    const admitted = (labels: string): string => this.#rewritten(name, labels, open);
    return {
      ...family,
      samples: samples.map((sample) => ({ ...sample, labels: admitted(sample.labels) })),
      ...(histograms === undefined
        ? {}
        : { histograms: histograms.map((sample) => ({ ...sample, labels: admitted(sample.labels) })) }),
    };
  }

  #rewritten(family: string, labels: string, open: Readonly<Record<string, number>>): string {
    const pairs = labelPairs(labels);
    const texts: string[] = [];
    for (let index = 0; index < pairs.length; index += 2) {
      const [name, value] = [pairs[index]!, pairs[index + 1]!];
      const most = Object.hasOwn(open, name) ? open[name]! : Number.POSITIVE_INFINITY;
      texts.push(label(name, this.#isAdmitted(`${family} ${name}`, value, most) ? value : "other"));
    }
    return texts.join(",");
  }

  #isAdmitted(key: string, value: string, most: number): boolean {
    if (most === Number.POSITIVE_INFINITY || value === "other" || value === "none") return true;
    let known = this.#admitted.get(key);
    if (known === undefined) this.#admitted.set(key, (known = new Set()));
    if (!known.has(value) && known.size < most) known.add(value);
    return known.has(value);
  }
}
