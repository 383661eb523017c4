import type { StartValue } from "../exchange/exchange.ts";
import { StartError } from "../life/start-error.ts";

export interface ResourceMetadataConfig {
  /** URL of the resource as clients use it. */
  readonly resource: StartValue | string;
  /** Its path when the gateway was built, which decides where the metadata are served; without a slash at its end. */
  readonly path: string;
  /** Where it is written: `identity.schemes.login.jwt.resource`. */
  readonly option: string;
}

/** What challenges say of the metadata of a protected resource (RFC 9728 §5.1). */
export interface ResourceMetadata {
  readonly __made: true;
  /** `, resource_metadata="…"`, behind a realm. */
  readonly parameter: string;
}

/** Throws a `StartError` where the resource is no URL, or one with another path than when the gateway was built. */
export function createResourceMetadata({ resource, path, option }: ResourceMetadataConfig): ResourceMetadata {
  const url = URL.canParse(resource) ? new URL(resource) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || `${url.username}${url.password}` !== "" || /["\\\s]/.test(resource))
    throw new StartError(
      `${option} becomes no \`http\` or \`https\` URL. Set its variable to the URL of the API as clients use it.`,
    );
  if (url.pathname.replace(/\/$/, "") !== path || url.search !== "" || url.hash !== "")
    throw new StartError(
      `${option} becomes \`${resource}\`, whose path is another than \`${path || "/"}\`, with which the gateway was built. Set a variable for the part in front of the path.`,
    );
  const location = `${url.origin}/.well-known/oauth-protected-resource${path}`;
  return { parameter: `, resource_metadata="${location}"` } as ResourceMetadata;
}

/** The challenge with it behind each realm: schemes in one field each have their own parameters (RFC 9110 §11.6.1). */
export const withMetadata = (challenge: string, realm: string, metadata: ResourceMetadata | undefined): string =>
  metadata === undefined ? challenge : challenge.replaceAll(realm, realm + metadata.parameter);
