import type { TlsConfig } from "../../../runtime/listener/tls.ts";
import type { Listener, ListenerTimeouts, SecretReference, Tls } from "../../../schema/gateway-filled.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { type NumberIr, placeOf, type StartValueIr } from "../../ir/config.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import type { BoundsIr, ListenerIr } from "../../ir/listener.ts";
import type { Origin } from "../../ir/origin.ts";
import type { ResourceIr } from "../../ir/resource.ts";
import { create } from "../../resource/contract.ts";
import { pemFiles, secretSource } from "../../resource/pem.ts";
import { familyCovered, parseBlock } from "../../text/cidr.ts";
import { claimOf, claimRules } from "../../text/claimed-fields.ts";
import { parseDuration, parseSize } from "../../text/formats.ts";
import { startNumber } from "../../text/setting.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { adminAccess } from "./admin-access.ts";
import { clientTrust, forwardedCertificates, forwardedField } from "./client-certificates.ts";
import { type IdentityField, ownerOf, writtenBy } from "./identity-fields.ts";
import {
  addressOrSocket,
  besideSocket,
  certificatesFromAnybody,
  identityFieldElsewhere,
  nothingToKeep,
  nothingToShake,
  otherFamily,
  sameListener,
  samePort,
  sameServerName,
  withoutSocket,
} from "./messages.gen.ts";

type Positions = LinkedGateway["positions"];

/** What both listeners have. */
type Address = Pick<Listener, "host" | "port" | "socket" | "socketMode">;

/** @param identityFields which no client, and no proxy in front, may write */
export function checkListeners(
  linked: LinkedGateway,
  identityFields: readonly IdentityField[],
  sink: DiagnosticSink,
): GatewayIr["listeners"] {
  const { positions } = linked;
  const { listeners } = linked.file;
  const open = listeners.public;
  const publicListener: ListenerIr = {
    kind: "listener",
    name: "public",
    ...addressOf(open, positions.key(listeners, "public"), positions, sink),
    ...trustOf(open, identityFields, positions, sink),
    claims: [...new Set([...claimRules(forwardedField(open)), ...identityFields.map(({ folded }) => folded)])].sort(),
    ...(identityFields.length === 0 ? {} : { identityFields: identityFields.map(({ folded }) => folded).sort() }),
    ...entranceOf(open, positions.key(listeners, "public"), positions, sink),
    ...boundsOf(open, positions),
    ...limitsOf(open, positions),
    origin: positions.key(listeners, "public"),
  };
  if (listeners.admin === undefined) return { public: publicListener };
  const { admin } = listeners;
  const adminListener: ListenerIr = {
    kind: "listener",
    name: "admin",
    ...addressOf(admin, positions.key(listeners, "admin"), positions, sink),
    ...(admin.socket === undefined ? { host: admin.host ?? "127.0.0.1" } : {}),
    ...(admin.names === undefined ? {} : { names: admin.names.map((name) => name.toLowerCase().replace(/\.$/, "")) }),
    trustedProxies: [],
    ...adminAccess(admin, positions, sink),
    origin: positions.key(listeners, "admin"),
  };
  checkApart(open, admin, positions, sink);
  if (admin.socket !== undefined && admin.names !== undefined)
    sink.report(besideSocket(positions.key(admin, "names"), { what: "names" }));
  return { public: publicListener, admin: adminListener };
}

function checkApart(open: Address, admin: Address, positions: Positions, sink: DiagnosticSink): void {
  const key = admin.socket === undefined ? "port" : "socket";
  const own = admin[key];
  if (own === undefined || String(own) !== String(open[key]) || own === 0 || own === "0") return;
  const related = [{ origin: positions.value(open, key), text: "the public listener" }];
  const at = positions.value(admin, key);
  if (key === "port") sink.report(samePort(at, { port: String(own) }, { related }));
  else sink.report(sameListener(at, { path: String(own) }, { related }));
}

