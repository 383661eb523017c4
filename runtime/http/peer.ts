import { type CidrSet, createCidrSet } from "../addresses/cidr.ts";
import { ipText } from "../addresses/ip-text.ts";
import type { Peer } from "../exchange/exchange.ts";
import type { HeaderList } from "../fields/header-list.ts";
import { type ForwardedElement, forwardedElements } from "./forwarded.ts";

/** The fields in which proxies of a listener say who a client is: those of RFC 7239, or the older ones. */
export type ForwardingFamily = "forwarded" | "x-forwarded-for";

/**
 * `trustedProxies`: CIDR blocks. `keptFields`: further fields that these proxies write, and no one else. `writtenFields`:
 * what they write of the older family beside `x-forwarded-for`, in lower case; the rest is what a client made up.
 */
export const createPeerResolver = (
  trustedProxies: readonly string[],
  family: ForwardingFamily = "x-forwarded-for",
  keptFields: readonly string[] = [],
  writtenFields: readonly string[] = ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"],
): PeerResolver => new PeerResolver(trustedProxies, family, keptFields, writtenFields);

/** A client whose address nobody vouches for (RFC 7239 §6.2). It is in no block, and all such clients are one caller. */
const unknownNode: Node = { ip: "unknown", port: 0 };

interface Node {
  readonly ip: string;
  readonly port: number;
}

/** How a request came to the gateway; `element` says the same as RFC 7239 does. */
export interface Way {
  readonly ip: string;
  readonly proto: string;
  readonly host: string;
  readonly element: string;
}

/** An address in brackets with a hidden port is shorter. */
const longestNode = 128;

/** Hops that are looked at. Real chains have a handful, and a client may write thousands. */
const mostHops = 64;

/** Finds out who a client is: the connection's own address, or what trusted proxies in front of us say. */
export class PeerResolver {
  readonly #family: ForwardingFamily;
  readonly #trusted: CidrSet | undefined;
  readonly #believed: ReadonlySet<string>;

  constructor(
    trustedProxies: readonly string[],
    family: ForwardingFamily,
    keptFields: readonly string[],
    writtenFields: readonly string[],
  ) {
    this.#family = family;
    this.#trusted = trustedProxies.length === 0 ? undefined : createCidrSet(trustedProxies);
    const own = family === "forwarded" ? ["forwarded"] : ["x-forwarded-for", ...writtenFields];
    this.#believed = new Set([...own, ...keptFields.map((name) => name.toLowerCase())]);
  }

  isTrusted(ip: string): boolean {
    return this.#trusted !== undefined && this.#trusted.has(ip) === true;
  }

  /** Fields of trusted connections that services get. `name` in lower case. */
  readonly isBelieved = (name: string): boolean => this.#believed.has(name);

  /** Adds what the gateway says of a request to what its fields say already, in the family of this listener. */
  addTo(headers: HeaderList, { ip, proto, host, element }: Way): void {
    if (this.#family === "forwarded") {
      const lines = headers.all("forwarded");
      // A quote that is left open would swallow what we write behind it.
      const isWhole = lines.every((line) => forwardedElements(line) !== undefined);
      headers.set("Forwarded", [...(isWhole ? lines : ["for=unknown"]), element].join(", "));
      return;
    }
    headers.set("X-Forwarded-For", [...headers.all("x-forwarded-for"), ip].join(", "));
    if (!headers.has("x-forwarded-proto")) headers.add("X-Forwarded-Proto", proto);
    if (!headers.has("x-forwarded-host")) headers.add("X-Forwarded-Host", host);
  }

  /**
   * The client behind a trusted connection: from the nearest hop on, the first address that is not trusted itself. Where
   * a hop is no address, or there are too many, nobody knows who the client is; it is not taken for the proxy.
   */
  behind(connection: Peer, headers: HeaderList): Peer {
    return this.#family === "forwarded" ? this.#byForwarded(connection, headers) : this.#byList(connection, headers);
  }

  /** RFC 7239. What stands in front of a broken line was written before it: nobody vouches for it. */
  #byForwarded(connection: Peer, headers: HeaderList): Peer {
    let client: Node = connection;
    let { secure } = connection;
    let hops = 0;
    for (const line of headers.all("forwarded").reverse()) {
      const elements = forwardedElements(line);
      if (elements === undefined) return peerOf(connection, unknownNode, secure);
      for (const element of elements.reverse()) {
        client = ++hops > mostHops ? unknownNode : nodeOf(element);
        const proto = element.get("proto");
        if (proto !== undefined) secure = proto.toLowerCase() === "https";
        if (!this.isTrusted(client.ip)) return peerOf(connection, client, secure);
      }
    }
    return peerOf(connection, client, secure);
  }

  #byList(connection: Peer, headers: HeaderList): Peer {
    const hops = nearestItems(headers, "x-forwarded-for");
    let client: Node = connection;
    let hop = 0;
    for (; hop < hops.length; hop++) {
      client = hop === mostHops ? unknownNode : (parseNode(hops[hop]!) ?? unknownNode);
      if (!this.isTrusted(client.ip)) break;
    }
    // Each proxy adds to both lists, or only the nearest one says how it was reached.
    const protos = this.#believed.has("x-forwarded-proto") ? nearestItems(headers, "x-forwarded-proto") : [];
    const proto = protos[Math.min(hop, protos.length - 1)];
    return peerOf(connection, client, proto === undefined ? connection.secure : proto.toLowerCase() === "https");
  }
}

/** What the connection itself showed says nothing of a client behind it. */
const peerOf = (connection: Peer, client: Node, secure: boolean): Peer =>
  client === connection && secure === connection.secure
    ? connection
    : { ip: client.ip, connectionIp: connection.connectionIp, port: client.port, secure };

const nodeOf = (element: ForwardedElement): Node => parseNode(element.get("for") ?? "") ?? unknownNode;

/** Items of all lines of a list from the last one on, so the nearest hop first; one more than count at most. */
function nearestItems(headers: HeaderList, name: string): string[] {
  const items: string[] = [];
  const lines = headers.all(name);
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index]!;
    for (let end = line.length; end >= 0 && items.length <= mostHops; ) {
      const comma = end === 0 ? -1 : line.lastIndexOf(",", end - 1);
      const item = line.slice(comma + 1, end).trim();
      if (item !== "") items.push(item);
      end = comma;
    }
  }
  return items;
}

/**
 * An address that the system gave, as the gateway writes addresses. It has one spelling already, but for IPv4 on sockets
 * of both families and for zones; what others write, `ipText` reads.
 */
export function plainIp(address: string): string {
  if (address.startsWith("::ffff:") && address.includes(".")) return address.slice(7);
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`; a port may be hidden (RFC 7239 §6). */
function parseNode(text: string): Node | undefined {
  if (text.length > longestNode) return undefined;
  const parts = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::(\d{1,5}|_[\w.-]+))?$/i.exec(text);
  if (parts === null) {
    const bare = ipText(text);
    return bare === undefined ? undefined : { ip: bare, port: 0 };
  }
  const [, bracketed, plain = "", port = "0"] = parts;
  const ip = bracketed?.includes(":") === false ? undefined : ipText(bracketed ?? plain);
  if (ip === undefined || Number(port) > 65_535) return undefined;
  return { ip, port: port.startsWith("_") ? 0 : Number(port) };
}
