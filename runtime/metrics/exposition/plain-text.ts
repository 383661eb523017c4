import type { MetricFamily } from "../../gateway/metrics.ts";
import { besides, lineEnd, number } from "./lines.ts";

/** Prometheus text format 0.0.4: one chunk for each family or part of one. It has no place for exemplars. */
export function* plainText(families: Iterable<MetricFamily>): Generator<string> {
  let current = "";
  for (const { name, help, type, samples, bounds = [], histograms = [] } of families) {
    let text = "";
    if (name !== current)
      text = `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${type}\n`;
    current = name;
    for (const { labels, value } of samples) text += `${name}${lineEnd(labels, number(value))}\n`;
    for (const { labels, counts, sum } of histograms) {
      let count = 0;
      counts.forEach((inBucket, index) => {
        count += inBucket;
        const bound = index < bounds.length ? String(bounds[index]) : "+Inf";
        text += `${name}_bucket{${besides(labels)}le="${bound}"} ${count}\n`;
      });
      text += `${name}_sum${lineEnd(labels, number(sum))}\n${name}_count${lineEnd(labels, String(count))}\n`;
    }
    yield text;
  }
}