function addressOf(
  listener: Address,
  origin: Origin,
  positions: Positions,
  sink: DiagnosticSink,
): Pick<ListenerIr, "host" | "port" | "socket"> {
  const { host, port, socket, socketMode } = listener;
  if (socket === undefined) {
    if (port === undefined) sink.report(addressOrSocket(origin, {}));
    if (socketMode !== undefined) sink.report(withoutSocket(positions.key(listener, "socketMode"), { what: "socketMode" }));
    return {
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port: startPort(port, positions.value(listener, "port")) }),
    };
  }
  for (const key of ["host", "port"] as const)
    if (listener[key] !== undefined) sink.report(besideSocket(positions.key(listener, key), { what: key }));
  return { socket: { path: socket, ...(socketMode === undefined ? {} : { mode: Number.parseInt(socketMode, 8) }) } };
}

function startPort(port: number | string, origin: Origin): NumberIr {
  if (typeof port === "number") return port;
  return /^\d+$/.test(port) ? Number(port) : { kind: "setting", template: port, as: "port", origin };
}

/** Who is believed about clients, and in which fields. */
function trustOf(
  { trustedProxies }: Listener,
  identityFields: readonly IdentityField[],
  positions: Positions,
  sink: DiagnosticSink,
): Pick<ListenerIr, "trustedProxies" | "remarks" | "forwardedBy" | "writtenFields" | "keptFields" | "forwardedCertificates"> {
  if (trustedProxies === undefined) return { trustedProxies: [] };
  if (Array.isArray(trustedProxies)) return { trustedProxies, ...believed(trustedProxies) };
  const { from, forwardedBy, writes, keep = [], clientCertificates } = trustedProxies;
  for (const [index, name] of keep.entries()) {
    const owner = ownerOf(name, identityFields);
    if (owner !== undefined) sink.report(identityFieldElsewhere(positions.value(keep, index), ...writtenBy(owner, "kept here")));
    else if (claimOf(name) === undefined) sink.report(nothingToKeep(positions.value(keep, index), { name }));
  }
  const everybody = clientCertificates === undefined ? undefined : everybodyIn(from);
  if (everybody !== undefined)
    sink.report(certificatesFromAnybody(positions.key(trustedProxies, "clientCertificates"), { family: `IPv${everybody}` }));
  if (writes !== undefined && forwardedBy === "forwarded") sink.report(otherFamily(positions.key(trustedProxies, "writes"), {}));
  return {
    trustedProxies: from,
    ...believed(from),
    ...(writes === undefined ? {} : { writtenFields: writes.map((name) => name.toLowerCase()) }),
    ...(forwardedBy === "forwarded" ? { forwardedBy } : {}),
    ...(keep.length === 0 ? {} : { keptFields: keep.map((name) => name.toLowerCase()) }),
    ...(clientCertificates === undefined ? {} : { forwardedCertificates: forwardedCertificates(clientCertificates) }),
  };
}

/** A family of addresses of which every client is among the peers. */
const everybodyIn = (peers: readonly string[]): 4 | 6 | undefined =>
  familyCovered(peers.flatMap((peer) => parseBlock(peer) ?? []));

/** Of addresses that clients choose themselves, neither rules nor limits come to anything. */
function believed(peers: readonly string[]): Pick<ListenerIr, "remarks"> {
  const family = everybodyIn(peers);
  if (family === undefined) return {};
  return {
    remarks: [`\`trustedProxies\` believes every IPv${family} client about its address, which \`ipFilter\` and limits go by`],
  };
}

/** What clients pass before their first request. */
function entranceOf(
  listener: Listener,
  origin: Origin,
  positions: Positions,
  sink: DiagnosticSink,
): Pick<ListenerIr, "proxyProtocol" | "tls" | "asksForCertificates" | "http2" | "handshake"> {
  const { tls, http2, proxyProtocol, trustedProxies, timeouts, socket } = listener;
  const trusted = Array.isArray(trustedProxies) ? trustedProxies : trustedProxies?.from;
  for (const list of [trusted, proxyProtocol?.from]) {
    const index = list?.indexOf("unix") ?? -1;
    if (list !== undefined && index >= 0 && socket === undefined)
      sink.report(withoutSocket(positions.value(list, index), { what: "unix" }));
  }
  if (proxyProtocol !== undefined && socket !== undefined) {
    for (const [index, peer] of proxyProtocol.from.entries())
      if (peer !== "unix") sink.report(besideSocket(positions.value(proxyProtocol.from, index), { what: peer }));
  }
  if (timeouts?.handshake !== undefined && tls === undefined && proxyProtocol === undefined)
    sink.report(nothingToShake(positions.key(timeouts, "handshake"), {}));
  const speaksHttp2 = http2 === undefined ? tls !== undefined : http2 !== false;
  const streams = typeof http2 === "object" ? http2.maxConcurrentStreams : undefined;
  return {
    ...(proxyProtocol === undefined ? {} : { proxyProtocol: proxyProtocol.from }),
    ...(tls === undefined ? {} : { tls: tlsOf(tls, origin, positions, sink) }),
    ...(tls?.clientCertificates === undefined && forwardedField(listener) === undefined ? {} : { asksForCertificates: true }),
    ...(speaksHttp2 ? { http2: { maxConcurrentStreams: streams ?? 100 } } : {}),
    ...(proxyProtocol === undefined && tls === undefined && !speaksHttp2
      ? {}
      : {
          handshake: startNumber(
            timeouts?.handshake ?? "10s",
            parseDuration,
            () => positions.value(timeouts!, "handshake"),
            "duration",
          ),
        }),
  };
}

