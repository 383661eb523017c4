import type { ClientProofConfig } from "../../../../runtime/identity/introspection/client-proof.ts";
import type { IntrospectionConfig } from "../../../../runtime/identity/introspection/introspection.ts";
import type { IntrospectionOptions } from "../../../../schema/resources.gen.ts";
import type { Lowered } from "../../../ir/config.ts";
import { create, defineResource, type SchemeContext } from "../../../resource/contract.ts";
import { followedSecret } from "../../../resource/followed-secret.ts";
import { followedTls } from "../../../resource/followed-tls.ts";
import { resourceMetadata } from "../../../resource/resource-metadata.ts";
import { startAudience } from "../../../resource/start-audience.ts";
import { startUrl, urlToCheck } from "../../../resource/start-url.ts";
import { parsePath, pathRemedy } from "../../../text/claim-path.ts";
import { claimsSchema, hasReference } from "../../../text/claims-schema.ts";
import { parseDuration } from "../../../text/formats.ts";
import { quotedString } from "../../../text/key-place.ts";
import { isPlainUrl, plainRemarks } from "../../../text/plain-url.ts";
import { startValue } from "../../../text/setting.ts";
import {
  audienceWildcard,
  claimReference,
  clientProofNeeded,
  endpointNeeded,
  longCache,
  plainUrl,
  unusablePath,
  unusableUrl,
} from "./messages.gen.ts";

/** Milliseconds. */
const longestCache = 3_600_000;

export const introspectionScheme = defineResource<IntrospectionOptions, "identity">({
  room: "identity",
  name: "introspection",
  implements: ["http bearer", "oauth2", "openIdConnect"],

  check(options, context) {
    const { endpoint, discovery, issuer, client } = options;
    if ((endpoint === undefined) === (discovery === undefined) || (discovery !== undefined && issuer === undefined))
      context.report(endpointNeeded(context.origin, { scheme: context.name }));
    if ((client.secret === undefined) === (client.key === undefined))
      context.report(
        clientProofNeeded(context.at("/client"), {
          client: client.id,
          ...(client.key === undefined
            ? {
                found: "neither",
                remedy: "Add `secret: { env: CLIENT_SECRET }`, or for `private_key_jwt` a private key: `key: { file: key.pem }`.",
              }
            : { found: "both", remedy: "Remove the one that the endpoint does not know of." }),
        }),
      );
    if ([options.audience].flat().includes("*")) context.report(audienceWildcard(context.at("/audience"), {}));
    if (parseDuration(options.cache) > longestCache) context.report(longCache(context.at("/cache"), { cache: options.cache }));
    for (const option of ["endpoint", "discovery"] as const) checkUrl(option, options[option], context);
    for (const [name, path] of Object.entries(options.identity))
      if (parsePath(path) === undefined) {
        const values = { path: String(path), remedy: pathRemedy(String(path)) };
        context.report(unusablePath(context.at(`/identity/${name}`), values));
      }
    for (const [claim, schema] of Object.entries(options.claims ?? {}))
      if (hasReference(schema))
        context.report(claimReference(context.at(`/claims/${claim.replaceAll("~", "~0").replaceAll("/", "~1")}`), { claim }));
  },

  lower(options, context) {
    const { name, declared } = context;
    const { audience, endpoint, discovery, identity, issuer } = options;
    const challenge = `Bearer realm=${quotedString(name)}`;
    const resource = resourceMetadata(options.resource, "introspection", context);
    const schema = options.claims === undefined ? undefined : claimsSchema(options.claims);
    const tls = followedTls(`identity.schemes.${name}.introspection`, { ca: options.ca }, () => context.at("/ca"));
    const config: Lowered<IntrospectionConfig> = {
      name,
      challenge,
      ...(resource === undefined ? {} : { resource }),
      // Of `http` schemes the list in a requirement has roles (OpenAPI 3.1 §4.8.30).
      grants: declared?.type === "http" ? "roles" : "scopes",
      forward: options.forward === "credential",
      // Checked above.
      endpoint:
        endpoint === undefined
          ? {
              metadata: startUrl(discovery!, "introspection", "/discovery", context),
              issuer: startValue(issuer!, context.at("/issuer")),
            }
          : { url: startUrl(endpoint, "introspection", "/endpoint", context) },
      client: proofOf(options, context),
      hint: options.tokenTypeHint ?? null,
      rules: {
        issuer: issuer === undefined ? null : startValue(issuer, context.at("/issuer")),
        audience: startAudience(audience, context),
      },
      identity: {
        subject: parsePath(identity.subject)!,
        roles: parsePath(identity.roles) ?? null,
        scopes: parsePath(identity.scopes) ?? null,
        tenant: parsePath(identity.tenant) ?? null,
        tier: parsePath(identity.tier) ?? null,
      },
      claims: schema === undefined ? null : context.validator(schema, options.claims!),
      cacheMs: parseDuration(options.cache),
      negativeCacheMs: parseDuration(options.negativeCache),
      timeoutMs: parseDuration(options.timeout),
      ...(tls === undefined ? {} : { tls }),
    };
    const remarks = [
      ...(typeof audience === "object" && "any" in audience
        ? [`${name} accepts tokens for any audience: “${audience.any}”`]
        : []),
      ...plainRemarks(name, [endpoint, discovery]),
    ];
    return {
      ...create<IntrospectionConfig>("identity/introspection/introspection", "createIntrospection", config),
      roles: ["living"] as const,
      async: true,
      ends: true as const,
      challenge,
      bindsToCertificate: true as const,
      field: "authorization",
      ...(config.forward ? { passesAll: true as const } : {}),
      tells: {
        ...(schema === undefined ? {} : { claims: schema }),
        issuer: "sometimes",
        ...(identity.tenant === undefined ? {} : { tenant: "sometimes" as const }),
        ...(identity.tier === undefined ? {} : { tier: "sometimes" as const }),
      },
      ...(remarks.length === 0 ? {} : { remarks }),
      summary: `token introspection at ${endpoint ?? discovery!}, believed for ${options.cache}`,
    };
  },
});

function proofOf({ client, issuer }: IntrospectionOptions, context: SchemeContext): Lowered<ClientProofConfig> {
  const { id, secret, key, keyId, assertionAudience } = client;
  if (secret !== undefined) return { id, secret: followedSecret(secret, context.at("/client/secret")), in: client.in };
  return {
    id,
    // Checked above.
    key: followedSecret(key!, context.at("/client/key")),
    keyId: keyId ?? null,
    audience: assertionAudience ?? (issuer === undefined ? null : startValue(issuer, context.at("/issuer"))),
  };
}

function checkUrl(option: string, written: string | undefined, context: SchemeContext): void {
  const url = written === undefined ? undefined : urlToCheck(written);
  if (url === undefined) return;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const { protocol, username, password } = parsed ?? { protocol: "", username: "", password: "" };
  // What is written may hold a password.
  if (!/^https?:$/.test(protocol) || username !== "" || password !== "")
    context.report(unusableUrl(context.at(`/${option}`), { option }));
  else if (isPlainUrl(url)) context.report(plainUrl(context.at(`/${option}`), { url }));
}
