import type { Ways } from "./connect.ts";
import type { Sent } from "./exchange.ts";
import { proxyAuthorization } from "./tunnel.ts";

/** What is written of a request. Without TLS a proxy is asked for the whole URL (RFC 9112 §3.2.2). */
export async function asWritten(
  { url, headers }: Pick<Sent, "url" | "headers">,
  { reach, proxyFor }: Ways,
  signal: AbortSignal,
): Promise<Pick<Sent, "headers"> & { readonly path: string }> {
  const path = `${url.pathname}${url.search}`;
  const proxy = url.protocol === "http:" ? proxyFor(url) : undefined;
  if (proxy === undefined) return { path, headers };
  const credentials = proxyAuthorization(proxy);
  const own = { host: url.host, ...(credentials === undefined ? {} : { "proxy-authorization": credentials }) };
  const host = reach.isNamed(url) ? url.host : await reach.behindProxy(url, signal);
  return { path: `http://${host}${path}`, headers: { ...headers, ...own } };
}
