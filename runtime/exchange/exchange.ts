import type { Problem } from "../answers/problem.ts";
import type { HeaderList } from "../fields/header-list.ts";
import type { Operation } from "../gateway/operation.ts";
import type { Priority } from "../overload/priority.ts";
import type { SpanAttributes } from "../telemetry/span.ts";
import type { Violation } from "../validation/violations.ts";

/** One request and its answer, as policies see them. What carries the bytes is behind it: no policy meets a socket. */
export interface Exchange {
  /** Method token as sent, case-sensitive (RFC 9110 §9.1). */
  readonly method: string;
  /** Normalised path: the one that is routed, authorised, logged and forwarded. Starts with `/`, has no query. */
  readonly path: string;
  /** Request target as sent: for those who forward or log it, never for a decision. */
  readonly sentTarget: string;
  /** Query component as sent, without `?`; empty where there is none. */
  readonly query: string;
  /** Lower case host without port, from `Host` or an absolute-form target. */
  readonly host: string;
  /** The same as sent, with its port: what services are told of the host. Empty where the request has none. */
  readonly authority: string;
  /** Field lines of the request, as the client sent them. Policies change what is forwarded, never this list. */
  readonly headers: HeaderList;
  /** Protocols that the client offers to go on with (RFC 9110 §7.8), as in `Upgrade`; empty where there are none. */
  readonly upgrade: string;
  readonly peer: Peer;
  /** Its connection comes from a proxy whose forwarding fields are believed. */
  readonly isPeerTrusted: boolean;
  /** Monotonic milliseconds at which the head of the request was complete. */
  readonly startedAt: number;
  /** Absent where neither the listener nor the caller bounds how long the request may take as a whole. */
  readonly time?: ExchangeTime | undefined;
  /** Set by the generated dispatcher; the `unmatched` operation of the gateway where no route matches. */
  operation: Operation;
  /** Set by `requestId`; empty before. */
  requestId: string;
  /** Set by `tracing`, for every request that it is about; most are not sampled. */
  trace?: ExchangeTrace;
  /** How important the request is, for those who have to choose; set by `priority`. */
  priority?: Priority;
  /** Set when authentication succeeds. */
  identity: Identity | undefined;
  /** Whom else its credentials are of, where it needed several: it counts as long as all of them do. */
  furtherIdentities?: readonly Identity[] | undefined;
  /** Values of policies between their hooks, by slot number; see `Slot`. */
  readonly slots: unknown[];
  /** Bits of the first 31 conditional steps (`when`) with later hooks: whether their condition held. Further ones are in slots. */
  conditions: number;
  /** Most bytes of request body to accept; the transport answers 413 past it. Infinity: unbounded. */
  maxBodyBytes: number;
  /** Answer being built: from a policy, from the service, or of the gateway itself. Undefined: none yet. */
  answer: Answer | undefined;
  /** What report-mode steps would have answered, in order. */
  readonly reports: Report[];
  /** Where the request went; undefined while nothing was sent. */
  upstream: UpstreamRecord | undefined;
  /** Where to send the request instead of to the service of the operation; undefined where nobody has chosen. */
  target: ForwardTarget | undefined;
  /** Body bytes read from and written to the client so far. */
  bytesReceived: number;
  bytesSent: number;
  /** It is over: the answer is sent, or the client is gone and nobody waits for one. */
  readonly isDone: boolean;
  /** The request announces a body (RFC 9112 §6), which may turn out to be empty. */
  readonly hasBody: boolean;
  /** The whole request body once `readBody` has given it: then these bytes are what is forwarded. Undefined: it streams. */
  readonly body: Uint8Array | undefined;
  /**
   * Reads the whole request body, once for all who ask. Resolves to undefined where there is nothing to go on with: the
   * body has more than `maxBytes` bytes and `answer` is a 413, or the client is gone. Without a body: no bytes.
   *
   * A client that waits for `100 Continue` is told to send. Where a step in report mode refused the body for its size,
   * the request goes on: what was read is forwarded, and the rest streams after it.
   */
  readBody(maxBytes: number): Promise<Uint8Array | undefined>;
  /** What stands for the whole body from now on, without a content coding: `readBody` has given it before. */
  unpackBody(bytes: Uint8Array): void;
  /** The body has no content coding any more, whatever the client's fields say. */
  readonly isUnpacked?: boolean;
  /**
   * Reads the body through a screen: as a whole where it is short, otherwise up to where it may go on, from where it
   * `streams`. Undefined: it was refused, and `answer` is set, or the client is gone. At most `maxBytes` bytes are held.
   */
  screenBody(screen: BodyScreen, maxBytes: number): Promise<Uint8Array | "streams" | undefined>;
  /** Waits for the first byte of the body, which streams on. False: it is empty. Undefined: the client is gone. */
  beginBody(): Promise<boolean | undefined>;
  /**
   * Counts bytes that a policy makes of a body it has read, up to the end of the exchange or until they are let go. False:
   * with them more is held than may be; the policy refuses.
   */
  hold(bytes: number): boolean;
  letGo(bytes: number): void;
  /** The value of a JSON body, or of a form, once `validate` has read it and where a step asks for it. */
  bodyValue: unknown;
  /** The value of a JSON answer, for expressions that are asked about it; set by who asks them. */
  answerValue?: unknown;
  /** The steps that it waited for, in order, where somebody wants to know. */
  waits?: Wait[];
  /** What was done to it on purpose, for logs: `delay 230ms`. */
  injected?: string;
  /** Experiments that it is part of, and the arm of each, for logs: `checkout-2=orders-next`. */
  experiments?: string;
  /** Set before `done` hooks run: how the exchange ended. */
  outcome: "pending" | "complete" | "clientGone" | "upstreamBroken" | "refused";
}

