import type { HeaderList } from "../fields/header-list.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { fieldText } from "../http1/field-text.ts";
import type { Endpoint } from "./endpoint.ts";

/** How the body of a request is sent (RFC 9112 §6): bytes, in chunks, or none at all. */
export type RequestFraming = number | "chunked" | "none";

/** The head of a request to a service; `Host` stands between the two texts, as it may be that of the endpoint. */
export interface RequestText {
  readonly method: string;
  readonly start: string;
  /** Undefined: the authority of the endpoint. */
  readonly host: string | undefined;
  readonly rest: string;
}

/** How the path of a request becomes that of the service. */
export interface PathChange {
  /** Characters of the public path to drop before `prepend` is put in front. */
  readonly strip: number;
  readonly prepend: string;
}

/** The head of the request for one endpoint. `lines` are those of the connection. */
export function requestText(x: HttpExchange, endpoint: Endpoint, { strip, prepend }: PathChange, lines: string): RequestText {
  const rest = strip === 0 ? x.path : x.path.slice(strip);
  const whole = endpoint.basePath + prepend + rest;
  const path = whole.charCodeAt(0) === 0x2f ? whole : `/${whole}`;
  if (x.operation.upstreamRequest !== null || x.state.proxies !== undefined)
    return x.state.gateway.parts.changedRequestText!(x, endpoint, path, lines);
  return plainRequestText(x, x.query === "" ? path : `${path}?${x.query}`, lines);
}

/**
 * The head where no policy changes it and no proxy is believed: the client's lines are copied as they came. `lines` are those
 * of the connection.
 */
function plainRequestText(x: HttpExchange, target: string, lines: string): RequestText {
  const { method } = x;
  const { ip, proto, host } = wayOf(x);
  const fields = method === "OPTIONS" ? withOneHopLess(x.headers.copy(), x) : x.headers;
  const way = wayText(ip, proto, host, forwardedElement(ip, host, proto), via(x));
  const rest = `\r\n${fieldText(fields)}${way}${lines}\r\n`;
  return { method, start: `${method} ${target} HTTP/1.1\r\nHost: `, host: undefined, rest };
}

/** Field lines about the way that the request took, each with its CRLF. */
export const wayText = (ip: string, proto: string, host: string, element: string, seen: string): string =>
  `X-Forwarded-For: ${ip}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Host: ${host}\r\nForwarded: ${element}\r\nVia: ${seen}\r\n`;

/** Field lines about the body and this connection. */
export function framingText(x: HttpExchange, framing: RequestFraming): string {
  // Trailers are taken where the client takes them (RFC 9110 §10.1.4).
  const te = x.head.takesTrailers ? "TE: trailers\r\nConnection: TE\r\n" : "";
  if (framing === "none") return te;
  return framing === "chunked" ? `${te}Transfer-Encoding: chunked\r\n` : `${te}Content-Length: ${framing}\r\n`;
}

/** What an OPTIONS passes on of how often it may be (RFC 9110 §7.6.2). */
export function withOneHopLess(headers: HeaderList, x: HttpExchange): HeaderList {
  const left = hopsLeft(x);
  if (left > 0) headers.set("Max-Forwards", String(left - 1));
  return headers;
}

/** How often an OPTIONS may be passed on (RFC 9110 §7.6.2); -1: as often as need be. */
export function hopsLeft(x: HttpExchange): number {
  const text = x.headers.get("max-forwards") ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : -1;
}

export const wayOf = (x: HttpExchange) => ({
  ip: x.peer.connectionIp,
  proto: x.peer.secure ? "https" : "http",
  host: x.authority,
});

/** RFC 9110 §7.6.3. */
export const via = (x: HttpExchange): string =>
  `${x.head.minor === 0 ? "1.0" : x.client.isHttp2 === true ? "2" : "1.1"} ${x.state.gateway.pseudonym}`;

/** Whether this gateway has forwarded the request before: it would go round until something gives way. */
export const isLooped = (x: HttpExchange): boolean => x.headers.get("via")?.includes(` ${x.state.gateway.pseudonym}`) === true;

/** RFC 7239 §4; §6: IPv6 addresses in brackets and quotes. A host is a token unless it has a port or brackets. */
export function forwardedElement(ip: string, host: string, proto: string): string {
  const node = ip.includes(":") ? `"[${ip}]"` : ip;
  const name = host.includes(":") || host === "" ? `"${host}"` : host;
  return `for=${node};host=${name};proto=${proto}`;
}
