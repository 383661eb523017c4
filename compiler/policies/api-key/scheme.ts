import type { ApiKeyConfig } from "../../../runtime/policies/api-key/index.ts";
import type { ApiKeyOptions } from "../../../schema/schemes.gen.ts";
import type { ConfigIr, Lowered } from "../../ir/config.ts";
import { defineScheme, type SchemeContext } from "../../policy/contract.ts";
import { declaredLocation, type KeyLocation, type KeyPlace, keyChallenge, unusableKeyName } from "../../text/key-place.ts";
import { count } from "../../text/words.ts";
import { bearerAsApiKey, locationDisagrees, locationNeeded, sameKey, unusableName } from "./messages.gen.ts";

export const apiKeyScheme = defineScheme<ApiKeyOptions>({
  name: "apiKey",
  implements: ["apiKey"],

  check(options, context) {
    const declared = declaredLocation(context.declared);
    if (options.in !== undefined && declared.in !== undefined && options.in !== declared.in) {
      reportDisagreement("in", options.in, declared.in, context);
    }
    if (options.name !== undefined && declared.name !== undefined && !sameName(options.name, declared.name, declared.in)) {
      reportDisagreement("name", options.name, declared.name, context);
    }
    const { in: place, name } = locationOf(options, context);
    if (place === undefined || name === undefined) {
      context.report(locationNeeded(context.origin, { scheme: context.name }));
    } else {
      const problem = unusableKeyName(place, name);
      const at = options.name === undefined && context.declaredAt !== undefined ? context.declaredAt : context.at("/name");
      if (problem !== undefined) context.report(unusableName(at, { name, place, problem }));
      else if (place === "header" && name.toLowerCase() === "authorization")
        context.report(bearerAsApiKey(at, { scheme: context.name }));
    }
    const owners = new Map<string, string>();
    for (const [consumer, { key }] of Object.entries(options.keys)) {
      const reference = JSON.stringify(key);
      const other = owners.get(reference);
      owners.set(reference, consumer);
      if (other === undefined) continue;
      const related = [{ origin: context.at(`/keys/${other}/key`), text: `the key of ${other}` }];
      context.report(sameKey(context.at(`/keys/${consumer}/key`), { consumer, other }, { related }));
    }
  },

  grants: ({ keys }) => ({
    roles: Object.values(keys).flatMap(({ roles = [] }) => roles),
    scopes: Object.values(keys).flatMap(({ scopes = [] }) => scopes),
  }),

  lower(options, context) {
    // Checked above.
    const { in: place = "header", name = "" } = locationOf(options, context);
    const challenge = keyChallenge(context.name, place, name);
    const config: Lowered<ApiKeyConfig> = {
      name: context.name,
      in: place,
      parameter: place === "header" ? name.toLowerCase() : name,
      challenge,
      forward: options.forward,
      // By name: the order of keys must not reach the bundle.
      consumers: Object.entries(options.keys)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([subject, { key, roles, scopes }]) => ({
          subject,
          key: context.secret(key, `/keys/${subject}/key`),
          roles,
          scopes,
        })),
    };
    return {
      factory: { module: "policies/api-key", name: "createApiKey" },
      // Plain data all the way down, which an interface without index signature does not say.
      config: config as unknown as ConfigIr,
      async: false,
      challenge,
      ...(place === "query" && !options.forward ? { takesQuery: name } : {}),
      summary: `API key in ${place} ${name}, ${count(config.consumers.length, "consumer")}`,
    };
  },
});

function locationOf(options: ApiKeyOptions, context: SchemeContext): KeyLocation {
  const declared = declaredLocation(context.declared);
  return { in: declared.in ?? options.in, name: declared.name ?? options.name };
}

/** Only header names have no case (RFC 9110 §5.1). */
const sameName = (one: string, other: string, place: KeyPlace | undefined): boolean =>
  one === other || (place === "header" && one.toLowerCase() === other.toLowerCase());

function reportDisagreement(option: "in" | "name", written: string, declared: string, context: SchemeContext): void {
  const related =
    context.declaredAt === undefined ? [] : [{ origin: context.declaredAt, text: `\`${option}: ${declared}\` here` }];
  context.report(locationDisagrees(context.at(`/${option}`), { option, written, declared, scheme: context.name }, { related }));
}
