import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import type { ListenerConfig } from "../gateway/listener.ts";
import type { AdminRefusal } from "./problem.ts";

/** RFC 9110 §15.5.20. */
export const otherHost: AdminRefusal = {
  status: 421,
  title: "The request is for another host",
  detail:
    "This listener is asked by its address, as localhost, or by a name in `listeners.admin.names`, which the Host of this request is not.",
};

export const otherSite: AdminRefusal = {
  status: 403,
  title: "The request comes from a page of another site",
  detail: "Nothing is changed on behalf of a page in a browser: ask from a program, such as `gatewright live`, or curl.",
};

/**
 * A page in a browser can have the name of its own site point to this address, and read what is answered (DNS rebinding).
 * It cannot make the browser ask for an address, or for a name that is not its own.
 */
export function isOwnHost(host: string | undefined, { host: own, names = [], socket }: ListenerConfig): boolean {
  // No browser comes to a Unix socket, or without `Host`.
  if (socket !== undefined || host === undefined) return true;
  const name = host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
  const address = name.startsWith("[") && name.endsWith("]") ? name.slice(1, -1) : name;
  return isIP(address) !== 0 || name === "localhost" || name === own?.toLowerCase() || names.includes(name);
}

/**
 * Whether a page of another site has a browser send this, with the client certificate that it has for this address. Browsers
 * send `Origin` with everything but GET and HEAD, and `Sec-Fetch-Site` with all (Fetch §4.2.8, Fetch Metadata §2.3); this
 * listener has no pages.
 */
export const isOfPage = (headers: IncomingHttpHeaders): boolean =>
  headers.origin !== undefined || (headers["sec-fetch-site"] ?? "none") !== "none";
