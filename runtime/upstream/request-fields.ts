import { HeaderList } from "../header-list.ts";
import type { NodeExchange } from "../http/node-exchange.ts";

/**
 * The client's fields without those of its connection (RFC 9110 §7.6.1), and with ours about the way that the request
 * took. What a client says of that way is believed only on trusted connections.
 */
export function upstreamFields(x: NodeExchange): HeaderList {
  const sent = x.headers.lines;
  const { isPeerTrusted } = x;
  const lines: string[] = [];
  for (let index = 0; index < sent.length; index += 2) {
    const name = sent[index]!;
    if (isDropped(name, isPeerTrusted)) continue;
    lines.push(name, sent[index + 1]!);
  }
  const headers = new HeaderList(lines);
  if (x.fields.hasConnection) dropNominated(x, headers);
  addForwarding(x, headers);
  return headers;
}

/** By length first: most names are passed on after one comparison of numbers. */
function isDropped(name: string, isPeerTrusted: boolean): boolean {
  switch (name.length) {
    case 2:
      return name.toLowerCase() === "te";
    case 4:
      return name.toLowerCase() === "host";
    case 6:
      return name.toLowerCase() === "expect";
    case 7: {
      const lower = name.toLowerCase();
      return lower === "trailer" || lower === "upgrade";
    }
    case 9: {
      const lower = name.toLowerCase();
      return !isPeerTrusted && (lower === "forwarded" || lower === "x-real-ip");
    }
    case 10: {
      const lower = name.toLowerCase();
      return lower === "connection" || lower === "keep-alive";
    }
    case 14:
      return name.toLowerCase() === "http2-settings";
    case 16: {
      const lower = name.toLowerCase();
      return lower === "proxy-connection" || (!isPeerTrusted && lower.startsWith("x-forwarded-"));
    }
    case 17: {
      const lower = name.toLowerCase();
      return lower === "transfer-encoding" || (!isPeerTrusted && lower.startsWith("x-forwarded-"));
    }
    case 19: {
      const lower = name.toLowerCase();
      return lower === "proxy-authorization" || (!isPeerTrusted && lower.startsWith("x-forwarded-"));
    }
    default:
      return !isPeerTrusted && name.length > 12 && name.charCodeAt(1) === 0x2d && name.toLowerCase().startsWith("x-forwarded-");
  }
}

function dropNominated(x: NodeExchange, headers: HeaderList): void {
  for (const line of x.headers.all("connection")) {
    for (const option of line.split(",")) {
      const name = option.trim().toLowerCase();
      if (name !== "" && name !== "close" && name !== "keep-alive") headers.delete(name);
    }
  }
}

function addForwarding(x: NodeExchange, headers: HeaderList): void {
  const { connectionIp } = x.peer;
  const host = x.fields.host;
  const proto = x.peer.secure ? "https" : "http";
  const element = `for=${forwardedNode(connectionIp)};host=${quotedHost(host)};proto=${proto}`;
  if (!x.isPeerTrusted) {
    headers.lines.push(
      "X-Forwarded-For",
      connectionIp,
      "X-Forwarded-Proto",
      proto,
      "X-Forwarded-Host",
      host,
      "Forwarded",
      element,
    );
  } else {
    append(headers, "X-Forwarded-For", "x-forwarded-for", connectionIp);
    if (!headers.has("x-forwarded-proto")) headers.add("X-Forwarded-Proto", proto);
    if (!headers.has("x-forwarded-host")) headers.add("X-Forwarded-Host", host);
    append(headers, "Forwarded", "forwarded", element);
  }
  headers.lines.push("Via", x.request.httpVersionMinor === 0 ? "1.0 gatewright" : "1.1 gatewright");
}

function append(headers: HeaderList, name: string, lower: string, element: string): void {
  const before = headers.all(lower);
  headers.set(name, before.length === 0 ? element : `${before.join(", ")}, ${element}`);
}

/** RFC 7239 §6: IPv6 addresses in brackets and quotes. */
const forwardedNode = (ip: string): string => (ip.includes(":") ? `"[${ip}]"` : ip);

/** A host is a token unless it has a port or brackets. */
const quotedHost = (host: string): string => (host.includes(":") || host === "" ? `"${host}"` : host);
