import type { AuthorizationConfig, KeyPresenceConfig } from "../../../../runtime/policies/pass-through/index.ts";
import type { PassThroughOptions } from "../../../../schema/resources.gen.ts";
import type { Lowered } from "../../../ir/config.ts";
import { create, defineResource, type LoweredResource, type SchemeContext } from "../../../resource/contract.ts";
import { declaredLocation, keyChallenge, quotedString, unusableKeyName } from "../../../text/key-place.ts";
import { typeDisagrees, typeNeeded, unusableName } from "./messages.gen.ts";

/** What clients send: in `Authorization`, or as a key wherever the spec says. */
type Credential = "bearer" | "basic" | "key";

export const passThroughScheme = defineResource<PassThroughOptions, "identity">({
  room: "identity",
  name: "passThrough",
  implements: ["http bearer", "http basic", "oauth2", "openIdConnect", "apiKey"],

  check(options, context) {
    const declared = declaredCredential(context);
    if (declared === undefined) {
      if (options.type === undefined) context.report(typeNeeded(context.origin, { scheme: context.name }));
      return;
    }
    const related = context.declaredAt === undefined ? [] : [{ origin: context.declaredAt, text: `means ${declared} here` }];
    if (options.type !== undefined && options.type !== declared)
      context.report(typeDisagrees(context.at("/type"), { type: options.type, declared, scheme: context.name }, { related }));
    if (declared !== "key") return;
    const { in: place, name } = declaredLocation(context.declared);
    const problem = place === undefined || name === undefined ? undefined : unusableKeyName(place, name);
    if (problem !== undefined) context.report(unusableName(context.declaredAt!, { name: name!, place: place!, problem }));
  },

  lower: (options, context) => lowerings[declaredCredential(context) ?? options.type ?? "bearer"](context),
});

const lowerings: Readonly<Record<Credential, (context: SchemeContext) => LoweredResource<"identity">>> = {
  bearer: (context) => inAuthorization("createBearerPresence", "Bearer", context),
  basic: (context) => inAuthorization("createBasicPresence", "Basic", context),
  key(context) {
    const { in: place = "header", name = "" } = declaredLocation(context.declared);
    const challenge = keyChallenge(context.name, place, name);
    const parameter = place === "header" ? name.toLowerCase() : name;
    const config: Lowered<KeyPresenceConfig> = { name: context.name, in: place, parameter, challenge };
    return presence("createKeyPresence", config, `API key in ${place} ${name}`);
  },
};

function inAuthorization(factory: string, scheme: "Bearer" | "Basic", { name }: SchemeContext): LoweredResource<"identity"> {
  const config: Lowered<AuthorizationConfig> = { name, challenge: `${scheme} realm=${quotedString(name)}` };
  return { ...presence(factory, config, `${scheme.toLowerCase()} credentials`), passesAll: true };
}

const presence = (
  name: string,
  config: Lowered<AuthorizationConfig | KeyPresenceConfig>,
  what: string,
): LoweredResource<"identity"> => ({
  ...create<AuthorizationConfig | KeyPresenceConfig>("policies/pass-through", name, config),
  async: false,
  isUnverified: true,
  challenge: config.challenge,
  summary: `${what}, verified by the service`,
});

/** Access tokens of OAuth 2.0 and OpenID Connect are bearer tokens (RFC 6750). */
const credentials: Readonly<Record<string, Credential>> = { apiKey: "key", oauth2: "bearer", openIdConnect: "bearer" };

function declaredCredential({ declared }: SchemeContext): Credential | undefined {
  if (declared === undefined) return undefined;
  if (declared.type === "http") return String(declared.scheme).toLowerCase() === "basic" ? "basic" : "bearer";
  return credentials[String(declared.type)];
}
