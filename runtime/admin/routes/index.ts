import type { AdminRoute } from "../route.ts";
import type { RouteTable } from "../route-table.ts";
import type { AdminSource } from "../source.ts";
import { documentRoute } from "./document.ts";
import { healthRoutes } from "./health.ts";
import { logLevelRoutes } from "./log-level.ts";
import { metricsRoute } from "./metrics.ts";
import { statusRoute } from "./status.ts";

/** What every admin listener answers. */
export const ownRoutes = (source: AdminSource, table: () => RouteTable): AdminRoute[] => [
  ...healthRoutes(source),
  statusRoute(source),
  ...(source.metrics === undefined ? [] : [metricsRoute(source.metrics)]),
  ...logLevelRoutes(source),
  documentRoute(source, table),
];
