import type { Gateway } from "../gateway/gateway.ts";
import type { ListenerConfig } from "../gateway/listener.ts";

/** What a started gateway says: who listens where. */
export function startLine({ name, listeners }: Gateway, port: number, adminPort: number | undefined, workers: number): string {
  const admin =
    listeners.admin === undefined || adminPort === undefined ? "" : `, admin on ${address(listeners.admin, adminPort)}`;
  return `${name} listens on ${address(listeners.public, port)}${admin}${workers === 1 ? "" : `, ${workers} workers`}`;
}

function address({ host, socket, entrance, secure }: ListenerConfig, port: number): string {
  const scheme = entrance?.isSecure === true || secure !== undefined ? "https" : "http";
  if (socket !== undefined) return `${scheme} at ${socket.path}`;
  if (host === undefined) return `${scheme}://localhost:${port} (all addresses)`;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
