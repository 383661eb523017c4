import { refuse } from "../../runtime/answers/problem.ts";
import type { Answer, Exchange, Identity, Peer, UpstreamRequest } from "../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../runtime/fields/header-list.ts";
import type { Operation } from "../../runtime/gateway/operation.ts";

/** What a unit test may say about the request; everything else has a plain default. */
export interface FakeRequest {
  readonly method?: string;
  readonly path?: string;
  /** As it came; the path where absent. */
  readonly sentTarget?: string;
  readonly query?: string;
  readonly host?: string;
  /** Name and value alternating, as they came. */
  readonly headers?: readonly string[];
  /** Protocols in `Upgrade`, where `Connection` lists it. */
  readonly authority?: string;
  readonly upgrade?: string;
  readonly peer?: Partial<Peer>;
  readonly isPeerTrusted?: boolean;
  readonly startedAt?: number;
  readonly requestId?: string;
  readonly identity?: Identity;
  readonly maxBodyBytes?: number;
  /** The request body; text is sent as UTF-8. */
  readonly body?: string | Uint8Array;
  readonly operation?: Partial<Operation>;
}

/** An exchange without a transport, for unit tests of policies. */
export function fakeExchange(request: FakeRequest = {}): Exchange {
  const sent = typeof request.body === "string" ? new TextEncoder().encode(request.body) : request.body;
  let body: Uint8Array | undefined;
  const headers = new HeaderList([...(request.headers ?? [])]);
  return {
    method: request.method ?? "GET",
    path: request.path ?? "/orders",
    sentTarget: request.sentTarget ?? request.path ?? "/orders",
    query: request.query ?? "",
    host: request.host ?? "shop.example.com",
    authority: request.authority ?? headers.get("host") ?? request.host ?? "shop.example.com",
    headers,
    upgrade: request.upgrade ?? "",
    peer: { ip: "192.0.2.1", connectionIp: "192.0.2.1", port: 50_000, secure: false, ...request.peer },
    isPeerTrusted: request.isPeerTrusted ?? false,
    startedAt: request.startedAt ?? 0,
    operation: fakeOperation(request.operation),
    requestId: request.requestId ?? "",
    identity: request.identity,
    slots: [],
    target: undefined,
    conditions: 0,
    bodyValue: undefined,
    maxBodyBytes: request.maxBodyBytes ?? Number.POSITIVE_INFINITY,
    answer: undefined,
    reports: [],
    upstream: undefined,
    bytesReceived: 0,
    bytesSent: 0,
    isDone: false,
    hasBody: sent !== undefined,
    async screenBody(_screen, maxBytes) {
      return this.readBody(maxBytes);
    },
    beginBody: async () => sent !== undefined && sent.length > 0,
    hold: () => true,
    unpackBody: () => {},
    letGo() {},
    get body() {
      return body;
    },
    async readBody(maxBytes) {
      const bytes = sent ?? new Uint8Array();
      if (bytes.length > maxBytes) {
        refuse(this, { status: 413, slug: "content-too-large", title: "The request body is too large", source: "gateway" });
        return undefined;
      }
      body = bytes;
      return bytes;
    },
    outcome: "pending",
  };
}

export function fakeOperation(operation: Partial<Operation> = {}): Operation {
  return {
    index: 0,
    id: "orders.v1.listOrders",
    api: "orders",
    version: "v1",
    method: "GET",
    template: "/v1/orders",
    service: "orders",
    request() {},
    preflight: null,
    upstreamRequest: null,
    response: null,
    done: null,
    ...operation,
  };
}

/** The answer of a service: 200 and streamed, unless said otherwise. */
export function fakeAnswer(
  answer: {
    readonly status?: number;
    readonly headers?: readonly string[];
    readonly body?: Answer["body"];
    readonly source?: string;
  } = {},
): Answer {
  return {
    status: answer.status ?? 200,
    headers: new HeaderList([...(answer.headers ?? [])]),
    body: answer.body,
    source: answer.source ?? "service",
  };
}

/** The request to the service as the transport would start it: the client's path, query and fields. */
export function fakeUpstreamRequest(x: Exchange, change: Partial<UpstreamRequest> = {}): UpstreamRequest {
  return {
    method: x.method,
    authority: "orders",
    basePath: "",
    path: x.path,
    query: x.query,
    host: undefined,
    headers: x.headers.copy(),
    ...change,
  };
}

/** The problem object (RFC 9457) that a policy answered with. */
export function problemOf(x: Exchange): {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
} {
  if (typeof x.answer?.body !== "string") throw new Error("the exchange has no problem as its answer");
  return JSON.parse(x.answer.body) as ReturnType<typeof problemOf>;
}
