import type { AdminRoute } from "../route.ts";

/** `/metrics`, where the gateway has the `metrics` policy. */
export const metricsRoute = (metrics: () => string | Promise<string>): AdminRoute => ({
  method: "GET",
  path: "/metrics",
  from: "holder",
  describe: {
    operationId: "getMetrics",
    summary: "Metrics of all workers, for Prometheus",
    responses: {
      200: { description: "Prometheus text format 0.0.4.", content: { "text/plain": { schema: { type: "string" } } } },
    },
  },
  answer: async () => ({ status: 200, text: await metrics(), mediaType: "text/plain; version=0.0.4; charset=utf-8" }),
});
