import type { Gateway, ListenerConfig } from "../gateway.ts";

/** The one line that a started gateway prints: who listens where. */
export function startLine({ name, listeners }: Gateway, port: number, adminPort: number | undefined, workers: number): string {
  const admin =
    listeners.admin === undefined || adminPort === undefined ? "" : `, admin on ${address(listeners.admin, adminPort)}`;
  return `gatewright: ${name} listens on ${address(listeners.public, port)}${admin}${workers === 1 ? "" : `, ${workers} workers`}\n`;
}

function address({ host }: ListenerConfig, port: number): string {
  if (host === undefined) return `http://localhost:${port} (all addresses)`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
