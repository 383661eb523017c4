import type { ApiKeyConfig } from "../../../../runtime/policies/api-key/index.ts";
import type { ApiKeyOptions, SecretReference } from "../../../../schema/resources.gen.ts";
import { create, defineResource, type SchemeContext } from "../../../resource/contract.ts";
import { declaredLocation, type KeyLocation, type KeyPlace, keyChallenge, unusableKeyName } from "../../../text/key-place.ts";
import { count } from "../../../text/words.ts";
import { bearerAsApiKey, locationDisagrees, locationNeeded, sameKey, unusableName } from "./messages.gen.ts";

export const apiKeyScheme = defineResource<ApiKeyOptions, "identity">({
  room: "identity",
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
    const owners = new Map<string, { readonly consumer: string; readonly pointer: string }>();
    for (const { consumer, reference, pointer } of keysOf(options)) {
      const text = JSON.stringify(reference);
      const other = owners.get(text);
      owners.set(text, { consumer, pointer });
      if (other === undefined) continue;
      const related = [{ origin: context.at(other.pointer), text: `the key of ${other.consumer}` }];
      context.report(sameKey(context.at(pointer), { consumer, other: other.consumer }, { related }));
    }
  },

  grants: ({ keys }) => ({
    roles: Object.values(keys).flatMap(({ roles }) => roles),
    scopes: Object.values(keys).flatMap(({ scopes }) => scopes),
  }),

  lower(options, context) {
    // Checked above.
    const { in: place = "header", name = "" } = locationOf(options, context);
    const challenge = keyChallenge(context.name, place, name);
    return {
      ...create<ApiKeyConfig>("policies/api-key", "createApiKey", {
        name: context.name,
        in: place,
        parameter: place === "header" ? name.toLowerCase() : name,
        challenge,
        forward: options.forward,
        consumers: keysOf(options).map(({ consumer, reference, pointer }) => ({
          subject: consumer,
          key: context.secret(reference, pointer),
          roles: options.keys[consumer]!.roles,
          scopes: options.keys[consumer]!.scopes,
        })),
      }),
      async: false,
      challenge,
      ...(place === "query" && !options.forward ? { takesQuery: name } : {}),
      summary: `API key in ${place} ${name}, ${count(Object.keys(options.keys).length, "consumer")}`,
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

interface Key {
  readonly consumer: string;
  readonly reference: SecretReference;
  readonly pointer: string;
}

/** By name: the order of consumers must not reach the bundle. */
const keysOf = ({ keys }: ApiKeyOptions): Key[] =>
  Object.entries(keys)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([consumer, { key }]) =>
      Array.isArray(key)
        ? key.map((reference, index) => ({ consumer, reference, pointer: `/keys/${consumer}/key/${index}` }))
        : [{ consumer, reference: key, pointer: `/keys/${consumer}/key` }],
    );
