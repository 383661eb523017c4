import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Peer } from "../exchange.ts";
import type { Gateway } from "../gateway.ts";
import { HeaderList } from "../header-list.ts";
import { type Problem, refuse } from "../problem.ts";
import { answerClientError } from "./client-error.ts";
import { GatewayRequest, GatewayResponse, NodeExchange, type ServerState } from "./node-exchange.ts";
import { PeerResolver, plainIp } from "./peer.ts";
import { type FieldFacts, parseHost, parseTarget, readFields } from "./request-head.ts";
import { send } from "./send.ts";

/** Bounds and deadlines in front of everything that a gateway does. */
const limits = {
  /** Bytes of request line and field lines together. */
  headBytes: 32_768,
  /** Field lines; node:http itself would drop further ones without a word. */
  fieldLines: 200,
  headMs: 15_000,
  requestMs: 300_000,
  /** Above the idle time of common load balancers (60 s), so that they close first. */
  idleMs: 65_000,
  checkEveryMs: 5_000,
};

/** The public listener: reads requests strictly and gives each to its operation. */
export class PublicServer {
  readonly server: Server<typeof GatewayRequest, typeof GatewayResponse>;
  readonly state: ServerState;
  readonly #peers: PeerResolver;
  readonly #connections = new WeakMap<Socket, Connection>();

  constructor(gateway: Gateway) {
    this.state = { gateway, isDraining: false };
    this.#peers = new PeerResolver(gateway.listeners.public.trustedProxies);
    this.server = createServer<typeof GatewayRequest, typeof GatewayResponse>({
      IncomingMessage: GatewayRequest,
      ServerResponse: GatewayResponse,
      insecureHTTPParser: false,
      // Missing Host is refused below, with a problem as answer.
      requireHostHeader: false,
      maxHeaderSize: limits.headBytes,
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      noDelay: true,
    });
    this.server.maxHeadersCount = 0;
    this.server.on("request", (request, response) => this.#handle(request, response, false));
    this.server.on("checkContinue", (request, response) => this.#handle(request, response, true));
    this.server.on("checkExpectation", (request, response) => this.#handle(request, response, false));
    this.server.on("connect", (_request, socket) => answerClientError(socket as Socket, "connect", undefined));
    this.server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      answerClientError(socket as Socket, error.code ?? "", this.#connections.get(socket as Socket)?.exchange);
    });
  }

  #handle(request: GatewayRequest, response: GatewayResponse, awaitsContinue: boolean): void {
    const { socket, rawHeaders } = request;
    const method = request.method ?? "";
    const connection = this.#connections.get(socket) ?? this.#welcome(socket);
    if (isClosing(connection)) {
      request.resume();
      return;
    }
    const fields = readFields(rawHeaders);
    const target = parseTarget(request.url ?? "", method);
    const host = hostOf(fields, target?.authority, request.httpVersionMinor);
    const { peer, isTrusted } = connection;
    const x = new NodeExchange(this.state, request, response, {
      path: target === undefined ? "/" : target.path,
      query: target === undefined ? "" : target.query,
      host: host ?? "",
      peer: isTrusted ? this.#peers.behind(peer, new HeaderList(rawHeaders)) : peer,
      isPeerTrusted: isTrusted,
      fields,
      awaitsContinue,
    });
    if (connection.exchange?.isDone === false) x.previous = connection.exchange;
    connection.exchange = x;
    const problem = this.#refusal(x, fields, target === undefined, host === undefined, awaitsContinue);
    if (problem !== undefined) {
      refuse(x, problem);
      sendSafely(x);
      return;
    }
    if (x.path === "*") {
      x.run();
      return;
    }
    const { gateway } = this.state;
    try {
      if (method === "OPTIONS" && isPreflight(x)) {
        const operation = gateway.match(x, x.headers.get("access-control-request-method") ?? "");
        if (operation !== null && operation.preflight !== null) {
          x.operation = operation;
          operation.preflight(x);
          // Without an answer, the policy has a condition that does not hold: the request is an OPTIONS like any other.
          if (x.answer !== undefined) {
            send(x);
            return;
          }
        }
      }
      x.operation = gateway.match(x, method) ?? gateway.unmatched;
    } catch (error) {
      x.fail(error);
      return;
    }
    x.run();
  }

  #welcome(socket: Socket): Connection {
    const ip = plainIp(socket.remoteAddress ?? "");
    const peer: Peer = { ip, connectionIp: ip, port: socket.remotePort ?? 0, secure: false };
    const connection: Connection = { peer, isTrusted: this.#peers.isTrusted(ip), exchange: undefined };
    this.#connections.set(socket, connection);
    // Pipelined answers that never got their turn see no close of their own.
    socket.once("close", () => {
      for (let x = connection.exchange; x !== undefined; ) {
        const { previous } = x;
        x.finish();
        x = previous;
      }
    });
    return connection;
  }

  /** What is wrong with the head of the request as a whole, before any policy sees it. */
  #refusal(
    x: NodeExchange,
    fields: FieldFacts,
    isBadTarget: boolean,
    isBadHost: boolean,
    awaitsContinue: boolean,
  ): Problem | undefined {
    if (isBadTarget)
      return badRequest(
        "bad-path",
        "The request target cannot be read in one way only",
        "Encode it in one layer of UTF-8 without slashes, backslashes or control characters in escapes.",
      );
    if (isBadHost) return badRequest("bad-host", "The request needs exactly one valid Host field");
    if (x.method === "TRACE") {
      // Credentials of the request would be echoed (RFC 9110 §9.3.8).
      return {
        ...badRequest("method-not-allowed", "TRACE is not supported"),
        status: 405,
        headers: ["Allow", this.state.gateway.allow(x)],
      };
    }
    if (x.headers.lines.length > limits.fieldLines * 2) {
      return {
        ...badRequest("too-many-fields", "The request has too many header fields", `At most ${limits.fieldLines} are accepted.`),
        status: 431,
      };
    }
    if (fields.hasExpect && !awaitsContinue && x.request.httpVersionMinor > 0) {
      return {
        ...badRequest("expectation-failed", "The expectation of the request cannot be met", "Only 100-continue is known."),
        status: 417,
      };
    }
    return undefined;
  }
}

