import type { Gateway } from "../gateway/gateway.ts";
import type { RouteTarget } from "../gateway/operation.ts";

/** Both spellings are routed as the one without the slash. */
export function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.charCodeAt(path.length - 1) === 47 ? path.slice(0, -1) : path;
}

/**
 * The declared spelling of a path that no route matches, where it differs in the trailing slash only; undefined where
 * that is not the reason. For `trailingSlash: redirect`, after `match` gave null.
 */
export function declaredSpelling(x: RouteTarget, method: string, match: Gateway["match"]): string | undefined {
  if (x.path === "/") return undefined;
  const path = x.path.endsWith("/") ? x.path.slice(0, -1) : `${x.path}/`;
  return match({ path, host: x.host, query: x.query, headers: x.headers }, method) === null ? undefined : path;
}
