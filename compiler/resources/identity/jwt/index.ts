import type { JwtConfig } from "../../../../runtime/identity/jwt/scheme.ts";
import type { JwtOptions } from "../../../../schema/resources.gen.ts";
import type { Lowered } from "../../../ir/config.ts";
import type { ResourceIr } from "../../../ir/resource.ts";
import type { StoreUse } from "../../../ir/store-use.ts";
import { create, defineResource, type SchemeContext } from "../../../resource/contract.ts";
import { resourceMetadata } from "../../../resource/resource-metadata.ts";
import { startAudience } from "../../../resource/start-audience.ts";
import { parsePath } from "../../../text/claim-path.ts";
import { claimsSchema } from "../../../text/claims-schema.ts";
import { parseDuration } from "../../../text/formats.ts";
import { quotedString } from "../../../text/key-place.ts";
import { plainRemarks } from "../../../text/plain-url.ts";
import { list } from "../../../text/words.ts";
import { algorithmsOf } from "./algorithms.ts";
import { check } from "./check.ts";
import { challengesOf, lowerDpop, proofStore } from "./dpop.ts";
import { isLive, issuersOf, keysAt, lowerIssuer, shownIssuers } from "./issuers.ts";
import { forwards, lowerPlace, placeOf } from "./place.ts";

export const jwtScheme = defineResource<JwtOptions, "identity">({
  room: "identity",
  name: "jwt",
  implements: ["http bearer", "oauth2", "openIdConnect"],

  check,

  lower(options, context) {
    const { name } = context;
    const { challenge, errorChallenge } = challengesOf(options, name);
    const issuers = issuersOf(options);
    const resource = resourceMetadata(options.resource, "jwt", context);
    const { tenant, tier } = options.identity;
    const schema = options.claims === undefined ? undefined : claimsSchema(options.claims);
    const proofs = proofStore(options, context);
    const config = {
      name,
      challenge,
      errorChallenge,
      realm: `realm=${quotedString(name)}`,
      ...(resource === undefined ? {} : { resource }),
      grants: grantsOf(context),
      from: lowerPlace(options),
      forward: forwards(options),
      issuers: issuers.map((issuer) => lowerIssuer(issuer, options, context)),
      algorithms: algorithmsOf(options),
      rules: {
        audience: startAudience(options.audience, context),
        leeway: parseDuration(options.leeway) / 1_000,
        ...(options.maxAge === undefined ? {} : { maxAge: parseDuration(options.maxAge) / 1_000 }),
        requireExp: options.withoutExpiry === undefined,
        types: (options.types ?? defaultTypes).map((type) => type.toLowerCase().replace(/^application\//, "")),
      },
      identity: {
        subject: parsePath(options.identity.subject)!,
        roles: parsePath(options.identity.roles) ?? null,
        scopes: parsePath(options.identity.scopes) ?? null,
        tenant: parsePath(tenant) ?? (issuers.some(({ tenants }) => tenants !== undefined) ? ["tid"] : null),
        tier: parsePath(tier) ?? null,
      },
      dpop: lowerDpop(options, proofs, context),
      claims: schema === undefined ? null : context.validator(schema, options.claims!),
    };
    const living = issuers.some(isLive) || options.dpop !== undefined;
    const place = placeOf(options);
    return {
      ...made(config, living, proofs !== undefined),
      ...(living ? { roles: ["living"] as const } : {}),
      async: proofs !== undefined,
      ends: true,
      challenge,
      bindsToCertificate: true,
      ...(place.in === "authorization" ? { field: place.in } : {}),
      ...(place.in === "header" ? { field: place.parameter.toLowerCase() } : {}),
      ...(forwards(options) && place.in !== "header" ? { passesAll: true as const } : {}),
      ...(place.in === "query" ? { takesQuery: place.parameter, tokenInQuery: true as const } : {}),
      tells: {
        ...(schema === undefined ? {} : { claims: schema }),
        issuer: "always",
        ...(config.identity.tenant === null ? {} : { tenant: "sometimes" }),
        ...(tier === undefined ? {} : { tier: "sometimes" }),
      },
      ...remarksOf(options, name),
      summary: `JWT of ${shownIssuers(issuers)} for ${shownAudience(options.audience)}${shownProofs(proofs)}`,
    };
  },
});

/** Of several kinds, the one that has only what the options ask for. */
function made(config: Lowered<JwtConfig>, living: boolean, isStored: boolean): Pick<ResourceIr, "factory" | "config"> {
  if (isStored) return create<JwtConfig>("identity/jwt/stored", "createStoredJwt", config);
  return living
    ? create<JwtConfig>("identity/jwt/live", "createLiveJwt", config)
    : create<JwtConfig>("identity/jwt/scheme", "createJwt", config);
}

const shownProofs = (store: StoreUse | undefined): string =>
  store === undefined
    ? ""
    : `, each DPoP proof once (store ${store.name}${store.type === "memory" ? ", which other instances do not share" : ""})`;

/** What an access token may be (RFC 9068 §2.1; most issuers write `JWT` or nothing). */
const defaultTypes = ["", "jwt", "at+jwt"];

/** Of `http` schemes the list in a requirement has roles (OpenAPI 3.1 §4.8.30). */
const grantsOf = ({ declared }: SchemeContext): JwtConfig["grants"] => (declared?.type === "http" ? "roles" : "scopes");

const shownAudience = (audience: JwtOptions["audience"]): string =>
  typeof audience === "string" ? audience : "any" in audience ? "any audience" : list(audience, "or");

function remarksOf(options: JwtOptions, name: string): { readonly remarks?: readonly string[] } {
  const { audience, withoutExpiry } = options;
  const remarks = [
    ...(typeof audience === "object" && "any" in audience ? [`${name} accepts tokens for any audience: “${audience.any}”`] : []),
    ...(withoutExpiry === undefined ? [] : [`${name} accepts tokens that never expire: “${withoutExpiry}”`]),
    ...plainRemarks(name, issuersOf(options).map(keysAt)),
  ];
  return remarks.length === 0 ? {} : { remarks };
}
