import { createHash } from "node:crypto";
import type { Exchange } from "../exchange/exchange.ts";
import { isProtocol, protocolList, type UpgradeGrant, type UpgradeGrants } from "../exchange/upgrade.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { connectionOption } from "../http1/field-section.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import { type ForwardConfig, forward } from "./forward.ts";
import type { OriginConnection } from "./origin-connection.ts";
import type { ProtocolSwitch } from "./origin-request.ts";
import type { Service } from "./service.ts";
import { Tunnel } from "./tunnel.ts";

/** Ends a chain as `forward` does, and asks the service for the protocols that the chain granted, if any. */
export function forwardUpgrade(exchange: Exchange, service: Service, config: ForwardConfig, grants: UpgradeGrants): void {
  const grant = grants.granted(exchange);
  // Every exchange of a running gateway is made by the server of `runtime/http`.
  const { client } = exchange as HttpExchange;
  const isPossible = grant !== undefined && client.tunnel !== undefined;
  forward(exchange, service, config, isPossible ? new Upgrading(grant) : undefined);
}

/** One request that asks for another protocol. */
class Upgrading implements ProtocolSwitch {
  readonly lines: string;
  readonly #grant: UpgradeGrant;

  constructor(grant: UpgradeGrant) {
    this.#grant = grant;
    this.lines = `Connection: Upgrade\r\nUpgrade: ${grant.protocols.join(", ")}\r\n`;
  }

  /** RFC 9110 §7.8, §15.2.2: every protocol that the service goes on with was offered. A 101 has no content (§6.4.1). */
  accepts({ headers, minor, connection, contentLength, isChunked }: ResponseHead): boolean {
    const { protocols, webSocketKey } = this.#grant;
    if (minor !== 1 || (connection & connectionOption.upgrade) === 0 || contentLength >= 0 || isChunked) return false;
    const chosen = protocolList(headers.joined("upgrade", ",") ?? "");
    if (chosen.length === 0 || !chosen.every((one) => protocols.some((offered) => isProtocol(one, offered)))) return false;
    if (chosen.some((one) => isProtocol(one, "websocket")) && headers.single("sec-websocket-accept") !== acceptOf(webSocketKey))
      return false;
    // As received it would be taken for a field of the service's connection.
    headers.set("Upgrade", chosen.join(", "));
    return true;
  }

  begin(x: HttpExchange, connection: OriginConnection, service: Service): void {
    new Tunnel(x, connection, service, this.#grant);
  }
}

/** RFC 6455 §4.2.2: only who read the key as WebSocket can answer with this. SHA-1 is part of the protocol. */
const acceptOf = (key: string): string =>
  createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
