import type { FileKeysConfig } from "../../../../runtime/identity/api-key/file-keys.ts";
import type { StaticKeysConfig } from "../../../../runtime/identity/api-key/static-keys.ts";
import type { StoredKeysConfig } from "../../../../runtime/identity/api-key/stored-keys.ts";
import type { ApiKeyOptions, SecretReference } from "../../../../schema/resources.gen.ts";
import { make } from "../../../ir/config.ts";
import type { EmittedIr } from "../../../ir/emitted.ts";
import { resourceRef } from "../../../ir/resource.ts";
import { create, defineResource, type LoweredResource, type SchemeContext } from "../../../resource/contract.ts";
import { startValue } from "../../../text/setting.ts";
import { count, list } from "../../../text/words.ts";
import { metadataReference, notOneSource, sameKey, severalSources, sourceWithout } from "./messages.gen.ts";
import { checkPlace, placeConfig, placeWords } from "./place.ts";

export const apiKeyScheme = defineResource<ApiKeyOptions, "identity">({
  room: "identity",
  name: "apiKey",
  implements: ["apiKey", "http bearer"],

  check(options, context) {
    checkPlace(options, context);
    const sources = sourcesOf(options);
    const [source, second] = sources;
    if (source === undefined) context.report(notOneSource(context.origin, { scheme: context.name }));
    if (second !== undefined)
      context.report(severalSources(context.at(`/${second}`), { sources: list(sources.map((one) => `\`${one}\``)) }));
    for (const option of ["metadata", "prefix"] as const)
      if (context.isWritten(`/${option}`) && source !== undefined && !uses[option].includes(source))
        context.report(
          sourceWithout(context.at(`/${option}`), {
            option,
            source,
            help: list(
              uses[option].map((one) => `\`${one}\``),
              "or",
            ),
          }),
        );
    if (options.metadata !== undefined) {
      const problem = unusableSchema(options.metadata);
      if (problem !== undefined) context.report(metadataReference(context.at("/metadata"), { problem }));
    }
    checkSameKeys(options, context);
  },

  // What the keys of a file or a store have is known while the gateway runs.
  grants: ({ keys }) =>
    keys === undefined
      ? undefined
      : {
          roles: Object.values(keys).flatMap(({ roles }) => roles),
          scopes: Object.values(keys).flatMap(({ scopes }) => scopes),
        },

  lower(options, context) {
    const place = placeConfig(options, context);
    const taken = place.in === "query" && place.forward === "none" ? { takesQuery: place.parameter } : {};
    // A field may be one that passes only where it is kept.
    const passed = place.in !== "header" && place.forward === "credential" ? { passesAll: true as const } : {};
    const made = madeOf(options, context);
    return {
      ...made,
      challenge: place.challenge,
      ...taken,
      ...passed,
      summary: `API key in ${placeWords(options, context)}, ${made.summary}`,
    };
  },
});

type Made = Omit<LoweredResource<"identity">, "challenge" | "takesQuery" | "passesAll">;

function madeOf(options: ApiKeyOptions, context: SchemeContext): Made {
  const place = placeConfig(options, context);
  const { keys = {}, file } = options;
  if (file !== undefined)
    return {
      ...create<FileKeysConfig>("identity/api-key/file-keys", "createFileKeys", {
        ...place,
        file: startValue(file, context.at("/file")),
        ...metadataOf(options, context),
      }),
      roles: ["living", "adminRoutes"],
      async: false,
      ends: true,
      tells: { ...tells, claims: options.metadata ?? anyMetadata },
      summary: `of the file ${file}`,
    };
  if (options.store !== undefined) {
    // One that cannot be had was reported.
    const store = context.store({ store: options.store, needs: ["tables"] });
    return {
      ...create<StoredKeysConfig>("identity/api-key/stored-keys", "createStoredKeys", {
        ...place,
        store: store?.ref ?? resourceRef("stores", options.store),
        tables: make("stores/redis/redis-table", "createRedisTables"),
        prefix: options.prefix,
        ...metadataOf(options, context),
      }),
      roles: ["living", "adminRoutes"],
      async: true,
      ends: true,
      tells: { ...tells, claims: options.metadata ?? anyMetadata },
      summary: `of stores.${options.store}`,
    };
  }
  return {
    ...create<StaticKeysConfig>("identity/api-key/static-keys", "createStaticKeys", {
      ...place,
      consumers: keysOf(options).map(({ consumer, reference, pointer }) => ({
        subject: consumer,
        key: context.secret(reference, pointer),
        roles: keys[consumer]!.roles,
        scopes: keys[consumer]!.scopes,
      })),
    }),
    async: false,
    summary: count(Object.keys(keys).length, "consumer"),
  };
}

const metadataOf = ({ metadata }: ApiKeyOptions, context: SchemeContext): { readonly metadata?: EmittedIr<"validator"> } =>
  metadata === undefined ? {} : { metadata: context.validator(metadata, metadata) };

const tells = { tenant: "sometimes", tier: "sometimes" } as const;
/** Where nobody says what is in it, expressions ask for everything by `has()`. */
const anyMetadata = { type: "object" };

const sourcesOf = (options: ApiKeyOptions) =>
  (["keys", "file", "store"] as const).filter((source) => options[source] !== undefined);

/** What only some sources have a use for. */
const uses: Readonly<Record<"metadata" | "prefix", readonly ("keys" | "file" | "store")[]>> = {
  metadata: ["file", "store"],
  prefix: ["store"],
};

/** Why expressions cannot be checked against a schema; undefined: they can. */
function unusableSchema(schema: object): string | undefined {
  if ((schema as { readonly type?: unknown }).type !== "object")
    return "It does not say `type: object`, and metadata is an object.";
  return JSON.stringify(schema).includes('"$ref":') ? "It has a `$ref`, and there is nothing that it could refer to." : undefined;
}

function checkSameKeys(options: ApiKeyOptions, context: SchemeContext): void {
  const owners = new Map<string, { readonly consumer: string; readonly pointer: string }>();
  for (const { consumer, reference, pointer } of keysOf(options)) {
    const text = JSON.stringify(reference);
    const other = owners.get(text);
    owners.set(text, { consumer, pointer });
    if (other === undefined) continue;
    const related = [{ origin: context.at(other.pointer), text: `the key of ${other.consumer}` }];
    context.report(sameKey(context.at(pointer), { consumer, other: other.consumer }, { related }));
  }
}

interface Key {
  readonly consumer: string;
  readonly reference: SecretReference;
  readonly pointer: string;
}

/** By name: the order of consumers must not reach the bundle. */
const keysOf = ({ keys = {} }: ApiKeyOptions): Key[] =>
  Object.entries(keys)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([consumer, { key }]) =>
      Array.isArray(key)
        ? key.map((reference, index) => ({ consumer, reference, pointer: `/keys/${consumer}/key/${index}` }))
        : [{ consumer, reference: key, pointer: `/keys/${consumer}/key` }],
    );
