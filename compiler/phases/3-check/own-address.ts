import { isIP } from "node:net";
import type { GatewayFile } from "../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";
import { serviceIsGateway } from "./messages.gen.ts";

type Listener = Pick<GatewayFile["listeners"]["public"], "host" | "port">;

/** Reports endpoints where the gateway itself listens: each request would come back until something gives way. */
export function checkOwnAddress({ file, positions }: LinkedGateway, sink: DiagnosticSink): void {
  for (const [name, { endpoints }] of Object.entries(file.services ?? {})) {
    for (const [index, endpoint] of endpoints.entries()) {
      const url = typeof endpoint === "string" ? endpoint : endpoint.url;
      const at = typeof endpoint === "string" ? positions.value(endpoints, index) : positions.value(endpoint, "url");
      for (const [listener, options] of Object.entries(file.listeners)) {
        if (isAt(url, options, listener === "admin"))
          sink.report(
            serviceIsGateway(
              at,
              { name, url, listener },
              { related: [{ origin: positions.value(options, "port"), text: "listens here" }] },
            ),
          );
      }
    }
  }
}

/** A setting is taken for equal where it is written alike. */
function isAt(url: string, { host, port }: Listener, isAdmin: boolean): boolean {
  const parts = /^(https?):\/\/(\[[^\]]*\]|[^/:]*)(?::([^/]+))?(?:\/|$)/i.exec(url);
  if (parts === null || port === undefined || port === 0) return false;
  const [, scheme, named = "", written] = parts;
  const standard = scheme!.toLowerCase() === "https" ? "443" : "80";
  if ((written ?? standard) !== String(port)) return false;
  const name = named.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const own = (host ?? (isAdmin ? "127.0.0.1" : "::")).toLowerCase();
  return name === own || (isOfThisMachine(name) && (isOfThisMachine(own) || isAll(own)));
}

const isAll = (host: string): boolean => host === "::" || host === "0.0.0.0";

/** Whoever connects to the address of no interface, or of the loopback, is on this machine. */
const isOfThisMachine = (host: string): boolean =>
  host === "localhost" || host === "::1" || isAll(host) || (isIP(host) === 4 && host.startsWith("127."));
