import { expect, test } from "vitest";
import { metricsText, sumMetrics } from "../../../runtime/metrics/metrics-text.ts";

const family = (value: number, labels = 'a="1"') => ({
  name: "requests_total",
  help: "Requests\nserved",
  type: "counter" as const,
  samples: [{ suffix: "", labels, value }],
});

test("adds up equal samples of workers and keeps the others", () => {
  const sum = sumMetrics([[family(1)], [family(2), family(5, 'a="2"')]]);
  expect(metricsText(sum)).toBe(
    '# HELP requests_total Requests\\nserved\n# TYPE requests_total counter\nrequests_total{a="1"} 3\nrequests_total{a="2"} 5\n',
  );
});

test("prints samples without labels and numbers without an end", () => {
  const text = metricsText([
    { name: "x", help: "h", type: "gauge", samples: [{ suffix: "_sum", labels: "", value: Number.POSITIVE_INFINITY }] },
  ]);
  expect(text).toContain("x_sum +Inf\n");
});
