import { withDefaults } from "./setting.ts";

/** Where metadata of protected resources are (RFC 9728 §3). */
export const wellKnownResource = "/.well-known/oauth-protected-resource";

/** Path of a resource without a slash at its end, empty for `/`; undefined where it is no URL that could be one (§1.2). */
export function resourcePath(resource: string): string | undefined {
  const url = withDefaults(resource);
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, username, password, pathname, search, hash } = new URL(url);
  if (!/^https?:$/.test(protocol) || `${username}${password}${search}${hash}` !== "" || url.includes("#")) return undefined;
  return /^[A-Za-z0-9._~/-]*$/.test(pathname) ? pathname.replace(/\/$/, "") : undefined;
}
