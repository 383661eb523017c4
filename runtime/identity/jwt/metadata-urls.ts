import { checkStartUrl, type StartUrlConfig } from "../start-url.ts";

/** Where the metadata of an issuer may be that is read when the gateway starts. */
export type MetadataUrls = readonly string[] & { readonly __made: true };

/** Throws a `StartError` where the issuer is no URL. */
export function createMetadataUrls({ url, option }: StartUrlConfig): MetadataUrls {
  checkStartUrl(url, option);
  // A mark for the compiler: at run time it is a list like any other.
  return wellKnownUrls(url) as readonly string[] as MetadataUrls;
}

/** Below the issuer (OpenID Connect Discovery 1.0 §4), or in front of its path (RFC 8414 §3.1). */
function wellKnownUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  return [`${origin}${path}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
}
