import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { contained, logged } from "../boundary.ts";
import type { Service } from "../upstream/service.ts";

/** What the admin listener asks of the process it runs in. */
export interface AdminSource {
  /** Metrics in Prometheus text format 0.0.4. Undefined: the gateway keeps none. */
  readonly metrics: (() => string | Promise<string>) | undefined;
  readonly services: readonly Service[];
  isDraining(): boolean;
}

/** Health and metrics, apart from the traffic. */
export function createAdminServer(source: AdminSource): Server {
  const listener = logged("the admin listener failed");
  const onRequest = contained(listener, (request: IncomingMessage, response: ServerResponse): void => {
    const fail = contained(listener, (error: unknown): void => {
      listener.broke(error);
      reply(response, 500, "text/plain", "the gateway failed to answer\n");
    });
    answer(request, response, source).catch(fail);
  });
  return createServer(onRequest);
}

async function answer(request: IncomingMessage, response: ServerResponse, source: AdminSource): Promise<void> {
  const path = (request.url ?? "").split("?", 1)[0]!;
  const isKnown = path === "/healthz" || path === "/readyz" || (path === "/metrics" && source.metrics !== undefined);
  if (!isKnown)
    return reply(response, 404, "text/plain", "There are /healthz, /readyz and, with the metrics policy, /metrics.\n");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return reply(response, 405, "text/plain", "Use GET.\n");
  }
  if (path === "/healthz") return reply(response, 200, "application/json", '{"status":"up"}\n');
  if (path === "/readyz") return answerReadiness(response, source);
  reply(response, 200, "text/plain; version=0.0.4; charset=utf-8", (await source.metrics?.()) ?? "");
}

async function answerReadiness(response: ServerResponse, source: AdminSource): Promise<void> {
  if (source.isDraining()) return reply(response, 503, "application/json", '{"status":"draining"}\n');
  const required = source.services.filter((service) => service.required);
  const reachable = await Promise.all(required.map((service) => service.isReachable()));
  const unreachable = required.filter((_, index) => !reachable[index]).map((service) => service.name);
  const isReady = unreachable.length === 0;
  reply(
    response,
    isReady ? 200 : 503,
    "application/json",
    `${JSON.stringify(isReady ? { status: "ready" } : { status: "unready", unreachable })}\n`,
  );
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body), "Cache-Control": "no-store" });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
