import { createHash } from "node:crypto";
import type { Facts } from "../facts.ts";
import { type Matcher, series } from "../promql.ts";
import { resourceName } from "../scrape.ts";
import { laidOut, type Panel } from "./panel.ts";

export interface Dashboard {
  /** Of the file, and the end of its uid. */
  readonly name: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  /** Labels of requests that whoever looks may choose values of. */
  readonly variables?: readonly ("api" | "service")[];
}

/** The classic model: the one that Grafana 9 to 13 read from files and by import. */
export const dashboardModel = ({ name, title, panels, variables = [] }: Dashboard, facts: Facts): object => ({
  uid: uid(facts.name, name),
  title: `${facts.name}: ${title}`,
  tags: ["gatewright", facts.name],
  schemaVersion: 39,
  version: 1,
  editable: true,
  graphTooltip: 1,
  refresh: "30s",
  time: { from: "now-3h", to: "now" },
  timezone: "browser",
  links: [
    {
      type: "dashboards",
      title: "Gateway",
      icon: "external link",
      tooltip: "",
      targetBlank: false,
      tags: ["gatewright", facts.name],
      asDropdown: true,
      includeVars: true,
      keepTime: true,
    },
  ],
  annotations: { list: [] },
  templating: {
    list: [
      { name: "datasource", label: "Data source", type: "datasource", query: "prometheus", refresh: 1, hide: 0 },
      ...["instance" as const, ...variables].map((label) => variable(label, facts)),
    ],
  },
  panels: laidOut(panels),
});

/** At most 40 characters, the same for each build. */
function uid(gateway: string, name: string): string {
  const slug = resourceName(gateway);
  const short = slug === gateway && slug.length <= 20 ? slug : `${slug.slice(0, 13)}-${hash(gateway)}`;
  return `gw-${short}-${name}`;
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 6);

function variable(label: "instance" | "api" | "service", facts: Facts): object {
  const from = series(label === "instance" ? "gatewright_build_info" : "gatewright_requests_total", [facts.job]);
  const query = `label_values(${from}, ${label})`;
  return {
    name: label,
    label: label === "api" ? "API" : `${label[0]!.toUpperCase()}${label.slice(1)}`,
    type: "query",
    datasource: { type: "prometheus", uid: "${datasource}" },
    query: { query, refId: "variable" },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: ".*",
    current: { selected: true, text: ["All"], value: ["$__all"] },
    hide: 0,
  };
}

/** A metric of the chosen instances. */
export const shown = ({ job }: Facts, name: string, ...more: readonly Matcher[]): string =>
  series(name, [job, ["instance", "=~", "$instance"], ...more]);

/** Per second. */
export const rate = (facts: Facts, name: string, ...more: readonly Matcher[]): string =>
  `rate(${shown(facts, name, ...more)}[$__rate_interval])`;

export const sumBy = (labels: string, expr: string): string => (labels === "" ? `sum(${expr})` : `sum by (${labels}) (${expr})`);

/** Of a histogram of seconds; nothing where nothing was measured, as the quantile of no requests is NaN. */
export const quantile = (q: number, labels: string, facts: Facts, ...more: readonly Matcher[]): string => {
  const buckets = sumBy(
    labels === "" ? "le" : `le, ${labels}`,
    rate(facts, "gatewright_request_duration_seconds_bucket", ...more),
  );
  return `histogram_quantile(${q}, ${buckets}) > 0`;
};