/** A step that the request waited for; monotonic milliseconds. */
export interface Wait {
  /** Name of its policy. */
  readonly step: string;
  readonly startedAt: number;
  /** Infinity as long as it is waited for. */
  endedAt: number;
  hasFailed: boolean;
}

/** How long requests may take as a whole: who makes one wait goes by it. */
export interface ExchangeTime {
  /** Monotonic milliseconds at which nobody waits for the answer any more; infinity: nobody has said so. */
  endOf(x: Exchange): number;
  /** Makes the answer to a request whose time is over. */
  refuse(x: Exchange): true;
}

/** The trace that a request is a part of, for logs, for exemplars, and for who sends something because of it. */
export interface ExchangeTrace {
  /** 32 hexadecimal digits, lower case. */
  readonly traceId: string;
  /** Of the request: 16 hexadecimal digits, lower case. */
  readonly spanId: string;
  /** Its spans are exported, whatever comes of the request: an exemplar that names the trace leads somewhere. */
  readonly isSampled: boolean;
  /**
   * What the service is told of the trace in this attempt: field lines, each with a CRLF in front. `start`: the begin of its
   * request line.
   */
  attemptLines(attempt: AttemptRecord, start: string, service: string): string;
  /**
   * A request of the gateway's own begins that this one waits for: to a decision service, an issuer. `resends`: how many came
   * before it for the same purpose. `mayOutlive`: nobody waits for it, and it may end later than the request.
   */
  call(method: string, url: URL, resends: number, mayOutlive?: true): TracedCall;
}

/** A request of the gateway's own, as a part of a trace. */
export interface TracedCall {
  /** What whoever gets it is told of the trace, by lower-case name. */
  readonly fields: Readonly<Record<string, string>>;
  /** `status`: of its answer, 0 where none came. `error`: the kind of the failure, empty where there was none. */
  ended(status: number, error: string, found?: CallFindings): void;
}

/** What turned out about a request of the gateway's own after its end. */
export interface CallFindings {
  /** Monotonic milliseconds at which it ended. */
  readonly endedAt: number;
  /** Keys and values, alternating. */
  readonly attributes: SpanAttributes;
}

/** Who is at the other end, after trusted forwarding headers were applied. */
export interface Peer {
  /** IP address of the client: IPv4, or IPv6 without zone; IPv4-mapped addresses are given as IPv4. */
  readonly ip: string;
  /** IP address of the connection itself. */
  readonly connectionIp: string;
  readonly port: number;
  readonly secure: boolean;
  /** Presented in the TLS handshake of the connection and found good by the gateway itself; absent where there is none. */
  readonly certificate?: ClientCertificate | undefined;
  /** Why the certificate that was presented does not count, in a sentence for clients; absent where none was, or it is good. */
  readonly certificateProblem?: string | undefined;
  /** Name of the server that the client asked for in the handshake (RFC 6066 §3), in lower case, where certificates are asked for. */
  readonly serverName?: string | undefined;
}

