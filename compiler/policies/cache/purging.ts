import type { PurgeAfterConfig, PurgingConfig, TaggingConfig } from "../../../runtime/policies/cache/config.ts";
import type { CacheOptions } from "../../../schema/policies.gen.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import { type Lowered, type MakeIr, make } from "../../ir/config.ts";
import type { EmittedIr } from "../../ir/emitted.ts";
import type { ValueType } from "../../ir/expression.ts";
import type { ResourceRefIr } from "../../ir/resource.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { nothingPurges, notTags, purgeByNobody, purgeOnRead } from "./messages.gen.ts";

type Expressions = Lowered<TaggingConfig>["values"];

/** What makes caches of an operation deal with purges; null: the gateway has none. Undefined where an option is wrong, which was reported. */
export function purgingOf(options: CacheOptions, mayChange: boolean, context: PolicyContext): MakeIr | null | undefined {
  const { purges } = context;
  if (purges === undefined) {
    for (const option of ["tags", "purge"] as const)
      if (options[option] !== undefined) context.report(nothingPurges(context.at(`/${option}`), { option }, alike(context)));
    return null;
  }
  if (options.purge !== undefined && !mayChange) {
    context.report(purgeOnRead(context.at("/purge"), { operation: context.operation!.operationId }, alike(context)));
    return null;
  }
  const [tagging, after] = [taggingOf(options, context), purgeAfterOf(options, purges, context)];
  if (tagging === undefined || after === undefined) return undefined;
  return make<PurgingConfig>("caching/purging/purging", "createPurging", { purges, tagging, after });
}

function taggingOf({ tags }: CacheOptions, context: PolicyContext): MakeIr | null | undefined {
  if (tags === undefined) return null;
  const { fields = [], values: texts = [], keepFields, max } = tags;
  const values = expressionsOf(texts, "/tags/values", context);
  if (values === undefined) return undefined;
  const config = { fields: fields.map((name) => name.toLowerCase()), values, keepsFields: keepFields, most: max };
  return make<TaggingConfig>("caching/purging/tagging", "createTagging", config);
}

/** What a request that changes something purges; null: nothing. Undefined where an option is wrong, which was reported. */
export function purgeAfterOf(
  { purge }: CacheOptions,
  purges: ResourceRefIr<"caching">,
  context: PolicyContext,
): MakeIr | null | undefined {
  if (purge === undefined) return null;
  const { tags = [], paths = [], prefixes = [], field, soft } = purge;
  const given = [
    expressionsOf(tags, "/purge/tags", context),
    expressionsOf(paths, "/purge/paths", context),
    expressionsOf(prefixes, "/purge/prefixes", context),
  ];
  const { services } = context;
  for (const [index, name] of (field?.from ?? []).entries())
    if (!services.includes(name))
      context.report(
        purgeByNobody(
          context.at(`/purge/field/from/${index}`),
          { service: name, suggestion: suggestion(name, services) },
          alike(context),
        ),
      );
  const [tagValues, uris, prefixValues] = given;
  if (tagValues === undefined || uris === undefined || prefixValues === undefined) return undefined;
  return make<PurgeAfterConfig>("caching/purging/purge-after", "createPurgeAfter", {
    purges,
    tags: tagValues,
    uris,
    prefixes: prefixValues,
    field: field === undefined ? null : { name: field.name.toLowerCase(), from: field.from },
    isSoft: soft,
  });
}

/** Each gives a text or a list of them; undefined where one does not, which was reported. */
function expressionsOf(texts: readonly string[], pointer: string, context: PolicyContext): Expressions | undefined {
  const all = texts.map((text, index) => context.expression(text, `${pointer}/${index}`, "any", "ended"));
  const found = all.flatMap((one) => (one === undefined ? [] : [one]));
  if (found.length < all.length) return undefined;
  const odd = found.findIndex(({ data }) => !givesTexts(data.type));
  if (odd < 0) return found as readonly EmittedIr<"expression">[];
  context.report(notTags(context.at(`${pointer}/${odd}`), { expression: texts[odd]!.trim() }));
  return undefined;
}

const isText = ({ kind }: ValueType): boolean => kind === "string" || kind === "dyn" || kind === "union";

const givesTexts = (type: ValueType): boolean => isText(type) || (type.kind === "list" && isText(type.element));

const alike = ({ operation }: PolicyContext) => ({ alike: operation?.operationId ?? "" });

/** For people: `` tags of Surrogate-Key and `'products'` ``. */
export function purgingText({ tags, purge }: CacheOptions): readonly string[] {
  const code = (texts: readonly string[] = []): readonly string[] => texts.map((text) => `\`${text.trim()}\``);
  const parts: string[] = [];
  if (tags !== undefined) parts.push(`tags of ${[...(tags.fields ?? []), ...code(tags.values)].join(" and ")}`);
  return [...parts, ...purgeText(purge)];
}

export function purgeText(purge: CacheOptions["purge"]): readonly string[] {
  if (purge === undefined) return [];
  const code = (what: string, texts: readonly string[] = []): readonly string[] =>
    texts.length === 0 ? [] : [`${what} ${texts.map((text) => `\`${text.trim()}\``).join(" and ")}`];
  const { tags, paths, prefixes, field, soft } = purge;
  const named = [...code("tags", tags), ...code("paths", paths), ...code("all below", prefixes)];
  const fields = field === undefined ? [] : [`the tags in ${field.name} of ${field.from.join(" and ")}`];
  return [`purges ${[...named, ...fields].join(", ")}${soft ? " softly" : ""}`];
}
