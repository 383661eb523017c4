import type { MetricFamily } from "../gateway/metrics.ts";

/** Prometheus text format 0.0.4. */
export function metricsText(families: readonly MetricFamily[]): string {
  let text = "";
  for (const { name, help, type, samples } of families) {
    text += `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${type}\n`;
    for (const { suffix, labels, value } of samples)
      text += `${name}${suffix}${labels === "" ? "" : `{${labels}}`} ${number(value)}\n`;
  }
  return text;
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/** One set of families for several workers: equal samples are added up. */
export function sumMetrics(workers: readonly (readonly MetricFamily[])[]): MetricFamily[] {
  const families = new Map<string, { family: MetricFamily; samples: Map<string, MetricFamily["samples"][number]> }>();
  for (const family of workers.flat()) {
    let sum = families.get(family.name);
    if (sum === undefined) {
      sum = { family, samples: new Map() };
      families.set(family.name, sum);
    }
    for (const sample of family.samples) {
      const key = `${sample.suffix}{${sample.labels}}`;
      const before = family.isInfo === true ? 0 : (sum.samples.get(key)?.value ?? 0);
      sum.samples.set(key, { ...sample, value: before + sample.value });
    }
  }
  return [...families.values()].map(({ family, samples }) => ({ ...family, samples: [...samples.values()] }));
}
