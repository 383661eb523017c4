import type { StartValueIr } from "../ir/config.ts";
import type { ListenerIr } from "../ir/listener.ts";
import type { Facts } from "./facts.ts";

/** One scrape configuration of Prometheus. The job is called as the gateway is, which the rules rely on. */
export function scrapeConfig({ name, admin }: Facts): object {
  return {
    job_name: name,
    metrics_path: "/metrics",
    ...(admin?.isSecure === true ? { scheme: "https", tls_config: { ca_file: "/etc/prometheus/gateway-ca.pem" } } : {}),
    ...(asksForCredential(admin) ? { authorization: { type: "Bearer", credentials_file: "/etc/prometheus/gateway-key" } } : {}),
    static_configs: [{ targets: [`${name}:${portOf(admin)}`] }],
  };
}

/** For the Prometheus operator: the same for a Service of Kubernetes. */
export const serviceMonitor = ({ name, admin }: Facts): object => ({
  apiVersion: "monitoring.coreos.com/v1",
  kind: "ServiceMonitor",
  metadata: { name: resourceName(name), labels: { "app.kubernetes.io/name": resourceName(name) } },
  spec: {
    selector: { matchLabels: { "app.kubernetes.io/name": resourceName(name) } },
    endpoints: [
      {
        port: "admin",
        path: "/metrics",
        ...(admin?.isSecure === true
          ? { scheme: "https", tlsConfig: { ca: { secret: { name: `${resourceName(name)}-admin-ca`, key: "ca.pem" } } } }
          : {}),
        ...(asksForCredential(admin)
          ? { authorization: { type: "Bearer", credentials: { name: `${resourceName(name)}-scrape-key`, key: "key" } } }
          : {}),
        relabelings: [{ targetLabel: "job", replacement: name }],
      },
    ],
  },
});

/** Names of Kubernetes: RFC 1123 labels. */
export const resourceName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 63)
    .replace(/-+$/, "") || "gateway";

/** Reads are open unless `reads: credentials` closes them. */
function asksForCredential(admin: ListenerIr | undefined): boolean {
  const access = (admin?.config as { readonly access?: { readonly config?: { readonly reads?: unknown } } } | undefined)?.access;
  return access?.config?.reads === "credentials";
}

/** 9090 where only the start says which. */
const portOf = (admin: ListenerIr | undefined): number => {
  const port: number | StartValueIr | undefined = admin?.port;
  return typeof port === "number" && port > 0 ? port : 9090;
};
