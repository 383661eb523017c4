import type { UpstreamRequest } from "../exchange/exchange.ts";
import { HeaderList, lineKind, placeSize } from "../fields/header-list.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { FieldError, fieldText } from "../http1/field-text.ts";
import type { Endpoint } from "./endpoint.ts";
import { forwardedElement, type RequestText, via, wayOf, wayText, withOneHopLess } from "./request-text.ts";

/**
 * The head where hooks change it or proxies are believed. `lines` are those of the connection. Throws a `FieldError` where it
 * cannot be sent.
 */
export function changedRequestText(x: HttpExchange, endpoint: Endpoint, path: string, lines: string): RequestText {
  const upstream: UpstreamRequest = {
    method: x.method,
    authority: endpoint.authority,
    basePath: endpoint.basePath,
    path,
    query: x.query,
    host: undefined,
    headers: forwardedFields(x),
  };
  x.operation.upstreamRequest?.(x, upstream);
  const { method, host, headers } = upstream;
  const target = upstream.query === "" ? upstream.path : `${upstream.path}?${upstream.query}`;
  if (!isVisible(target) || (host !== undefined && !isVisible(host)))
    throw new FieldError("the target or the Host of the request cannot be sent");
  return {
    method,
    start: `${method} ${target} HTTP/1.1\r\nHost: `,
    host,
    rest: `\r\n${fieldText(headers)}${lines}\r\n`,
  };
}

/**
 * The client's fields without those of its connection (RFC 9110 §7.6.1), and with ours about the way that the request
 * took. What a client says of that way is believed only on trusted connections, and in one family of fields: then services
 * get that one alone, since a proxy that writes the one passes the other on as a client made it up.
 */
function forwardedFields(x: HttpExchange): HeaderList {
  const { proxies } = x.state;
  const headers = proxies === undefined ? unbelieved(x) : believed(x, proxies);
  return x.method === "OPTIONS" ? withOneHopLess(headers, x) : headers;
}

function believed(x: HttpExchange, proxies: NonNullable<HttpExchange["state"]["proxies"]>): HeaderList {
  const { text, places, added } = x.headers;
  const kept = forwardable(text, places, x.isPeerTrusted ? proxies.isBelieved : undefined);
  const headers = new HeaderList(added.slice(), text, kept);
  const { ip, proto, host } = wayOf(x);
  proxies.addTo(headers, { ip, proto, host, element: forwardedElement(ip, host, proto) });
  headers.add("Via", via(x));
  return headers;
}

/**
 * Our lines behind the client's as if they had come with them: what hooks leave of both is copied in runs, and nothing of ours
 * is put together again line by line.
 */
function unbelieved(x: HttpExchange): HeaderList {
  const { text, places, added } = x.headers;
  const kept = forwardable(text, places, undefined);
  const { length } = places;
  const end = length === 0 ? 0 : text.indexOf("\r\n", places[length - 2]) + 2;
  const { ip, proto, host } = wayOf(x);
  const element = forwardedElement(ip, host, proto);
  const seen = via(x);
  let at = place(kept, end, "X-Forwarded-For".length, ip);
  at = place(kept, at, "X-Forwarded-Proto".length, proto);
  at = place(kept, at, "X-Forwarded-Host".length, host);
  at = place(kept, at, "Forwarded".length, element);
  place(kept, at, "Via".length, seen);
  // Without the blank line, which would end the head in the middle of a run.
  return new HeaderList(added.slice(), text.slice(0, end) + wayText(ip, proto, host, element, seen), kept);
}

/** Of a line `name: value`. Returns where the next one begins. */
function place(places: number[], at: number, nameLength: number, value: string): number {
  const start = at + nameLength + 2;
  const end = start + value.length;
  places.push(at, at + nameLength, start, end, lineKind.endToEnd);
  return end + 2;
}

/**
 * The places without the lines of the connection, and without those that speak of the way or claim something, but for names
 * that are believed. Claims may still be kept, see `keepClaims`. `isBelieved` gets names in lower case.
 */
function forwardable(text: string, places: readonly number[], isBelieved: ((name: string) => boolean) | undefined): number[] {
  const kept = places.slice();
  for (let at = 0; at < kept.length; at += placeSize) {
    const kind = kept[at + 4]!;
    if (kind === lineKind.endToEnd || kind >= lineKind.deleted) continue;
    if (kind !== lineKind.connection && isBelieved?.(text.slice(kept[at], kept[at + 1]).toLowerCase()) === true)
      kept[at + 4] = lineKind.endToEnd;
    else kept[at + 4] = kind === lineKind.claim ? lineKind.withheld : lineKind.deleted;
  }
  return kept;
}

/** Visible ASCII only: anything else would end the request line or the field. */
function isVisible(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x21 || code > 0x7e) return false;
  }
  return true;
}