/** The leaf certificate of a client. */
export interface ClientCertificate {
  /** DER (RFC 5280). */
  readonly raw: Uint8Array;
  /** SHA-256 of it in base64url: `x5t#S256` (RFC 8705 §3.1). */
  readonly thumbprint: string;
}

export interface Identity {
  /** Who, in the words of the scheme: consumer name, `sub`. One subject only together with `issuer`. */
  readonly subject: string;
  /** Name of the security scheme that vouched for it. */
  readonly scheme: string;
  /** Who named the subject: `iss`. Absent where the scheme itself did. */
  readonly issuer?: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant?: string;
  readonly tier?: string;
  /** What else is said of the subject: the claims of a token, the metadata of a consumer. JSON, as the scheme's schema has it. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Milliseconds since the epoch at which the credential ends; absent: it has no end. */
  readonly expiresAt?: number;
  /** What lists of revoked credentials know it by; absent: nothing but its subject. */
  readonly marks?: CredentialMarks;
}

/** By what a credential is revoked. */
export interface CredentialMarks {
  /** Id of an API key. */
  readonly key?: string;
  /** Token id and session id (RFC 7519 §4.1.7, OpenID Connect Front-Channel Logout §3). */
  readonly jti?: string;
  readonly sid?: string;
  /** Serial number of a certificate, in lower-case hexadecimal without leading zeros. */
  readonly serial?: string;
  /** Milliseconds since the epoch: whatever of a subject is older than a time may be revoked. */
  readonly issuedAt?: number;
}

/**
 * Judges a body as it comes. What it lets pass goes on to the service; the rest is held, and given with each look: grown
 * at its end, and without what has passed.
 */
export interface BodyScreen {
  /** False: the body is refused. */
  look(held: Buffer): boolean;
  /** Nothing more comes. */
  end(held: Buffer): boolean;
  /** Bytes of what was looked at, from the begin, that may go on. */
  readonly passable: number;
  /** So many of them have gone on. */
  pass(bytes: number): void;
  /** Bytes that it keeps of what has passed. */
  readonly kept: number;
  /** Makes the answer for a body that was refused. True: that was noted, and the body goes on unseen. */
  refuse(x: Exchange): boolean;
}

/** An answer before its head is written. */
export interface Answer {
  status: number;
  readonly headers: HeaderList;
  /** `undefined`: streamed by the transport (an upstream answer). Text is sent as UTF-8. */
  readonly body: string | Uint8Array | undefined;
  /** Who made it: the service, a policy (by name) or the gateway itself. */
  readonly source: string;
  /** What a refusal says; undefined for every other answer. */
  readonly problem?: Problem;
}

/** The request to the service while `upstreamRequest` hooks may still change it. */
export interface UpstreamRequest {
  readonly method: string;
  /** Host and port of the endpoint that the request goes to. Where it goes to another one, hooks are asked again. */
  readonly authority: string;
  /** Path part of the endpoint's URL, without a slash at the end; empty for `/`. */
  readonly basePath: string;
  /** Path to send, starting with `/`, with `basePath` in front. */
  path: string;
  /** Query to send, without `?`. */
  query: string;
  /** Value of `Host`; undefined: the authority of the endpoint. */
  host: string | undefined;
  /** A copy of the client's fields without hop-by-hop ones; forwarding fields already set. */
  readonly headers: HeaderList;
}

/** What happened between gateway and service; times in monotonic milliseconds, 0 for not reached. */
export interface UpstreamRecord {
  readonly service: string;
  endpoint: string;
  startedAt: number;
  headAt: number;
  endedAt: number;
  /** Error code of the transport (`ECONNREFUSED`, `timeout`), empty where none. */
  error: string;
  /** In the order in which they began; the times above are those of all of them together. */
  readonly attempts: AttemptRecord[];
}

