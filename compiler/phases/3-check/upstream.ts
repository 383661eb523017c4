import { isIP } from "node:net";
import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { StartValueIr } from "../../ir/config.ts";
import type { NamesIr, ServiceIr, TlsIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import { parseDuration } from "../../text/formats.ts";
import { startNumber, startValue } from "../../text/setting.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { certificateWithoutKey, resolverUnused, streamsWithoutHttp2, tlsUnused, ttlBounds } from "./messages.gen.ts";

export type ServiceOptions = NonNullable<GatewayFile["services"]>[string];

/** One service on its way into the IR. */
export interface ServiceScope {
  readonly name: string;
  readonly service: ServiceOptions;
  readonly positions: LinkedGateway["positions"];
  readonly sink: DiagnosticSink;
}

/** How connections to the endpoints are made and kept; reports what would have no effect. */
export function checkUpstream(scope: ServiceScope): Pick<ServiceIr, "connections" | "protocol" | "tls" | "names"> {
  const urls = scope.service.endpoints.map((endpoint) => (typeof endpoint === "string" ? endpoint : endpoint.url));
  const tls = checkTls(scope, urls);
  const names = checkNames(scope, urls);
  return {
    connections: checkConnections(scope),
    protocol: scope.service.protocol ?? "http1",
    ...(tls === undefined ? {} : { tls }),
    ...(names === undefined ? {} : { names }),
  };
}

function checkConnections({ name, service, positions, sink }: ServiceScope): ServiceIr["connections"] {
  const { connections = {}, protocol } = service;
  if (connections.streams !== undefined && protocol !== "http2")
    sink.report(streamsWithoutHttp2(positions.key(connections, "streams"), { name }));
  const at = (key: keyof typeof connections) => (): Origin => positions.value(connections, key);
  return {
    max: startNumber(connections.max ?? 1_024, Number, at("max"), "count"),
    pending: startNumber(connections.pending ?? 4_096, Number, at("pending"), "count"),
    idle: startNumber(connections.idle ?? (protocol === "http2" ? "1m" : "4s"), parseDuration, at("idle"), "duration"),
    streams: startNumber(connections.streams ?? 100, Number, at("streams"), "count"),
  };
}

function checkTls({ name, service, positions, sink }: ServiceScope, urls: readonly string[]): TlsIr | undefined {
  const { tls } = service;
  if (!urls.some(mayBeSecure)) {
    if (tls !== undefined) sink.report(tlsUnused(positions.key(service, "tls"), { name }));
    return undefined;
  }
  if (tls === undefined) return {};
  if ((tls.certificate === undefined) !== (tls.key === undefined)) {
    const [found, missing] = tls.key === undefined ? (["certificate", "key"] as const) : (["key", "certificate"] as const);
    sink.report(certificateWithoutKey(positions.key(tls, found), { name, found, missing }));
  }
  const secret = (key: "ca" | "certificate" | "key"): { [key: string]: StartValueIr } => {
    const from = tls[key];
    return from === undefined ? {} : { [key]: { kind: "secret", from, origin: positions.value(tls, key) } };
  };
  const { serverName } = tls;
  return {
    ...secret("ca"),
    ...secret("certificate"),
    ...secret("key"),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

function checkNames({ name, service, positions, sink }: ServiceScope, urls: readonly string[]): NamesIr | undefined {
  const { resolver } = service;
  if (!urls.some(mayHaveName)) {
    if (resolver !== undefined) sink.report(resolverUnused(positions.key(service, "resolver"), { name }));
    return undefined;
  }
  const { servers, ttl = {} } = resolver ?? {};
  const min = ttl.min ?? "1s";
  const max = ttl.max ?? "5m";
  if (parseDuration(min) > parseDuration(max)) sink.report(ttlBounds(positions.key(resolver!, "ttl"), { min, max }));
  return {
    ...(servers === undefined
      ? {}
      : { servers: servers.map((server, index) => startValue(server, positions.value(servers, index))) }),
    ttl: { min: parseDuration(min), max: parseDuration(max) },
  };
}

/** A setting in front may hold the scheme. */
const mayBeSecure = (url: string): boolean => url.startsWith("https:") || url.startsWith("${env:");

function mayHaveName(url: string): boolean {
  const host = /^https?:\/\/([^/]*)/.exec(url)?.[1];
  if (host === undefined || host.includes("${env:")) return true;
  const { hostname } = new URL(url.replaceAll(/\$\{env:[^}]*\}/g, "1"));
  return isIP(hostname.replace(/^\[(.*)\]$/, "$1")) === 0;
}
