import type { createAnswers } from "../admin/answers.ts";
import type { AdminRoute } from "../admin/route.ts";
import type { createAdminServer } from "../admin/server.ts";
import type { grpcAnswer, grpcTimeOver } from "../grpc/refusal.ts";
import type { AsSentReader } from "../http/as-sent.ts";
import type { createBodyReader } from "../http/body-reader.ts";
import type { createCredentialEnd } from "../http/credential-end.ts";
import type { forwardOptions } from "../http/options.ts";
import type { createPeerResolver } from "../http/peer.ts";
import type { answerPreflight } from "../http/preflight.ts";
import type { createScreenedBody } from "../http/screened-body.ts";
import type { createFrameFollower } from "../http1/frame-follower.ts";
import type { checkHttp2 } from "../http2/check-http2.ts";
import type { createGroup } from "../life/group/worker-group.ts";
import type { createHousehold } from "../life/household.ts";
import type { Living } from "../life/living.ts";
import type { createWorkers } from "../process/worker-questions.ts";
import type { PreflightSearch } from "../routing/preflight-search.ts";
import type { declaredSpelling } from "../routing/trailing-slash.ts";
import type { VersionJudge } from "../routing/versions.ts";
import type { changedRequestText } from "../upstream/changed-request.ts";
import type { Service } from "../upstream/service.ts";
import type { BuildInfo } from "./build-info.ts";
import type { ListenerConfig } from "./listener.ts";
import type { MetricsSource } from "./metrics.ts";
import type { Operation, RouteTarget } from "./operation.ts";
import type { RefusalLog } from "./refusals.ts";

/** What the emitted entry module hands to `run`. */
export interface Gateway {
  readonly name: string;
  /**
   * What it calls itself in `Via` (RFC 9110 §7.6.3): its name and which build it is. Processes of one build are one gateway;
   * gateways in a row may have the same name.
   */
  readonly pseudonym: string;
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
  /** What is told of requests that could not be read, where the gateway logs or traces requests without an operation. */
  readonly refusals?: readonly RefusalLog[];
  /** What lives longer than a request, in the order of who needs whom; absent where nothing does. */
  readonly living?: readonly Living[];
  /** What the admin listener answers beside what every one does; absent where nothing contributes. */
  readonly adminRoutes?: readonly AdminRoute[];
  readonly parts: GatewayParts;
}

/** What only some gateways need: there where the configuration asks for it, so that no other one links it. */
export interface GatewayParts {
  /** With things that live. */
  readonly createHousehold?: typeof createHousehold;
  readonly createGroup?: typeof createGroup;
  /** With an admin listener. */
  readonly createAdminServer?: typeof createAdminServer;
  readonly createAnswers?: typeof createAnswers;
  readonly createWorkers?: typeof createWorkers;
  /** Where HTTP/2 is spoken, with clients or services. */
  readonly checkHttp2?: typeof checkHttp2;
  /** With credentials that may end, or be revoked: looks at what is in flight. */
  readonly endCredentials?: ReturnType<typeof createCredentialEnd>;
  /** The same, with a step that grants upgrades. */
  readonly createFrameFollower?: typeof createFrameFollower;
  /** With a service that speaks gRPC. */
  readonly grpcAnswer?: typeof grpcAnswer;
  readonly grpcTimeOver?: typeof grpcTimeOver;
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
}
