import { type CidrSet, createCidrSet, parseIp } from "../cidr.ts";
import type { Peer } from "../exchange.ts";
import type { HeaderList } from "../header-list.ts";

/** `trustedProxies`: CIDR blocks. */
export const createPeerResolver = (trustedProxies: readonly string[]): PeerResolver => new PeerResolver(trustedProxies);

/** Finds out who a client is: the connection's own address, or what trusted proxies in front of us say. */
export class PeerResolver {
  readonly #trusted: CidrSet | undefined;

  /** `trustedProxies`: CIDR blocks. */
  constructor(trustedProxies: readonly string[]) {
    this.#trusted = trustedProxies.length === 0 ? undefined : createCidrSet(trustedProxies);
  }

  isTrusted(ip: string): boolean {
    return this.#trusted !== undefined && this.#trusted.has(ip) === true;
  }

  /**
   * The client behind a trusted connection: from the nearest hop on, the first address that is not trusted itself.
   * `X-Forwarded-For` counts before `Forwarded` (RFC 7239), because proxies that know only the former pass the latter
   * on as the client wrote it. What cannot be read ends the walk: nothing behind it is vouched for.
   */
  behind(connection: Peer, headers: HeaderList): Peer {
    const isLegacy = headers.has("x-forwarded-for");
    const elements = isLegacy
      ? headers.all("x-forwarded-for").join(",").split(",")
      : splitQuoted(headers.all("forwarded").join(","), ",");
    let ip = connection.ip;
    let port = connection.port;
    let proto: string | undefined;
    for (let index = elements.length - 1; index >= 0; index--) {
      const element = elements[index]!;
      if (element.trim() === "") continue;
      const node = parseNode(isLegacy ? element.trim() : (parameter(element, "for") ?? ""));
      if (node === undefined) break;
      ip = node.ip;
      port = node.port;
      if (!isLegacy) proto = parameter(element, "proto");
      if (!this.isTrusted(ip)) break;
    }
    proto ??= headers.get("x-forwarded-proto")?.split(",")[0]?.trim();
    return {
      ip,
      connectionIp: connection.connectionIp,
      port,
      secure: proto === undefined ? connection.secure : proto.toLowerCase() === "https",
    };
  }
}

/** An address without zone; IPv4-mapped addresses as IPv4. */
export function plainIp(address: string): string {
  if (address.startsWith("::ffff:") && address.includes(".")) return address.slice(7);
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`. */
function parseNode(text: string): { ip: string; port: number } | undefined {
  let host = text;
  let port = "";
  if (text.startsWith("[")) {
    const end = text.indexOf("]");
    host = text.slice(1, end < 0 ? undefined : end);
    port = text.slice(end + 2);
  } else if (text.indexOf(":") === text.lastIndexOf(":") && text.includes(":")) {
    host = text.slice(0, text.indexOf(":"));
    port = text.slice(text.indexOf(":") + 1);
  }
  const ip = plainIp(host.toLowerCase());
  return parseIp(ip, new Uint32Array(4)) === 0 ? undefined : { ip, port: Number(port) || 0 };
}

/** The value of a parameter of a forwarded-element (RFC 7239 §4), unquoted. */
function parameter(element: string, name: string): string | undefined {
  for (const pair of splitQuoted(element, ";")) {
    const equals = pair.indexOf("=");
    if (equals < 0 || pair.slice(0, equals).trim().toLowerCase() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    return value.startsWith('"') && value.endsWith('"') && value.length > 1
      ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1")
      : value;
  }
  return undefined;
}

function splitQuoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted && character === "\\") index++;
    else if (!isQuoted && character === separator) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
