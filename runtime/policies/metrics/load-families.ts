import type { BodyBudget } from "../../body/hold.ts";
import type { ServerLoad, ServiceLoad } from "../../gateway/load.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { logLoss } from "../../log/log-loss.ts";
import { label } from "../../metrics/label.ts";

type Sample = MetricFamily["samples"][number];

/** How much the gateway has on its hands, what it may have, and what it could not take on. */
export function loadFamilies(load: ServerLoad, services: readonly ServiceLoad[]): MetricFamily[] {
  const family = (name: string, type: "counter" | "gauge", help: string, value: number): MetricFamily => ({
    name: `gatewright_${name}`,
    help,
    type,
    samples: [{ labels: "", value }],
  });
  const bodyFamilies = ({ held, most, refused }: BodyBudget): MetricFamily[] => [
    family("body_memory_bytes", "gauge", "Bytes of bodies that are held in memory.", held),
    family("body_memory_limit_bytes", "gauge", "Most bytes of bodies that may be held in memory.", most),
    family("bodies_refused_total", "counter", "Bodies turned away because there was no memory to hold them.", refused),
  ];
  return [
    family("connections", "gauge", "Open connections of clients.", load.connections),
    family("connections_limit", "gauge", "Most connections of clients that may be open.", load.mostConnections),
    family("connections_refused_total", "counter", "Connections turned away beyond the limit.", load.refusedConnections),
    family("open_requests", "gauge", "Requests in flight, those included that match no operation.", load.requests),
    family("open_requests_limit", "gauge", "Most requests that may be in flight.", load.mostRequests),
    family("requests_refused_total", "counter", "Requests answered with 503 beyond the limit.", load.refusedRequests),
    ...(load.unread === undefined ? [] : [unreadFamily(load.unread)]),
    ...(load.bodies === undefined ? [] : bodyFamilies(load.bodies)),
    family("log_lines_dropped_total", "counter", "Lines that standard output did not take.", logLoss.lines),
    {
      name: "gatewright_upstream_connections",
      help: "Connections to services: in use or being made, and idle.",
      type: "gauge",
      samples: services.flatMap(({ name, endpoints }) => endpoints.flatMap(({ url, pool }) => poolSamples(name, url, pool))),
    },
    ...countFamilies(services),
  ];
}

/** What only some services count: one family for each name, with a sample for each service. */
function countFamilies(services: readonly ServiceLoad[]): MetricFamily[] {
  const all = services.flatMap((service) => (service.counts?.() ?? []).map((count) => ({ service: service.name, ...count })));
  const names = [...new Set(all.map(({ name }) => name))];
  return names.map((name) => {
    const own = all.filter((count) => count.name === name);
    const samples = own.map(({ service, value }) => ({ labels: label("service", service), value }));
    return { name: `gatewright_${name}`, help: own[0]?.help ?? "", type: "counter", samples };
  });
}

const unreadFamily = (unread: ReadonlyMap<string, number>): MetricFamily => ({
  name: "gatewright_unread_requests_total",
  help: "Requests that could not be read, by what is wrong with them.",
  type: "counter",
  samples: [...unread].map(([reason, value]) => ({ labels: label("reason", reason), value })),
});

function poolSamples(service: string, url: string, { size, idle }: { readonly size: number; readonly idle: number }): Sample[] {
  const labels = `${label("service", service)},${label("endpoint", url)}`;
  return [
    { labels: `${labels},${label("state", "active")}`, value: size - idle },
    { labels: `${labels},${label("state", "idle")}`, value: idle },
  ];
}
