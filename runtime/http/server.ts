import { createServer, type Server, type Socket } from "node:net";
import { overload } from "../answers/problem.ts";
import type { Peer } from "../exchange/exchange.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { ListenerConfig } from "../gateway/listener.ts";
import type { RefusedTrace } from "../gateway/refusals.ts";
import { socketAdopter } from "../http1/adopt-socket.ts";
import { checkOutbox } from "../http1/outbox.ts";
import { ReadBuffers } from "../http1/read-buffer.ts";
import { type RequestHead, RequestHeadReader } from "../http1/request-head.ts";
import { contain, contained, logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import { emptyLoad } from "./capacity.ts";
import type { ClientTransport } from "./client-transport.ts";
import type { Connection } from "./connection.ts";
import type { ClientPeer, ServerLimits } from "./connection-host.ts";
import { readTarget } from "./dispatch.ts";
import type { EntranceHost } from "./entrance.ts";
import { HttpExchange, type ServerState } from "./http-exchange.ts";
import { Http1Connection } from "./http1-connection.ts";
import { logError } from "./log-error.ts";
import { plainIp } from "./peer.ts";
import { type ConnectionProblem, syntaxAnswer } from "./syntax-refusal.ts";
import { TurnedAway } from "./turned-away.ts";

export const defaultLimits: ServerLimits = {
  headBytes: 32_768,
  fieldLines: 200,
  headMs: 15_000,
  requestMs: 300_000,
  // Above the idle time of common load balancers (60 s), so that they close first.
  idleMs: 65_000,
  sendMs: 120_000,
  lingerMs: 2_000,
};

/** Milliseconds between looks at the deadlines. */
const tick = 500;

/** The public listener: reads requests strictly and gives each to its operation. */
export class PublicServer implements EntranceHost {
  readonly server: Server;
  readonly state: ServerState;
  readonly limits: ServerLimits;
  readonly heads: RequestHeadReader;
  readonly buffers = new ReadBuffers();
  readonly adopt = socketAdopter();
  now = clock.monotonic();
  readonly #listener: ListenerConfig;
  readonly #connections = new Set<Connection>();
  readonly #turnedAway = new TurnedAway();
  readonly #ticker: NodeJS.Timeout;
  #date = "";
  #dateAt = 0;
  #onEmpty: (() => void) | undefined = undefined;

  constructor(gateway: Gateway, workers = 1) {
    checkOutbox();
    const listener = gateway.listeners.public;
    const { trustedProxies, forwardedBy, keptFields, writtenFields } = listener;
    const trustsNobody = trustedProxies.length === 0 && listener.socket?.isTrusted !== true;
    const proxies = trustsNobody
      ? undefined
      : gateway.parts.createPeerResolver!(trustedProxies, forwardedBy, keptFields, writtenFields);
    const { time, limits } = listener;
    this.state = { gateway, proxies, time, load: emptyLoad(limits), workers, isDraining: false, answersToClose: 0 };
    this.limits = { ...defaultLimits, ...listener.bounds };
    this.heads = new RequestHeadReader(this.limits, listener.claims);
    this.#listener = listener;
    this.server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, this.#onConnection);
    this.server.on("error", this.#onAcceptError);
    this.#ticker = setInterval(this.#onTick, tick).unref();
  }

  readonly #onConnection = (accepted: Socket): void => {
    try {
      this.#welcome(accepted);
    } catch (error) {
      logError("a connection of a client could not be begun", error);
      accepted.destroy();
    }
  };

  #welcome(accepted: Socket): void {
    const { load } = this.state;
    if (load.connections >= load.mostConnections) {
      load.refusedConnections++;
      this.#turnedAway.add(accepted, this.now + this.limits.lingerMs, this.#listener.entrance?.isSecure === true);
      return;
    }
    const { socket, entrance } = this.#listener;
    // RFC 7239 §6.3: peers on a Unix socket have no address.
    const ip = socket === undefined ? plainIp(accepted.remoteAddress ?? "") : "unknown";
    const peer: Peer = { ip, connectionIp: ip, port: accepted.remotePort ?? 0, secure: false };
    if (entrance === undefined) this.serve((connection) => this.adopt(accepted, connection), peer);
    else entrance.welcome(accepted, peer, this);
  }

  serve(open: (connection: Http1Connection) => Socket, peer: Peer, begun?: Buffer): void {
    const connection = new Http1Connection(this, open, { peer, isTrusted: this.isTrusted(peer.ip) });
    this.add(connection);
    if (begun === undefined || begun.length === 0) return;
    try {
      connection.onData(begun);
    } catch (error) {
      contain(connection, error);
    }
  }

  isTrusted(ip: string): boolean {
    return ip === "unknown" ? this.#listener.socket?.isTrusted === true : this.state.proxies?.isTrusted(ip) === true;
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
    this.state.load.connections++;
  }

  exchange(client: ClientTransport, head: RequestHead, { peer, isTrusted }: ClientPeer): HttpExchange {
    const read = readTarget(head);
    const target = read.problem === undefined ? read : (this.state.gateway.parts.readAsSent?.(head, read) ?? read);
    const real = isTrusted ? this.state.proxies!.behind(peer, head.headers) : peer;
    const { load } = this.state;
    this.buffers.turn.users = load.requests;
    let { problem } = target;
    if (load.requests >= load.mostRequests) {
      load.refusedRequests++;
      problem ??= overload;
    }
    const { path, query, host, authority } = target;
    return new HttpExchange(this.state, client, head, {
      path,
      query,
      host,
      authority,
      peer: real,
      isPeerTrusted: isTrusted,
      problem,
    });
  }

  unread(peer: Peer, problem: ConnectionProblem): void {
    const { load, gateway } = this.state;
    load.unread ??= new Map();
    load.unread.set(problem, (load.unread.get(problem) ?? 0) + 1);
    if (gateway.refusals === undefined) return;
    const { status, type } = syntaxAnswer(problem);
    let trace: RefusedTrace | undefined;
    for (const log of gateway.refusals) trace ??= log.beginTrace?.();
    for (const log of gateway.refusals) log.refused(peer, status, type, problem, trace);
  }

  forget(connection: Connection): void {
    if (this.#connections.delete(connection)) this.state.load.connections--;
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  dateLine(): string {
    const now = clock.wall();
    if (now - this.#dateAt >= 1000 || now < this.#dateAt) {
      this.#dateAt = now - (now % 1000);
      this.#date = `Date: ${new Date(now).toUTCString()}\r\n`;
    }
    return this.#date;
  }

  /**
   * Stops accepting and finishes what is in flight. Idle connections get one to two times `grace` milliseconds in which a
   * client can still send a request and be told that it is the last; after `timeout` milliseconds the rest is ended.
   */
  drain(grace: number, timeout: number): Promise<void> {
    this.state.isDraining = true;
    this.server.close();
    return new Promise((resolve) => {
      const drains = logged("the end of connections failed");
      const look = contained(drains, (): void => this.#each((connection) => connection.closeIdle()));
      const abort = contained(drains, (): void => this.#each((connection) => connection.abort()));
      const closeIdle = setInterval(setImmediate, grace, look);
      const deadline = setTimeout(abort, timeout);
      this.#onEmpty = () => {
        clearInterval(closeIdle);
        clearTimeout(deadline);
        clearInterval(this.#ticker);
        this.#turnedAway.expire(Number.POSITIVE_INFINITY);
        resolve();
      };
      if (this.#connections.size === 0) this.#onEmpty();
    });
  }

  #each(act: (connection: Connection) => void): void {
    for (const connection of this.#connections) {
      try {
        act(connection);
      } catch (error) {
        contain(connection, error);
      }
    }
  }

  readonly #onTick = contained(logged("a look at the clock failed"), (): void => {
    this.now = clock.monotonic();
    // Behind what has arrived by now: nobody is late whose bytes only wait for us to read them.
    setImmediate(this.#lookAtDeadlines);
  });

  readonly #lookAtDeadlines = contained(logged("a look at the deadlines of connections failed"), (): void => {
    const { now } = this;
    this.#each((connection) => {
      if (connection.deadline <= now) connection.expire();
    });
    this.#turnedAway.expire(now);
    const { endCredentials } = this.state.gateway.parts;
    if (endCredentials !== undefined) this.#each((connection) => connection.inFlight?.(endCredentials));
  });

  /**
   * libuv keeps a descriptor with which it sheds connections where there is no other left. Where that one is gone too, it
   * asks again and again: a connection that nobody uses gives its descriptor up.
   */
  readonly #onAcceptError = contained(logged("a connection could not be given up for another one"), (): void => {
    for (const connection of this.#connections) {
      if (!connection.isIdle) continue;
      connection.abort();
      return;
    }
  });
}