function tlsOf(tls: Tls, origin: Origin, positions: Positions, sink: DiagnosticSink): ResourceIr<"tls"> {
  const owners = new Map<string, Origin>();
  for (const { serverNames = [] } of tls.certificates) {
    for (const [index, written] of serverNames.entries()) {
      const name = written.toLowerCase();
      const at = positions.value(serverNames, index);
      const other = owners.get(name);
      if (other === undefined) owners.set(name, at);
      else sink.report(sameServerName(at, { name }, { related: [{ origin: other, text: "the other certificate" }] }));
    }
  }
  const secret = (from: SecretReference, origin: Origin): StartValueIr => ({ kind: "secret", from, origin });
  const certificates = tls.certificates.map((entry, index) => ({
    certificate: secret(entry.certificate, positions.value(entry, "certificate")),
    key: secret(entry.key, positions.value(entry, "key")),
    serverNames: (entry.serverNames ?? []).map((name) => name.toLowerCase()),
    at: placeOf(positions.value(tls.certificates, index)),
    certificateFrom: secretSource(entry.certificate),
    keyFrom: secretSource(entry.key),
    files: pemFiles({ certificate: entry.certificate, key: entry.key }),
  }));
  const clients = tls.clientCertificates;
  return {
    kind: "resource",
    room: "tls",
    type: "listener",
    name: "listeners.public",
    ...create<TlsConfig>("listener/tls", "createTls", {
      certificates,
      minVersion: tls.minVersion,
      ticketRotation: parseDuration(tls.ticketRotation),
      ...(clients === undefined
        ? {}
        : { clients: clientTrust(clients, positions.key(tls, "clientCertificates"), positions, sink) }),
    }),
    roles: ["living"],
    summary: "",
    origin,
  };
}

function limitsOf({ limits }: Listener, positions: Positions): Pick<ListenerIr, "limits"> {
  if (limits === undefined) return {};
  const bound = (key: keyof typeof limits, parse: (text: string) => number, as: "count" | "size") => {
    const written = limits[key];
    return written === undefined ? {} : { [key]: startNumber(written, parse, () => positions.value(limits, key), as) };
  };
  return {
    limits: {
      ...bound("connections", Number, "count"),
      ...bound("requests", Number, "count"),
      ...bound("bodyMemory", parseSize, "size"),
    },
  };
}

function boundsOf({ requestHead, timeouts }: Listener, positions: Positions): Pick<ListenerIr, "bounds"> {
  const milliseconds = (key: keyof ListenerTimeouts, name: keyof BoundsIr): BoundsIr => {
    const text = timeouts?.[key];
    if (timeouts === undefined || text === undefined) return {};
    return { [name]: startNumber(text, parseDuration, () => positions.value(timeouts, key), "duration") };
  };
  const bounds: BoundsIr = {
    ...(requestHead?.maxSize === undefined ? {} : { headBytes: parseSize(requestHead.maxSize) }),
    ...(requestHead?.maxFields === undefined ? {} : { fieldLines: requestHead.maxFields }),
    ...milliseconds("head", "headMs"),
    ...milliseconds("request", "requestMs"),
    ...milliseconds("idle", "idleMs"),
    ...milliseconds("send", "sendMs"),
  };
  return Object.keys(bounds).length === 0 ? {} : { bounds };
}
