import { parseHost, parseTarget } from "../../runtime/http/target.ts";
import type { RouteRequest } from "./route.ts";

/** The GET that a public URL stands for, as the data plane reads it; undefined: it would be refused, or is no URL. */
export function requestFor(url: string, headers: RouteRequest["headers"]): RouteRequest | undefined {
  if (!/^https?:\/\//i.test(url)) return undefined;
  const target = parseTarget(url.replace(/#.*$/, ""), "GET");
  const host = target?.authority === undefined ? undefined : parseHost(target.authority);
  return target === undefined || host === undefined
    ? undefined
    : { method: "GET", host, path: target.path, query: target.query, headers };
}
