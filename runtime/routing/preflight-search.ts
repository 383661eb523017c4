import type { Exchange } from "../exchange/exchange.ts";
import type { Gateway } from "../gateway/gateway.ts";
import type { Operation } from "../gateway/operation.ts";
import { withLines } from "./versions.ts";

/** Finds the operation that answers a preflight where the fields that decide come with the request only. */
export type PreflightSearch = (x: Exchange, method: string) => Operation | undefined;

/**
 * A preflight has the names of the fields that the request will have, and not their values (Fetch standard, CORS-preflight
 * fetch). `assumed`: the field lines that operations with a preflight ask for, name in lower case and value alternating.
 */
export const createPreflightSearch =
  (match: Gateway["match"], assumed: readonly (readonly string[])[]): PreflightSearch =>
  (x, method) => {
    const asked = (x.headers.get("access-control-request-headers") ?? "").split(",").map((name) => name.trim().toLowerCase());
    const { path, host, query, headers } = x;
    for (const lines of assumed) {
      // `Accept` is sent without being asked for.
      if (!lines.every((name, index) => index % 2 === 1 || name === "accept" || asked.includes(name))) continue;
      const found = match({ path, host, query, headers: withLines(headers, lines) }, method);
      if (found !== null && (found.preflight !== null || found.options !== undefined)) return found;
    }
    return undefined;
  };
