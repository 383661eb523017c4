import type { Facts } from "../facts.ts";
import type { Alert } from "./alert.ts";
import { cacheAlerts } from "./caches.ts";
import { capacityAlerts } from "./capacity.ts";
import { exportAlerts } from "./exports.ts";
import { presenceAlerts } from "./presence.ts";
import { processAlerts } from "./process.ts";
import { rollOutAlerts } from "./roll-outs.ts";
import { securityAlerts } from "./security.ts";
import { serviceAlerts } from "./services.ts";
import { storeAlerts } from "./stores.ts";
import { zoneAlerts } from "./zones.ts";

/** What this gateway alerts on without objectives, by topic. */
export const alertGroups = (facts: Facts): readonly (readonly [topic: string, alerts: readonly Alert[]])[] =>
  (
    [
      ["presence", presenceAlerts(facts)],
      ["capacity", capacityAlerts(facts)],
      ["services", serviceAlerts(facts)],
      ["zones", zoneAlerts(facts)],
      ["stores", storeAlerts(facts)],
      ["caches", cacheAlerts(facts)],
      ["roll-outs", rollOutAlerts(facts)],
      ["security", securityAlerts(facts)],
      ["process", processAlerts(facts)],
      ["exports", exportAlerts(facts)],
    ] as const
  ).filter(([, alerts]) => alerts.length > 0);
