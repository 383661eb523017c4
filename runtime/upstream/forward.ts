import { refuse, refuseTooLarge } from "../answers/problem.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { HeaderList } from "../fields/header-list.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { clock } from "../life/clock.ts";
import type { ProtocolSwitch } from "./origin-request.ts";
import { framingText, hopsLeft, isLooped, plainRequestText, type RequestFraming, type RequestText } from "./request-text.ts";
import type { Service } from "./service.ts";
import type { TrailerRules } from "./trailers.ts";

export interface ForwardConfig {
  /** Characters of the public path to drop before `prepend` is put in front. */
  readonly strip: number;
  readonly prepend: string;
  /** Milliseconds until the head of the answer; 0: as the service says. */
  readonly responseTimeout: number;
  /** Milliseconds of silence in the middle of an answer. */
  readonly idleTimeout: number;
  /** `Location` and `Content-Location` of the service pass as they are. */
  readonly keepsLocation?: true;
  /** Which trailers pass, where a policy of the operation has a say in it. */
  readonly trailers?: TrailerRules;
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
  const endpoint = service.pick(x);
  if (x.head.contentLength > x.maxBodyBytes || x.bytesReceived > x.maxBodyBytes) {
    refuseTooLarge(x, x.maxBodyBytes);
    x.sendAnswer();
    return;
  }
  const framing = framingOf(x);
  const lines = protocolSwitch === undefined ? framingText(x, framing) : framingText(x, framing) + protocolSwitch.lines;
  const path = pathOf(x.path, endpoint.basePath + config.prepend, config.strip);
  let text: RequestText;
  if (x.operation.upstreamRequest === null && x.state.proxies === undefined) {
    text = plainRequestText(x, x.query === "" ? path : `${path}?${x.query}`, lines);
  } else text = x.state.gateway.parts.changedRequestText!(x, endpoint.basePath, path, lines);
  const record = { service: service.name, endpoint: "", startedAt: clock.monotonic(), headAt: 0, endedAt: 0, error: "" };
  x.upstream = record;
  const responseTimeout = config.responseTimeout === 0 ? service.responseTimeout : config.responseTimeout;
  const { idleTimeout, trailers, keepsLocation } = config;
  const request = { text, framing, responseTimeout, idleTimeout, trailers, keepsLocation, protocolSwitch };
  service.forwarding(x, record, request).dispatch(endpoint);
}

function pathOf(path: string, prefix: string, strip: number): string {
  const rest = strip === 0 ? path : path.slice(strip);
  const whole = prefix + rest;
  return whole.charCodeAt(0) === 0x2f ? whole : `/${whole}`;
}

/** A body that was read as a whole has its length, whatever the framing with which it came. */
function framingOf(x: HttpExchange): RequestFraming {
  const { body, head } = x;
  if (!x.hasBody) return head.contentLength === 0 ? 0 : "none";
  if (body !== undefined) return body.length;
  return head.isChunked ? "chunked" : head.contentLength;
}
