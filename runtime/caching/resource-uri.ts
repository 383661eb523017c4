import { normalisePath } from "../http/path.ts";

/**
 * Host and port as one name of a resource: the same ones are written in several ways (RFC 3986 §6.2.3), with the port that the
 * scheme has in any case, zeros in front of it, or a dot behind the name. `host`: as `parseHost` gives it, without port.
 */
export function resourceHost(host: string, authority: string, isSecure: boolean): string {
  if (host.length === authority.length) return host;
  const port = /:(\d+)$/.exec(authority)?.[1];
  return port === undefined || Number(port) === (isSecure ? 443 : 80) ? host : `${host}:${Number(port)}`;
}

/** The path in the form in which it is routed: nothing is kept under another one. Undefined: it is refused. */
export const resourcePath = (path: string): string | undefined => normalisePath(path);
