import type { FileKeysConfig } from "../../../../runtime/identity/jwt/file-keys.ts";
import type { InlineKeysConfig } from "../../../../runtime/identity/jwt/inline-keys.ts";
import type { MetadataUrls } from "../../../../runtime/identity/jwt/metadata-urls.ts";
import type { RemoteKeysConfig } from "../../../../runtime/identity/jwt/remote-keys.ts";
import type { JwtConfig } from "../../../../runtime/identity/jwt/scheme.ts";
import type { SecretKeyConfig } from "../../../../runtime/identity/jwt/secret-key.ts";
import type { StartUrl, StartUrlConfig } from "../../../../runtime/identity/start-url.ts";
import type { JwtIssuer, JwtOptions, SecretReference } from "../../../../schema/resources.gen.ts";
import { type Lowered, type MakeIr, make } from "../../../ir/config.ts";
import type { SchemeContext } from "../../../resource/contract.ts";
import { followedTls } from "../../../resource/followed-tls.ts";
import { optionName, startUrl } from "../../../resource/start-url.ts";
import { parseDuration } from "../../../text/formats.ts";
import { hasSetting, startValue, withDefaults } from "../../../text/setting.ts";
import { list } from "../../../text/words.ts";
import { algorithmsOf } from "./algorithms.ts";

/** One issuer as it is written, beside the others or alone. */
export interface Issuer extends JwtIssuer {
  readonly secret?: SecretReference;
  /** Where its options are. */
  readonly pointer: string;
}

export function issuersOf({ issuer, discovery, jwks, tenants, secret, issuers }: JwtOptions): Issuer[] {
  if (issuer === undefined) return (issuers ?? []).map((one, index) => ({ ...one, pointer: `/issuers/${index}` }));
  return [{ issuer, discovery, jwks, tenants, secret, pointer: "" } as Issuer];
}

export const shownIssuers = (issuers: readonly Issuer[]): string =>
  list(
    issuers.map(({ issuer }) => issuer),
    "or",
  );

/** Its keys may change while the gateway runs. */
export const isLive = ({ jwks, secret }: Issuer): boolean => secret === undefined && (jwks === undefined || !("keys" in jwks));

/** Where its keys, or its metadata, are fetched; undefined where nothing is, or only the environment says it. */
export function keysAt(issuer: Issuer): string | undefined {
  const { jwks, discovery } = issuer;
  if (!isLive(issuer)) return undefined;
  const written = jwks === undefined ? (discovery ?? issuer.issuer.replace(tenantPart, "common")) : "uri" in jwks ? jwks.uri : "";
  const url = withDefaults(written);
  if (url === undefined || !URL.canParse(url)) return undefined;
  return jwks === undefined && discovery === undefined ? wellKnownUrls(url)[0] : url;
}

/** What stands for the tenant in the template that Entra ID has for its issuers. */
export const tenantPart = "{tenantid}";

/** Below it (OpenID Connect Discovery 1.0 §4), or in front of its path (RFC 8414 §3.1): as at run time for one that is read at start. */
function wellKnownUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  return [`${origin}${path}/.well-known/openid-configuration`, `${origin}/.well-known/oauth-authorization-server${path}`];
}

/** Where the metadata of an issuer may be. For all tenants of Entra ID it is below `common`. */
function metadataUrls(
  { issuer, discovery, pointer }: Issuer,
  context: SchemeContext,
): Lowered<readonly (StartUrl | string)[] | MetadataUrls> {
  if (discovery !== undefined) return [startUrl(discovery, "jwt", `${pointer}/discovery`, context)];
  const shared = issuer.replace(tenantPart, "common");
  if (!hasSetting(shared)) return wellKnownUrls(shared);
  const url = startValue(shared, context.at(`${pointer}/issuer`));
  const option = optionName("jwt", `${pointer}/issuer`, context);
  return make<StartUrlConfig>("identity/jwt/metadata-urls", "createMetadataUrls", { url, option });
}

export function lowerIssuer(issuer: Issuer, options: JwtOptions, context: SchemeContext): Lowered<JwtConfig>["issuers"][number] {
  const { issuer: name, tenants, pointer } = issuer;
  const read = (text: string) => startValue(text, context.at(`${pointer}/issuer`));
  const names =
    tenants === undefined
      ? [{ issuer: read(name), tenant: null }]
      : tenants.map((tenant) => ({ issuer: read(name.replace(tenantPart, tenant)), tenant }));
  return { keys: keysOf(issuer, options, context), names };
}

function keysOf(issuer: Issuer, options: JwtOptions, context: SchemeContext): MakeIr {
  const { jwks, secret } = issuer;
  const common = { scheme: context.name, algorithms: algorithmsOf(options) };
  if (secret !== undefined)
    return make<SecretKeyConfig>("identity/jwt/secret-key", "createSecretKey", {
      secret: context.secret(secret, "/secret"),
      ...common,
    });
  if (jwks !== undefined && "keys" in jwks)
    return make<InlineKeysConfig>("identity/jwt/inline-keys", "createInlineKeys", { keys: JSON.stringify(jwks.keys), ...common });
  if (jwks !== undefined && "file" in jwks)
    return make<FileKeysConfig>("identity/jwt/file-keys", "createFileKeys", {
      file: jwks.file,
      algorithms: common.algorithms,
    });
  const tls = followedTls(`identity.schemes.${context.name}.jwt`, { ca: options.ca }, () => context.at("/ca"));
  return make<RemoteKeysConfig>("identity/jwt/remote-keys", "createRemoteKeys", {
    ...common,
    issuer: startValue(issuer.issuer, context.at(`${issuer.pointer}/issuer`)),
    at:
      jwks === undefined
        ? { metadata: metadataUrls(issuer, context) }
        : { uri: startUrl(jwks.uri, "jwt", `${issuer.pointer}/jwks/uri`, context) },
    refreshMs: parseDuration(options.refresh),
    cooldownMs: parseDuration(options.cooldown),
    maxStaleMs: parseDuration(options.maxStale),
    ...(tls === undefined ? {} : { tls }),
  });
}
