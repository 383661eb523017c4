import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Format } from "./format.ts";
import { bucketEnds, histogramLines, lineEnd, number } from "./lines.ts";

/** Prometheus text format 0.0.4. It has no place for exemplars. */
export const plainText: Format = {
  mediaType: "text/plain; version=0.0.4; charset=utf-8",
  isNative: false,
  isDelimited: false,
  head: ({ name, help, type }) =>
    `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${type}\n`,
  samples: ({ name, samples, bounds = [], histograms = [] }: MetricFamily) => {
    let text = "";
    for (const { labels, value } of samples) text += `${name}${lineEnd(labels, number(value))}\n`;
    const ends = bucketEnds(bounds, String);
    for (const histogram of histograms) text += histogramLines(name, histogram, ends);
    return text;
  },
  end: "",
};
