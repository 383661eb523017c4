import type { StartValueIr } from "../../compiler/ir/config.ts";
import type { ServiceIr } from "../../compiler/ir/gateway.ts";
import type { StartValue } from "../../runtime/exchange/exchange.ts";
import { http2Pool } from "../../runtime/upstream/http2/http2-pool.ts";
import { createNames } from "../../runtime/upstream/names.ts";
import type { ServiceConfig } from "../../runtime/upstream/service.ts";
import { createTls, type PemSource } from "../../runtime/upstream/tls.ts";

/** What connects a service: every part that the IR asks for. */
export function interpretConnecting(
  { name: service, tls, names, protocol }: ServiceIr,
  text: (node: StartValueIr | string) => string,
): Pick<ServiceConfig, "tls" | "names" | "protocol"> {
  // What was read at start is plain text here.
  const source = (key: "ca" | "certificate" | "key"): { [key: string]: PemSource } =>
    tls?.[key] === undefined ? {} : { [key]: { pem: text(tls[key]) as StartValue, from: key } };
  const { serverName } = tls ?? {};
  return {
    ...(tls === undefined
      ? {}
      : {
          tls: createTls({
            service,
            ...source("ca"),
            ...source("certificate"),
            ...source("key"),
            ...(serverName === undefined ? {} : { serverName }),
            protocol: protocol === "http2" ? "h2" : "http/1.1",
          }),
        }),
    ...(names === undefined
      ? {}
      : {
          names: createNames({
            service,
            ...(names.servers === undefined ? {} : { servers: names.servers.map(text) }),
            ttl: names.ttl,
          }),
        }),
    ...(protocol === "http2" ? { protocol: http2Pool } : {}),
  };
}
