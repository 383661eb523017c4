import type { BodyBudget } from "./body/hold.ts";
import type { Exchange, Peer, UpstreamRequest } from "./exchange.ts";
import type { createAdminServer } from "./http/admin.ts";
import type { AsSentReader } from "./http/as-sent.ts";
import type { createBodyReader } from "./http/body-reader.ts";
import type { ServerLimits } from "./http/connection-host.ts";
import type { Entrance } from "./http/entrance.ts";
import type { forwardOptions } from "./http/options.ts";
import type { createPeerResolver, ForwardingFamily } from "./http/peer.ts";
import type { answerPreflight } from "./http/preflight.ts";
import type { createScreenedBody } from "./http/screened-body.ts";
import type { checkHttp2 } from "./http2/check-http2.ts";
import type { UnixSocket } from "./process/unix-socket.ts";
import type { PreflightSearch } from "./routing/preflight-search.ts";
import type { declaredSpelling } from "./routing/trailing-slash.ts";
import type { VersionJudge } from "./routing/versions.ts";
import type { openAnswerLook } from "./upstream/answer-look.ts";
import type { changedRequestText } from "./upstream/changed-request.ts";
import type { Service } from "./upstream/service.ts";

/** What the emitted entry module hands to `run`. */
export interface Gateway {
  readonly name: string;
  readonly listeners: { readonly public: ListenerConfig; readonly admin: ListenerConfig | undefined };
  readonly services: readonly Service[];
  /** Every operation, for metrics and `/readyz`; not used to route. */
  readonly operations: readonly Operation[];
  /** Emitted matcher: the operation for this request, or null. */
  readonly match: (x: RouteTarget, method: string) => Operation | null;
  /** Methods of all operations at this path and host, for 405 and OPTIONS: `GET, HEAD, POST`, or empty. */
  readonly allow: (x: RouteTarget) => string;
  /** Chain for requests without an operation. */
  readonly unmatched: Operation;
  /** Which build it is; where it has an admin listener or metrics, which tell of it. */
  readonly build?: BuildInfo;
  /** The instance of the `metrics` policy, where the gateway has one. */
  readonly metrics: MetricsSource | undefined;
  /** What is told of requests that could not be read, where the gateway logs requests without an operation. */
  readonly refusals?: RefusalLog;
  readonly parts: GatewayParts;
}

export interface BuildInfo {
  /** Of the gatewright that built it. */
  readonly version: string;
  /** SHA-256 of what its inputs say, in hexadecimal digits. */
  readonly digest: string;
  /** `compatibility` of gateway.yaml. */
  readonly compatibility: string;
}

/** What only some gateways need: there where the configuration asks for it, so that no other one links it. */
export interface GatewayParts {
  /** With an admin listener. */
  readonly createAdminServer?: typeof createAdminServer;
  /** Where HTTP/2 is spoken, with clients or services. */
  readonly checkHttp2?: typeof checkHttp2;
  /** With trusted proxies. */
  readonly createPeerResolver?: typeof createPeerResolver;
  /** With trusted proxies, or a step that changes requests to services. */
  readonly changedRequestText?: typeof changedRequestText;
  /** With a step that answers preflights. */
  readonly answerPreflight?: typeof answerPreflight;
  /** With an operation that sends OPTIONS for its path to its service. */
  readonly forwardOptions?: typeof forwardOptions;
  /** With `routing.trailingSlash: redirect`. */
  readonly declaredSpelling?: typeof declaredSpelling;
  /** With an operation whose service gets paths as they were sent. */
  readonly readAsSent?: AsSentReader;
  /** With an API whose version is not a part of the path. */
  readonly judgeVersion?: VersionJudge;
  /** With operations that answer preflights and go by fields of requests. */
  readonly findPreflight?: PreflightSearch;
  /** With a step that reads the body of requests. */
  readonly createBodyReader?: typeof createBodyReader;
  /** With a step that lets bodies of requests pass as they come. */
  readonly createScreenedBody?: typeof createScreenedBody;
  /** With a step that reads the answers of services. */
  readonly openAnswerLook?: typeof openAnswerLook;
}

/** What an emitted matcher looks at. */
export type RouteTarget = Pick<Exchange, "path" | "host" | "query" | "headers">;

