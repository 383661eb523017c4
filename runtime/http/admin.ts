import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { BuildInfo } from "../gateway/build-info.ts";
import type { ListenerConfig } from "../gateway/listener.ts";
import { contained, logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import type { Service } from "../upstream/service.ts";
import { Readiness } from "./readiness.ts";

/** What the admin listener asks of the process it runs in. */
export interface AdminSource {
  readonly listener: ListenerConfig;
  /** Metrics in Prometheus text format 0.0.4. Undefined: the gateway keeps none. */
  readonly metrics: (() => string | Promise<string>) | undefined;
  readonly services: readonly Service[];
  isDraining(): boolean;
  /** What serves at the moment. */
  status(): GatewayStatus;
}

export interface GatewayStatus {
  readonly gateway: string;
  readonly build: BuildInfo | undefined;
  readonly workers: number;
}

/** RFC 9110 §15.5.20. */
const otherHost =
  "This listener is asked by its address, as localhost, or by a name in `listeners.admin.names`, which the Host of this request is not.\n";

/** Health and metrics, apart from the traffic. */
export function createAdminServer(source: AdminSource): Server {
  const readiness = new Readiness(source.services);
  const listener = logged("the admin listener failed");
  const onRequest = contained(listener, (request: IncomingMessage, response: ServerResponse): void => {
    const fail = contained(listener, (error: unknown): void => {
      listener.broke(error);
      reply(response, 500, "text/plain", "the gateway failed to answer\n");
    });
    answer(request, response, source, readiness).catch(fail);
  });
  return createServer(onRequest);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  source: AdminSource,
  readiness: Readiness,
): Promise<void> {
  if (!isOwnHost(request.headers.host, source.listener)) return reply(response, 421, "text/plain", otherHost);
  const path = (request.url ?? "").split("?", 1)[0]!;
  const isKnown =
    path === "/healthz" || path === "/readyz" || path === "/status" || (path === "/metrics" && source.metrics !== undefined);
  if (!isKnown)
    return reply(response, 404, "text/plain", "There are /healthz, /readyz, /status and, with the metrics policy, /metrics.\n");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return reply(response, 405, "text/plain", "Use GET.\n");
  }
  if (path === "/healthz") return reply(response, 200, "application/json", '{"status":"up"}\n');
  if (path === "/status") return reply(response, 200, "application/json", statusText(source));
  if (path === "/readyz") return answerReadiness(response, source, readiness);
  reply(response, 200, "text/plain; version=0.0.4; charset=utf-8", (await source.metrics?.()) ?? "");
}

function statusText(source: AdminSource): string {
  const { gateway, build, workers } = source.status();
  const startedAt = new Date(clock.wall() - process.uptime() * 1000).toISOString();
  const status = source.isDraining() ? "draining" : "up";
  return `${JSON.stringify({ gateway, status, ...build, node: process.versions.node, startedAt, workers })}\n`;
}

async function answerReadiness(response: ServerResponse, source: AdminSource, readiness: Readiness): Promise<void> {
  if (source.isDraining()) return reply(response, 503, "application/json", '{"status":"draining"}\n');
  const unreachable = await readiness.unreachable();
  const isReady = unreachable.length === 0;
  reply(
    response,
    isReady ? 200 : 503,
    "application/json",
    `${JSON.stringify(isReady ? { status: "ready" } : { status: "unready", unreachable })}\n`,
  );
}

/**
 * A page in a browser can have the name of its own site point to this address, and read what is answered (DNS rebinding).
 * It cannot make the browser ask for an address, or for a name that is not its own.
 */
function isOwnHost(host: string | undefined, { host: own, names = [], socket }: ListenerConfig): boolean {
  // No browser comes to a Unix socket, or without `Host`.
  if (socket !== undefined || host === undefined) return true;
  const name = host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
  const address = name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
  return isIP(address) !== 0 || name === "localhost" || name === own?.toLowerCase() || names.includes(name);
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body), "Cache-Control": "no-store" });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
