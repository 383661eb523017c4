import type { Exemplar, MetricFamily } from "../../gateway/metrics.ts";
import type { Format } from "./format.ts";
import { bucketEnds, histogramLines, lineEnd, number } from "./lines.ts";

export const openMetrics: Format = {
  mediaType: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  isNative: false,
  isDelimited: false,
  head,
  samples: ({ name, type, samples, bounds = [], histograms = [] }: MetricFamily) => {
    let text = "";
    for (const { labels, value, exemplar } of samples)
      text += `${name}${lineEnd(labels, number(value))}${type === "counter" ? exemplarText(exemplar) : ""}\n`;
    const ends = bucketEnds(bounds, canonical);
    for (const histogram of histograms) {
      const { exemplars } = histogram;
      text += histogramLines(name, histogram, ends, exemplars && ((bucket) => exemplarText(exemplars[bucket])));
    }
    return text;
  },
  end: "# EOF\n",
};

/** The name of a counter's family has no `_total`; a unit has to be the end of that name. */
function head({ name, help, type }: MetricFamily): string {
  const family = type === "counter" ? name.replace(/_total$/, "") : name;
  const unit = /_(seconds|bytes)$/.exec(family)?.[1];
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
  return `# TYPE ${family} ${type}\n${unit === undefined ? "" : `# UNIT ${family} ${unit}\n`}# HELP ${family} ${escaped}\n`;
}

/** A float as the format wants it in `le`: whole ones with `.0`, small and large ones with an exponent of two digits. */
function canonical(value: number): string {
  const text = value >= 1e10 || (value < 1e-4 && value !== 0) ? value.toExponential() : String(value);
  const [digits = "", exponent] = text.split("e");
  const mantissa = digits.includes(".") ? digits : `${digits}.0`;
  if (exponent === undefined) return mantissa;
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

const exemplarText = (exemplar: Exemplar | null | undefined): string =>
  exemplar === null || exemplar === undefined
    ? ""
    : ` # {${exemplar.labels}} ${number(exemplar.value)} ${(exemplar.at / 1_000).toFixed(3)}`;
