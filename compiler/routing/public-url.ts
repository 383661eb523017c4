import { hasPort } from "../../runtime/caching/warming/listed-urls.ts";
import { parseHost, parseTarget } from "../../runtime/http/target.ts";
import type { RouteRequest } from "./route.ts";

/** Why no client asks for the URL, whatever operations there are; undefined: one can. */
export function whyNotAsked(url: string): string | undefined {
  // Up to the last `@`, as passwords may have whatever ends the authority. The colons of a literal address are not in front of one.
  if (/^https?:\/\/[^/?#]*@/i.test(url) || /^https?:\/\/(?:\[[^\]/?#]*\]|(?!\[))[^/?#:]*:(?!\d*[/?#]).*@/i.test(url))
    return "names a user, whom clients never send";
  return hasPort(url) ? undefined : "has a port that there is not";
}

/** The GET that a public URL stands for, as the data plane reads it; undefined: it would be refused, or is no URL. */
export function requestFor(url: string, headers: RouteRequest["headers"]): RouteRequest | undefined {
  if (!/^https?:\/\//i.test(url)) return undefined;
  const target = parseTarget(url.replace(/#.*$/, ""), "GET");
  const host = target?.authority === undefined ? undefined : parseHost(target.authority);
  return target === undefined || host === undefined
    ? undefined
    : { method: "GET", host, path: target.path, query: target.query, headers };
}
