import type { CacheOptions } from "../../../schema/policies.gen.ts";
import type { StoreUse } from "../../ir/store-use.ts";
import { list } from "../../text/words.ts";
import { purgingText } from "./purging.ts";

/** What `explain` and the generated code say of it. */
export function summaryOf(options: CacheOptions, { name, type }: StoreUse): string {
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
    memory,
    fields,
    safe,
  } = options;
  const parts = [
    ttl === undefined ? "as the service says" : `${ttl} unless the service says otherwise`,
    ...(targets === undefined ? [] : [`${list(targets)} before Cache-Control`]),
    ...(guessFreshness ? ["or by when they were modified"] : []),
    ...(negativeTtl === undefined ? [] : [`404 ${negativeTtl}`]),
    `by URI${query === undefined ? "" : ` (of the query ${query.length === 0 ? "nothing" : list(query)})`}${key.map((part) => `, \`${part.trim()}\``).join("")}`,
    ...(fields === undefined ? [] : [`the service sees ${fields.length === 0 ? "no field" : list(fields)}`]),
    ...(safe === undefined ? [] : [`and the body; safe: ${safe}`]),
    ...(shared === undefined ? [] : [`shared: ${shared}`]),
    ...(staleWhileRevalidate === undefined ? [] : [`stale ${staleWhileRevalidate} while revalidated`]),
    ...(staleIfError === undefined ? [] : [`stale ${staleIfError} on errors`]),
    ...(clientsMayRevalidate ? ["clients may revalidate"] : []),
    ...(name === "default" && type === "memory"
      ? []
      : [`in ${name}${type === "memory" ? "" : ` (${type}), one fetch over instances`}`]),
    ...(memory === undefined ? [] : [`copies in memory, checked after ${memory.checkAfter}`]),
    ...purgingText(options),
  ];
  return parts.join(", ");
}
