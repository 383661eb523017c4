import type { Exposition } from "../../gateway/metrics.ts";
import type { AdminRoute } from "../route.ts";

/** `/metrics`, where the gateway has the `metrics` policy. */
export const metricsRoute = (metrics: (accept: string) => Promise<Exposition>): AdminRoute => ({
  method: "GET",
  path: "/metrics",
  from: "holder",
  describe: {
    operationId: "getMetrics",
    summary: "Metrics of all workers, for Prometheus",
    responses: {
      200: {
        description: "Prometheus text format 0.0.4, or what `Accept` prefers to it; compressed where `Accept-Encoding` has gzip.",
        content: {
          "text/plain": { schema: { type: "string" } },
          "application/openmetrics-text": { schema: { type: "string" } },
          "application/vnd.google.protobuf": { schema: { type: "string", format: "binary" } },
        },
      },
    },
  },
  answer: async ({ accept = "" }) => ({ status: 200, ...(await metrics(accept)) }),
});
