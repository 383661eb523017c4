import type { Exchange } from "../../exchange/exchange.ts";
import { escapedAlike } from "../../http/path.ts";
import { sentPath } from "../../paths/sent-path.ts";

/**
 * The `htu` of a proof is the URL that the client used, without query and fragment, both normalised by syntax and scheme
 * (RFC 9449 §4.3, RFC 3986 §6.2.2 and §6.2.3). `origin`: scheme and authority where clients see others than the gateway
 * does, because something in front of it replaces them.
 */
export function isUrlOf(htu: string, x: Exchange, origin: string | undefined): boolean {
  const said = parsed(htu);
  const used = parsed(origin ?? `${x.peer.secure ? "https" : "http"}://${x.authority}`);
  if (said === undefined || used === undefined || said.origin !== used.origin) return false;
  const path = pathOf(said.pathname);
  return path !== undefined && path === pathOf(sentPath(x.sentTarget));
}

/** Undefined for what is no URL of HTTP, has user information, or holds what a URL must not hold and browsers repair. */
function parsed(text: string): URL | undefined {
  if (!/^https?:\/\/[!#-;=?-[\]_a-z~]+$/i.test(text)) return undefined;
  try {
    const url = new URL(text);
    return url.username === "" && url.password === "" ? url : undefined;
  } catch {
    return undefined;
  }
}

const pathOf = (raw: string): string | undefined => escapedAlike(raw, refusesNothing);

const refusesNothing = (): boolean => false;
