import type { GatewayIr } from "../ir/gateway.ts";
import { alertmanagerConfig } from "./alertmanager.ts";
import { dashboards } from "./dashboards/index.ts";
import { factsOf } from "./facts.ts";
import { openSloDocuments } from "./openslo.ts";
import { ruleGroups } from "./rules-file.ts";
import { runbooks } from "./runbooks.ts";
import { scrapeConfig, serviceMonitor } from "./scrape.ts";
import { writeYaml } from "./write-yaml.ts";

/**
 * What an operator needs beside the gateway, by path below the output folder: rules and alerts for Prometheus, routing for
 * Alertmanager, dashboards for Grafana, objectives in OpenSLO and a page for each alert. Only for what this gateway uses, and
 * nothing where it has no `metrics`.
 */
export function observabilityFiles(ir: GatewayIr): ReadonlyMap<string, string> {
  const facts = factsOf(ir);
  if (facts === undefined) return new Map();
  const groups = ruleGroups(facts);
  const alerts = groups.flatMap(({ rules }) => rules.flatMap((rule) => ("alert" in rule ? [rule] : [])));
  const yaml = (path: string, comment: readonly string[], ...documents: readonly unknown[]): [string, string] => [
    `observability/${path}`,
    writeYaml([`Written by gatewright build for the gateway ${facts.name}.`, ...comment], ...documents),
  ];
  return new Map([
    yaml(
      "prometheus/rules.yaml",
      [`Recording and alerting rules (rule_files). Its figures have the label job="${facts.name}".`],
      { groups },
    ),
    yaml("prometheus/scrape.yaml", ["Under scrape_configs, or by scrape_config_files. Write where the admin listener is."], {
      scrape_configs: [scrapeConfig(facts)],
    }),
    yaml(
      "prometheus/service-monitor.yaml",
      [
        "For the Prometheus operator. The Service has the label app.kubernetes.io/name and calls the port of the admin listener admin.",
      ],
      serviceMonitor(facts),
    ),
    yaml(
      "alertmanager/alertmanager.yaml",
      ["Inhibition and routing. Give the receivers addresses, or take the parts over into your own file."],
      alertmanagerConfig(alerts),
    ),
    ...(facts.objectives.length === 0
      ? []
      : [yaml("openslo/objectives.yaml", ["OpenSLO v1 (openslo.com)."], ...openSloDocuments(facts))]),
    ...[...dashboards(facts)].map(([name, model]): [string, string] => [
      `observability/grafana/${name}.json`,
      `${JSON.stringify(model, undefined, 2)}\n`,
    ]),
    ...runbooks(facts, groups),
  ]);
}
