import type { AnswerSpace } from "../../caching/answer-store.ts";
import { resourcePath } from "../../caching/resource-uri.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { uriOf } from "./key.ts";

/** RFC 9110 §9.2.1. One that nobody knows may change something. */
export const isUnsafe = (method: string): boolean =>
  method !== "GET" && method !== "HEAD" && method !== "OPTIONS" && method !== "TRACE" && method !== "QUERY";

/** What changes a resource makes what is kept of it invalid (RFC 9111 §4.4). False: nothing was changed. */
export function dropChanged(space: AnswerSpace, x: Exchange): boolean {
  const { status, headers, source } = x.answer!;
  if (source !== "service" || status < 200 || status >= 400) return false;
  const own = uriOf(x, x.query);
  dropAt(space, own);
  for (const name of ["location", "content-location"]) {
    const other = sameOrigin(headers.single(name), own);
    if (other !== undefined && other !== own) dropAt(space, other);
  }
  return true;
}

/** Answers that do not depend on the whole query are known by the URI without it. */
function dropAt(space: AnswerSpace, uri: string): void {
  space.changed(uri);
  const query = uri.indexOf("?");
  if (query >= 0) space.changed(uri.slice(0, query));
}

/** The URI that a reference names, where it is one of the same origin: nobody may drop what is another's. */
function sameOrigin(reference: string | undefined | null, base: string): string | undefined {
  if (typeof reference !== "string" || !URL.canParse(reference, base)) return undefined;
  const [named, own] = [new URL(reference, base), new URL(base)];
  if (named.origin !== own.origin) return undefined;
  const path = resourcePath(named.pathname);
  return path === undefined ? undefined : base.slice(0, base.indexOf("/", base.indexOf("//") + 2)) + path + named.search;
}