/** What is remembered of a client's connection between its requests. */
interface Connection {
  readonly peer: Peer;
  readonly isTrusted: boolean;
  /** The latest. */
  exchange: NodeExchange | undefined;
}

/** After an answer with `Connection: close` no further request is processed, however early it was sent (RFC 9112 §9.6). */
function isClosing({ exchange }: Connection): boolean {
  return exchange?.response.headersSent === true && !exchange.response.shouldKeepAlive;
}

const badRequest = (slug: string, title: string, detail?: string): Problem => ({
  status: 400,
  slug,
  title,
  source: "gateway",
  ...(detail === undefined ? {} : { detail }),
});

function sendSafely(x: NodeExchange): void {
  try {
    send(x);
  } catch (error) {
    x.fail(error);
  }
}

/** An absolute-form target counts before `Host`, which must be there all the same (RFC 9112 §3.2.2). Undefined: refused. */
function hostOf(fields: FieldFacts, authority: string | undefined, httpVersionMinor: number): string | undefined {
  if (fields.hosts === 0) {
    if (httpVersionMinor > 0) return undefined;
    return authority === undefined ? "" : parseHost(authority);
  }
  const host = fields.hosts > 1 ? undefined : parseHost(fields.host);
  return authority === undefined || host === undefined ? host : parseHost(authority);
}

/** Fetch standard, CORS-preflight request. */
const isPreflight = (x: NodeExchange): boolean => x.headers.has("origin") && x.headers.has("access-control-request-method");
