import type { UpstreamRequest } from "../exchange.ts";
import type { HeaderList } from "../header-list.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { FieldError, fieldText } from "../http1/field-text.ts";

/** How the body of a request is sent (RFC 9112 §6): bytes, in chunks, or none at all. */
export type RequestFraming = number | "chunked" | "none";

/** The head of a request to a service; `Host` stands between the two texts, as it may be that of the endpoint. */
export interface RequestText {
  readonly start: string;
  /** Undefined: the authority of the endpoint. */
  readonly host: string | undefined;
  readonly rest: string;
}

/** The head where no policy changes it: the client's lines are copied as they came. `lines` are those of the connection. */
export function plainRequestText(x: HttpExchange, target: string, lines: string): RequestText {
  const start = `${x.method} ${target} HTTP/1.1\r\nHost: `;
  if (x.state.proxies !== undefined || x.method === "OPTIONS")
    return { start, host: undefined, rest: `\r\n${fieldText(forwardedFields(x))}${lines}\r\n` };
  const { ip, proto, host } = wayOf(x);
  const rest =
    `\r\n${fieldText(x.headers)}X-Forwarded-For: ${ip}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Host: ${host}\r\n` +
    `Forwarded: ${forwardedElement(ip, host, proto)}\r\nVia: ${via(x)}\r\n${lines}\r\n`;
  return { start, host: undefined, rest };
}

/** The head as hooks left it. Throws a `FieldError` where it cannot be sent. */
export function changedRequestText(upstream: UpstreamRequest, lines: string): RequestText {
  const { method, path, query, host, headers } = upstream;
  const target = query === "" ? path : `${path}?${query}`;
  if (!isVisible(target) || (host !== undefined && !isVisible(host)))
    throw new FieldError("the target or the Host of the request cannot be sent");
  return {
    start: `${method} ${target} HTTP/1.1\r\nHost: `,
    host,
    rest: `\r\n${fieldText(headers)}${lines}\r\n`,
  };
}

/** Field lines about the body and this connection. */
export function framingText(x: HttpExchange, framing: RequestFraming): string {
  // Trailers are taken where the client takes them (RFC 9110 §10.1.4).
  const te = x.head.takesTrailers ? "TE: trailers\r\nConnection: TE\r\n" : "";
  if (framing === "none") return te;
  return framing === "chunked" ? `${te}Transfer-Encoding: chunked\r\n` : `${te}Content-Length: ${framing}\r\n`;
}

/**
 * The client's fields without those of its connection (RFC 9110 §7.6.1), and with ours about the way that the request
 * took. What a client says of that way is believed only on trusted connections, and in one family of fields: then services
 * get that one alone, since a proxy that writes the one passes the other on as a client made it up.
 */
export function forwardedFields(x: HttpExchange): HeaderList {
  const { proxies } = x.state;
  const headers = x.headers.forwardable(x.isPeerTrusted ? proxies!.isBelieved : undefined);
  const { ip, proto, host } = wayOf(x);
  const element = forwardedElement(ip, host, proto);
  if (proxies === undefined) {
    headers.append(["X-Forwarded-For", ip, "X-Forwarded-Proto", proto, "X-Forwarded-Host", host, "Forwarded", element]);
  } else proxies.addTo(headers, { ip, proto, host, element });
  headers.add("Via", via(x));
  if (x.method === "OPTIONS") {
    const left = hopsLeft(x);
    if (left > 0) headers.set("Max-Forwards", String(left - 1));
  }
  return headers;
}

/** How often an OPTIONS may be passed on (RFC 9110 §7.6.2); -1: as often as need be. */
export function hopsLeft(x: HttpExchange): number {
  const text = x.headers.get("max-forwards") ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) : -1;
}

const wayOf = (x: HttpExchange) => ({
  ip: x.peer.connectionIp,
  proto: x.peer.secure ? "https" : "http",
  host: x.authority,
});

const via = (x: HttpExchange): string =>
  x.head.minor === 0 ? "1.0 gatewright" : x.client.isHttp2 === true ? "2 gatewright" : "1.1 gatewright";

/** RFC 7239 §4; §6: IPv6 addresses in brackets and quotes. A host is a token unless it has a port or brackets. */
function forwardedElement(ip: string, host: string, proto: string): string {
  const node = ip.includes(":") ? `"[${ip}]"` : ip;
  const name = host.includes(":") || host === "" ? `"${host}"` : host;
  return `for=${node};host=${name};proto=${proto}`;
}

/** Visible ASCII only: anything else would end the request line or the field. */
function isVisible(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}
