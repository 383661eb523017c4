import type { Answers } from "../admin/answers.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { MetricsItem, MetricsSource, WorkerItem } from "../gateway/metrics.ts";
import { PublicServer } from "../http/server.ts";
import { logging } from "../log/level.ts";
import { listen } from "./listen.ts";

export interface ServeOptions {
  /** Instead of the configured ports; 0 lets the system choose. */
  readonly port?: number;
  readonly adminPort?: number;
  /** False where another process answers for this one. */
  readonly admin?: boolean;
  /** Milliseconds that requests in flight get when the gateway closes. */
  readonly drainTimeout?: number;
  /** Processes that share this machine; default 1. */
  readonly workers?: number;
}

export interface Serving {
  readonly port: number;
  /** Undefined without an admin listener. */
  readonly adminPort: number | undefined;
  readonly isDraining: boolean;
  /** All that was counted, for whoever goes on without this process; empty where the gateway keeps no metrics. */
  lastWords(): readonly WorkerItem[];
  /** What the primary of this process is told for its admin listener; undefined where there is none. */
  readonly answers: Answers | undefined;
  /** The next answers, to this part of the connections, are the last on theirs: the clients connect anew. */
  shed(part: number): void;
  /** Requests in flight. */
  readonly requests: number;
  /** `/readyz` says from now on that it drains, so that load balancers send no more; it still accepts. */
  leave(): void;
  /** Stops accepting, finishes what is in flight up to the deadline, then ends the rest. */
  close(): Promise<void>;
}

/** Milliseconds in which a client with an idle connection can still send a request and be told that it is the last. */
const idleGrace = 500;

/** Serves a gateway in this process. Throws a `StartError` where a listener cannot be opened. */
export async function serve(gateway: Gateway, options: ServeOptions = {}): Promise<Serving> {
  await gateway.parts.checkHttp2?.();
  const household = gateway.living && gateway.parts.createHousehold!(gateway.living, options.workers);
  await household?.start();
  const publicServer = new PublicServer(gateway, options.workers);
  const { server, state } = publicServer;
  const { metrics } = gateway;
  const sums = metrics?.sums();
  function* items(of: MetricsSource): Generator<MetricsItem> {
    yield* of.collect({ load: state.load, services: gateway.services, build: gateway.build, things: household?.report() });
    yield* household?.metrics() ?? [];
  }
  /** That of whoever asks from another process, which gets the last words as well. */
  let layout: number | undefined;
  const collect = (): Iterable<MetricsItem> => (metrics && sums?.joined(items(metrics), layout)) ?? [];
  const tell = (reader: number, latest: number): Iterable<WorkerItem | undefined> => {
    layout = reader;
    return sums?.news(collect(), latest) ?? [];
  };
  metrics?.begin?.(collect);
  let isLeaving = false;
  const adminServer =
    gateway.listeners.admin === undefined || options.admin === false
      ? undefined
      : gateway.parts.createAdminServer!({
          listener: gateway.listeners.admin,
          routes: gateway.adminRoutes ?? [],
          services: gateway.services,
          operations: gateway.operations,
          metrics: sums && ((accept) => sums.scrape(accept, collect())),
          ...(household && { things: () => household.report() }),
          isDraining: () => isLeaving || state.isDraining,
          status: () => ({ gateway: gateway.name, build: gateway.build, workers: 1 }),
          setLogLevel: (level) => {
            logging.level = level;
          },
        });
  let port: number;
  let adminPort: number | undefined;
  try {
    port = await listen(server, "public", gateway.listeners.public, options.port);
    if (adminServer !== undefined) adminPort = await listen(adminServer, "admin", gateway.listeners.admin!, options.adminPort);
  } catch (error) {
    server.close();
    await household?.stop();
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    household?.drain();
    await publicServer.drain(idleGrace, options.drainTimeout ?? 30_000);
    await household?.stop();
    adminServer?.close();
    adminServer?.closeAllConnections();
    for (const service of gateway.services) service.close();
  };
  return {
    port,
    adminPort,
    get isDraining() {
      return state.isDraining;
    },
    get requests() {
      return state.load.requests;
    },
    leave() {
      isLeaving = true;
    },
    lastWords: () => [...(sums?.news(collect(), 0) ?? [])].filter((item) => item !== undefined),
    answers: gateway.parts.createAnswers?.({ gateway, household, tell }),
    shed(part) {
      state.answersToClose = Math.ceil(state.load.connections * part);
    },
    close: () => (closing ??= close()),
  };
}
