import { ruleOf } from "./alerts/alert.ts";
import { alertGroups } from "./alerts/index.ts";
import type { Facts } from "./facts.ts";
import { burnRules } from "./objectives/burn-alerts.ts";
import { recordingsOf } from "./objectives/recordings.ts";
import type { RuleGroup } from "./rule.ts";

/** Recordings in front of the alerts that read them: rules of a group are evaluated one after the other. */
export const ruleGroups = (facts: Facts): readonly RuleGroup[] => [
  ...facts.objectives.map((objective) => ({
    name: `${facts.name} objective ${objective.name} ${objective.about}`,
    rules: [...recordingsOf(objective, facts.name), ...burnRules(objective, facts.name)],
  })),
  ...alertGroups(facts).map(([topic, alerts]) => ({ name: `${facts.name} ${topic}`, rules: alerts.map(ruleOf) })),
];
