import { refuse, refuseTooLarge } from "../answers/problem.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { HeaderList } from "../fields/header-list.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { clock } from "../life/clock.ts";
import type { OperationHedge } from "./attempts/hedging-service.ts";
import type { OperationRetry } from "./attempts/retry-rules.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ProtocolSwitch } from "./origin-request.ts";
import { framingText, hopsLeft, isLooped, type PathChange, type RequestFraming, requestText } from "./request-text.ts";
import type { Service } from "./service.ts";
import type { TrailerRules } from "./trailers.ts";

export interface ForwardConfig extends PathChange {
  /** Milliseconds until the head of the answer; 0: as the service says. */
  readonly responseTimeout: number;
  /** Milliseconds of silence in the middle of an answer. */
  readonly idleTimeout: number;
  /** `Location` and `Content-Location` of the service pass as they are. */
  readonly keepsLocation?: true;
  /** Which trailers pass, where a policy of the operation has a say in it. */
  readonly trailers?: TrailerRules;
  /** What is known of attempts at the operation, where its service makes several. */
  readonly retry?: OperationRetry;
  /** When an answer to the operation is late, where its service makes several attempts at the same time. */
  readonly hedge?: OperationHedge;
}

/** Ends a chain: sends the request to the service and its answer to the client, as both come. */
export function forward(exchange: Exchange, ownService: Service, config: ForwardConfig, protocolSwitch?: ProtocolSwitch): void {
  // Every exchange of a running gateway is made by the server of `runtime/http`.
  const x = exchange as HttpExchange;
  if (x.isDone) return;
  // Every target is a service.
  const service = (x.target as Service | undefined) ?? ownService;
  if (x.head.hasVia && isLooped(x)) {
    refuse(x, {
      status: 508,
      slug: "loop-detected",
      title: "The request has come back to the gateway that forwarded it",
      source: "gateway",
    });
    x.sendAnswer();
    return;
  }
  if (x.method === "OPTIONS" && hopsLeft(x) === 0) {
    // The last that may receive it answers, for itself (RFC 9110 §7.6.2).
    const headers = new HeaderList(["Allow", x.state.gateway.allow(x)]);
    x.answer = { status: 204, headers, body: undefined, source: "gateway" };
    x.sendAnswer();
    return;
  }
  if (x.head.contentLength > x.maxBodyBytes || x.bytesReceived > x.maxBodyBytes) {
    refuseTooLarge(x, x.maxBodyBytes);
    x.sendAnswer();
    return;
  }
  service.enter(x, config, protocolSwitch);
}

/** Sends the request to this endpoint first. */
export function forwardTo(
  x: HttpExchange,
  service: Service,
  endpoint: Endpoint,
  config: ForwardConfig,
  protocolSwitch: ProtocolSwitch | undefined,
): void {
  const startedAt = clock.monotonic();
  const until = x.time?.endOf(x) ?? Number.POSITIVE_INFINITY;
  if (until <= startedAt) {
    x.time!.refuse(x);
    x.sendAnswer();
    return;
  }
  const framing = framingOf(x);
  const lines = protocolSwitch === undefined ? framingText(x, framing) : framingText(x, framing) + protocolSwitch.lines;
  const text = requestText(x, endpoint, config, lines);
  const record = { service: service.name, endpoint: "", startedAt, headAt: 0, endedAt: 0, error: "", attempts: [] };
  x.upstream = record;
  const responseTimeout = config.responseTimeout === 0 ? service.responseTimeout : config.responseTimeout;
  const { idleTimeout, trailers, keepsLocation, retry, hedge } = config;
  const request = {
    text,
    config,
    lines,
    framing,
    responseTimeout,
    until,
    idleTimeout,
    trailers,
    keepsLocation,
    protocolSwitch,
    retry,
    hedge,
  };
  service.forwarding(x, record, request, endpoint).dispatch(endpoint, startedAt);
}

/** A body that was read as a whole has its length, whatever the framing with which it came. */
function framingOf(x: HttpExchange): RequestFraming {
  const { body, head } = x;
  if (!x.hasBody) return head.contentLength === 0 ? 0 : "none";
  if (body !== undefined) return body.length;
  return head.isChunked ? "chunked" : head.contentLength;
}