/** What the public listener of this process has on its hands. */
export interface ServerLoad {
  /** Open connections of clients, and the most that there may be. */
  connections: number;
  readonly mostConnections: number;
  /** Requests that were begun and are not over, and the most that there may be. */
  requests: number;
  readonly mostRequests: number;
  /** Turned away since the start, because there were too many. */
  refusedConnections: number;
  refusedRequests: number;
  /** Requests that could not be read since the start, by what is wrong; undefined where there was none. */
  unread: Map<string, number> | undefined;
  /** Bytes of bodies in memory; undefined where none was held yet. */
  bodies: BodyBudget | undefined;
}

/** How many connections to the endpoints of a service there are. */
export interface ServiceLoad {
  readonly name: string;
  readonly endpoints: readonly { readonly url: string; readonly pool: { readonly size: number; readonly idle: number } }[];
}

/** Is told of requests that could not be read, of which there is no exchange. */
export interface RefusalLog {
  /** `problem`: type of the answer. `keyword`: what is wrong with the request. */
  refused(peer: Peer, status: number, problem: string, keyword: string): void;
}

/** Something that can be asked for its metrics at any time. Where there are several, the first is told of the load. */
export interface MetricsSource {
  collect(load?: ServerLoad, services?: readonly ServiceLoad[], build?: BuildInfo): MetricFamily[];
  /** For the reports of those that collect: equal samples are added up. */
  sums(): WorkerSums;
}

/** Metrics of workers that come and go. */
export interface WorkerSums {
  report(worker: object, families: readonly MetricFamily[]): void;
  /** The worker is gone. What it counted is in the sums as far as its last report says it. */
  leave(worker: object): void;
  /** Prometheus text format 0.0.4. */
  text(): string;
}

/** One metric family in the Prometheus data model. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** `suffix` is `_bucket`, `_sum`, `_count` for histograms and empty otherwise; `labels` is `a="x",b="y"`, escaped. */
  readonly samples: { readonly suffix: string; readonly labels: string; readonly value: number }[];
  /** Says what is, and counts nothing: equal samples of several workers are one. */
  readonly isInfo?: true;
  /** Speaks of one process: gone with it. */
  readonly isOfProcess?: true;
}

export interface ListenerConfig {
  readonly host: string | undefined;
  /** 0 where there is a `socket`. */
  readonly port: number;
  readonly trustedProxies: readonly string[];
  /** In which fields these proxies say who a client is; absent: `X-Forwarded-*`. */
  readonly forwardedBy?: ForwardingFamily;
  /** Lower-case names of claims that only these proxies write: from them they go on. */
  readonly keptFields?: readonly string[];
  /** Which fields of the family these proxies write beside `x-forwarded-for`, in lower case; undefined: all. */
  readonly writtenFields?: readonly string[];
  /** Rules for names of request fields that services believe, and that go on only where they are kept; see `NameRules`. */
  readonly claims?: readonly string[];
  /** Where it listens instead of host and port. */
  readonly socket?: UnixSocket;
  /** Of the admin listener: what it may be called beside its address, in lower case. */
  readonly names?: readonly string[];
  /** Bounds and deadlines that differ from the defaults. */
  readonly bounds?: Partial<ServerLimits>;
  /** What connections pass before their first request; undefined: nothing. */
  readonly entrance?: Entrance;
  /** Of this process; what is absent follows from what it may open. */
  readonly limits?: { readonly connections?: number; readonly requests?: number; readonly bodyMemory?: number };
}

/** One emitted operation. Hooks that no policy uses are null, and are not called. */
export interface Operation {
  /** Position in `Gateway.operations`; `operations.length` for the unmatched one. */
  readonly index: number;
  /** `orders.v1.createOrder`. */
  readonly id: string;
  readonly api: string;
  readonly version: string;
  readonly method: string;
  /** Public path template. */
  readonly template: string;
  /** Empty where the operation answers itself. */
  readonly service: string;
  /** Instances of policies that belong to the operation, where functions below are shared with others. Read by these alone. */
  readonly own?: Readonly<Record<string, object>>;
  /** Emitted chain: ends in `forward(…)` or `send(x)`. */
  readonly request: (x: Exchange) => void | Promise<void>;
  readonly preflight: ((x: Exchange) => void) | null;
  /** Sends OPTIONS for the path to the service, where no operation takes them. */
  readonly options?: (x: Exchange) => void | Promise<void>;
  readonly upstreamRequest: ((x: Exchange, upstream: UpstreamRequest) => void) | null;
  readonly response: ((x: Exchange) => void) | null;
  readonly done: ((x: Exchange) => void) | null;
}
