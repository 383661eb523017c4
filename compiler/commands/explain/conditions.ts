import type { RouteMatch } from "../../ir/route.ts";
import type { Mismatch } from "../../routing/brute-force.ts";
import { formatField } from "../../routing/route.ts";

/** What a request must have besides method and path; "" for nothing. */
export const conditions = (match: RouteMatch): string =>
  (["host", "header", "query", "version"] as const)
    .map((part) => conditionTexts[part](match))
    .filter((text) => text !== "")
    .join(", ");

/** What a route asks of one part of a request. */
export const conditionTexts: Readonly<Record<Mismatch, (match: RouteMatch) => string>> = {
  method: ({ method }) => (method === "*" ? "any method" : method),
  path: ({ path }) => path.template,
  host: ({ hosts }) => (hosts.length === 0 ? "" : `host ${hosts.join(" or ")}`),
  header: ({ headers }) =>
    headers.map((field) => (field.value === undefined ? `header ${field.name}` : formatField(field))).join(", "),
  query: ({ query }) => query.map(({ name, value }) => (value === undefined ? `?${name}` : `?${name}=${value}`)).join(", "),
  version: ({ version }) => {
    if (version === undefined) return "";
    const { by, name, value, isDefault } = version;
    const where = { header: `${name}: ${value}`, query: `?${name}=${value}`, mediaType: `Accept: …;${name}=${value}` };
    return `${where[by]}${isDefault ? " or none" : ""}`;
  },
};