/** One attempt to have the request answered; times in monotonic milliseconds, 0 for not reached. */
export interface AttemptRecord {
  readonly endpoint: { readonly url: string };
  readonly startedAt: number;
  readonly headAt: number;
  readonly endedAt: number;
  /** Of the answer; 0 where its head did not come. */
  readonly status: number;
  /** As that of the record; `abandoned` where nobody waited for it any more. */
  readonly error: string;
  /** The service may have got the request, or a part of it. */
  readonly hasArrived: boolean;
  /** Of a gRPC call that was answered, by name: `UNAVAILABLE`. */
  readonly grpcStatus?: string;
}

/** A service, for policies that choose among several. */
export interface ForwardTarget {
  readonly __resource: "services";
  readonly name: string;
}

/** A step in report mode would have answered like this. */
export interface Report {
  readonly policy: string;
  readonly status: number;
  readonly type: string;
  /** What it found wrong, where it says that. */
  readonly violations?: readonly Violation[];
}

/** A secret or setting read when the gateway starts; plain text at run time. */
export type StartValue = string & { readonly __startValue: true };

/** Where something is written: `gateway.yaml:12`, for messages. */
export type Place = string & { readonly __place: true };

/** Index into `Exchange.slots`, given to a factory by the plan. */
export type Slot = number & { readonly __slot: true };

/** What a security scheme says of a request: who it is, that it says nothing, or that what it says does not count. */
export type Authentication = Identity | "absent" | "invalid" | Rejection;

/** Why a credential that was presented does not count, where there is more to say than that it is `invalid`. */
export interface Rejection {
  readonly subject?: undefined;
  /**
   * `invalid`: 401, the client is to get another one. `malformed`: 400, the request cannot be read (RFC 6750 §3.1).
   * `unavailable`: 503, what verifies it is out of reach, which is not the client's fault.
   */
  readonly rejected: "invalid" | "malformed" | "unavailable";
  /** What is `invalid` here may count on a connection that is opened for this host: 421 (RFC 9110 §15.5.20). */
  readonly isMisdirected?: true;
  /** A sentence for clients and logs, without a value of the request: `The token has expired.` */
  readonly reason: string;
  /**
   * Whom the credential claims to be of, as far as it can be read without being good: a user name, the prefix of a key. Wrong
   * ones are counted by it too, wherever they come from (`identity.damping`).
   */
  readonly about?: string;
  /** `WWW-Authenticate` challenge of the answer; absent: that of the scheme. */
  readonly challenge?: string;
  /** Further field lines of the answer, name and value alternating. */
  readonly headers?: readonly string[];
  /** Seconds after which it may be tried again, of what is `unavailable`; 1 where absent. */
  readonly retryAfter?: number;
}

/** What a scheme says of credentials that only the service can verify: true where they are there and well-formed. */
export type Presence = true | "absent" | "invalid";

/** Run-time side of a security scheme. */
export interface SecurityScheme<
  Result extends Authentication | Presence | Promise<Authentication> = Authentication | Presence | Promise<Authentication>,
> {
  readonly __resource: "identity";
  readonly name: string;
  /** `WWW-Authenticate` challenge (RFC 9110 §11.6.1) where no credential came. */
  readonly challenge: string;
  /** Where one came that does not count; absent: as where none came. */
  readonly invalidChallenge?: string;
  /** Of a 403 for an identity that lacks some of `needs` (RFC 6750 §3.1); absent: without challenge. */
  insufficientChallenge?(needs: readonly string[]): string;
  /** What the list in a security requirement names: scopes for OAuth 2.0 and OpenID Connect, roles for others (OpenAPI 3.1 §4.8.30). */
  readonly grants: "roles" | "scopes";
  authenticate(x: Exchange): Result;
  /**
   * Whether a credential that it vouched for counts no more, beside its `expiresAt`: a key that was removed, a certificate in
   * a new list. Asked again and again of what is under way; of schemes that the compiler knows to `ends`. Quick.
   */
  hasEnded?(identity: Identity): boolean;
  /** Takes the credential out of the request to the service, where the scheme is to keep it. */
  conceal(upstream: UpstreamRequest): void;
  /** The exchange is over (`outcome` is set): for a scheme that the compiler knows to settle something then. */
  done?(x: Exchange): void;
}

/** A compiled CEL expression. Throws an `ExpressionError` where it has no value for the exchange. */
export type Expression<T> = ((x: Exchange) => T) & { readonly __emitted: "expression" };
