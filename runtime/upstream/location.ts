import type { HeaderList } from "../fields/header-list.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import type { RequestText } from "./request-text.ts";
import type { Service } from "./service.ts";

/**
 * Gives the client public URLs: `Location` and `Content-Location` of the service where they name an endpoint, or the host
 * that the service was asked for, or no host. Paths change back as they were changed for the request; URLs of others and
 * relative ones stay.
 */
export function mapLocations(x: HttpExchange, service: Service, text: RequestText, headers: HeaderList): void {
  for (const name of ["Location", "Content-Location"]) {
    const value = headers.single(name.toLowerCase());
    if (typeof value !== "string") continue;
    const mapped = publicUrl(value, x, service, text);
    if (mapped !== value) headers.set(name, mapped);
  }
}

function publicUrl(value: string, x: HttpExchange, service: Service, { start, host }: RequestText): string {
  const [known, scheme, authority, path] = /^(?:(?:(https?):)?\/\/([^/?#]*))?(\/[^?#]*)?/i.exec(value)!;
  if (authority === undefined && path === undefined) return value;
  const rest = value.slice(known.length);
  const target = start.slice(start.indexOf(" ") + 1);
  const mapped = path === undefined ? "" : publicPath(path, x.path, target.slice(0, target.search(/[? ]/)));
  if (authority === undefined) return mapped + rest;
  const isPublic = authority.toLowerCase() === x.authority.toLowerCase();
  if (isPublic) return `${value.slice(0, value.indexOf("//"))}//${authority}${mapped}${rest}`;
  const named = hostOf(scheme, authority);
  const isOurs = service.endpoints.some((endpoint) => endpoint.authority === named) || hostOf(scheme, host) === named;
  if (!isOurs || named === undefined) return value;
  const origin = x.authority === "" ? "" : `${x.peer.secure ? "https" : "http"}://${x.authority}`;
  return (origin + mapped || "/") + rest;
}

/** Without the port that the scheme stands for. */
function hostOf(scheme = "http", authority: string | undefined): string | undefined {
  const url = `${scheme}://${authority}`;
  return authority !== undefined && !authority.includes("@") && URL.canParse(url) ? new URL(url).host : undefined;
}

/** What the service and the client call the same begins alike but for what stands in front of their common end. */
function publicPath(path: string, requested: string, sent: string): string {
  const [theirs, ours] = [sent.split("/"), requested.split("/")];
  while (theirs.length > 1 && ours.length > 1 && theirs.at(-1) === ours.at(-1)) {
    theirs.pop();
    ours.pop();
  }
  const isRoot = theirs.length === 2 && theirs[1] === "";
  const [from, to] = [isRoot ? "" : theirs.join("/"), ours.join("/")];
  if (from === to || !isBelow(path, from)) return path;
  // A service that is told of no prefix, and writes it all the same, knows its public URL.
  if (from === "" && isBelow(path, to)) return path;
  return to + path.slice(from.length);
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
