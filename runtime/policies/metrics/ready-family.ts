import type { MetricFamily } from "../../gateway/metrics.ts";
import type { ThingReport } from "../../life/thing-report.ts";
import { label } from "../../metrics/label.ts";

/** What `/readyz` goes by, thing by thing. */
export const readyFamily = (things: readonly ThingReport[]): MetricFamily => ({
  name: "gatewright_thing_ready",
  help: "Workers in which a part of the gateway that has a life of its own is ready.",
  type: "gauge",
  samples: things.map(({ name, readiness }) => ({ labels: label("thing", name), value: readiness.ready ? 1 : 0 })),
});
