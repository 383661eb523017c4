import type { AdminRoute } from "../route.ts";
import type { RouteTable } from "../route-table.ts";
import { type AdminSource, metricsOf } from "../source.ts";
import { documentRoute } from "./document.ts";
import { healthRoutes } from "./health.ts";
import { logLevelRoutes } from "./log-level.ts";
import { metricsRoute } from "./metrics.ts";
import { statusRoute } from "./status.ts";

/** What every admin listener answers. */
export function ownRoutes(source: AdminSource, table: () => RouteTable): AdminRoute[] {
  const metrics = metricsOf(source);
  return [
    ...healthRoutes(source),
    statusRoute(source),
    ...(metrics === undefined ? [] : [metricsRoute(metrics)]),
    ...logLevelRoutes(source),
    documentRoute(source, table),
  ];
}
