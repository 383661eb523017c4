import type { CacheOptions } from "../../../schema/policies.gen.ts";
import { list } from "../../text/words.ts";

/** What `explain` and the generated code say of it. `store`: its name. */
export function summaryOf(options: CacheOptions, store: string): string {
  const {
    ttl,
    negativeTtl,
    key,
    query,
    staleWhileRevalidate,
    staleIfError,
    clientsMayRevalidate,
    shared,
    guessFreshness,
    targets,
    fields,
  } = options;
  const parts = [
    ttl === undefined ? "as the service says" : `${ttl} unless the service says otherwise`,
    ...(targets === undefined ? [] : [`${list(targets)} before Cache-Control`]),
    ...(guessFreshness ? ["or by when they were modified"] : []),
    ...(negativeTtl === undefined ? [] : [`404 ${negativeTtl}`]),
    `by URI${query === undefined ? "" : ` (of the query ${query.length === 0 ? "nothing" : list(query)})`}${key.map((part) => `, \`${part.trim()}\``).join("")}`,
    ...(fields === undefined ? [] : [`the service sees ${fields.length === 0 ? "no field" : list(fields)}`]),
    ...(shared === undefined ? [] : [`shared: ${shared}`]),
    ...(staleWhileRevalidate === undefined ? [] : [`stale ${staleWhileRevalidate} while revalidated`]),
    ...(staleIfError === undefined ? [] : [`stale ${staleIfError} on errors`]),
    ...(clientsMayRevalidate ? ["clients may revalidate"] : []),
    ...(store === "default" ? [] : [`in ${store}`]),
  ];
  return parts.join(", ");
}
