import type { Facts } from "../facts.ts";
import { apiDashboard } from "./api.ts";
import { type Dashboard, dashboardModel } from "./dashboard.ts";
import { limitsDashboard } from "./limits.ts";
import { nodeDashboard } from "./node.ts";
import { overviewDashboard } from "./overview.ts";
import { securityDashboard } from "./security.ts";
import { servicesDashboard } from "./services.ts";

/** Models by name. */
export function dashboards(facts: Facts): ReadonlyMap<string, object> {
  const all: readonly (Dashboard | undefined)[] = [
    overviewDashboard(facts),
    apiDashboard(facts),
    facts.services.length === 0 ? undefined : servicesDashboard(facts),
    securityDashboard(facts),
    limitsDashboard(facts),
    facts.process ? nodeDashboard(facts) : undefined,
  ];
  return new Map(all.flatMap((one) => (one === undefined ? [] : [[one.name, dashboardModel(one, facts)]])));
}
