import type { Facts } from "../facts.ts";
import { type Alert, type Alerts, own } from "./alert.ts";

/** Alerts about releases that are rolled out. */
export const rollOutAlerts: Alerts = (facts) => (facts.rollOuts ? [rolledBack(facts)] : []);

const rolledBack = (facts: Facts): Alert => ({
  name: "GatewrightRolledBack",
  severity: "ticket",
  expr: `max by (job, experiment) (${own(facts, "gatewright_split_phase", ["phase", "=", "rolledBack"])}) == 1`,
  summary: "The release of {{ $labels.experiment }} was rolled back",
  description:
    "It was shown to be worse than the one before, or somebody rolled it back. All users have the service of before, up to the share under `to`.",
  runbook: {
    meaning:
      "A roll-out (`split` with `steps`) has ended with the share that it began with. Clients are served by the release before; nothing is left to be done in a hurry.",
    look: [
      "The reason: by which metric, of how many requests, and how the service of before did in the same time.",
      "Logs and traces of the new service, from when its step began.",
      "A reason of “by hand”: ask who did it.",
    ],
    commands: [
      ["gatewright live split NAME --url URL", "the reason, the numbers of both services and the evidence"],
      ["gatewright live split NAME restart --url URL --key-env NAME", "begins with the first step again"],
    ],
    remedy: [
      "Mend the release, and roll it out under another name of `analysis.release`.",
      "Where the alarm was false, `restart`; where they are too many, lower `analysis.falseAlarms` or raise the bounds.",
    ],
  },
});
