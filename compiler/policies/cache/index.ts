import type { CacheCountsConfig } from "../../../runtime/policies/cache/config.ts";
import type { CountedCacheConfig } from "../../../runtime/policies/cache/counted.ts";
import type { CacheConfig } from "../../../runtime/policies/cache/index.ts";
import type { InvalidationConfig } from "../../../runtime/policies/cache/invalidation.ts";
import type { WarmableCacheConfig } from "../../../runtime/policies/cache/warmable.ts";
import type { BodyCacheConfig } from "../../../runtime/policies/cache/with-body.ts";
import type { CacheOptions } from "../../../schema/policies.gen.ts";
import { type Lowered, type MakeIr, make, runtimeFunction } from "../../ir/config.ts";
import type { ExpressionIr } from "../../ir/expression.ts";
import { hasRole } from "../../ir/role.ts";
import { call, definePolicy, type LoweredPolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseDuration, parseSize } from "../../text/formats.ts";
import { answersIn } from "./answers-in.ts";
import { checkAsked } from "./asked-otherwise.ts";
import { followGet } from "./follow-get.ts";
import { besideUpgrade, cookiesTwice, needsIdentity, nothingPurges, safeForNothing, sharedForNothing } from "./messages.gen.ts";
import { negotiationOf } from "./negotiated.ts";
import { checkParameters } from "./parameters.ts";
import { purgeAfterOf, purgeText, purgingOf } from "./purging.ts";
import { asked, keptBy, reachingFields } from "./reaching.ts";
import { summaryOf } from "./summary.ts";
import { checkClaims, checkTold, isByGrants } from "./told-identity.ts";
import { checkPurges } from "./whole.ts";

/** Answers to others are not kept; what changes something makes what is kept of it invalid. */
const keptMethods: readonly string[] = ["GET", "HEAD", "*"];
const harmlessMethods: readonly string[] = ["OPTIONS", "TRACE"];
/** Answers to them are kept where the author says that they change nothing. */
const bodyMethods: readonly string[] = ["POST", "QUERY"];

/** What is asked by clients and by what warms it, and where that counts what clients ask for. */
const warmable = "policies/cache/warmable";
const counted = "policies/cache/counted";

export const cache = definePolicy<CacheOptions>({
  name: "cache",
  stages: ["cache"],
  onFailure: "open",
  // Steps that change an answer for who asks run again for what is kept: then they alone know what a client has.
  loweredLast: true,

  check(options, context) {
    const { operation } = context;
    if (operation === undefined) return;
    if (options.safe !== undefined && !bodyMethods.includes(operation.method))
      context.report(
        safeForNothing(context.at("/safe"), { operation: operation.operationId, method: methodText(operation.method) }),
      );
    if (!keeps(options, operation.method)) return;
    const values = { operation: operation.operationId };
    if (context.present.has("upgrade")) context.report(besideUpgrade(context.origin, values));
    if (options.stripCookies && options.keepCookies !== undefined)
      context.report(
        cookiesTwice(context.at("/stripCookies"), values, {
          related: [{ origin: context.at("/keepCookies"), text: "keeps them" }],
        }),
      );
    const needs = asksWho(context);
    if (!needs && options.shared !== undefined)
      context.report(sharedForNothing(context.at("/shared"), { ...values, why: "is open to everybody" }));
  },

  beside({ roles, config }, method) {
    if (
      roles?.includes("keeps") !== true ||
      keptMethods.includes(method) ||
      harmlessMethods.includes(method) ||
      method === "QUERY"
    )
      return undefined;
    // The config is the one that `lower` made.
    const { store, answers } = config as unknown as Lowered<CacheConfig>;
    return invalidation({ store, answers, purge: null }, []);
  },

  followGet,

  whole: checkPurges,

  series(steps) {
    const counting = steps.filter(({ step }) => hasRole(step, "metrics"));
    // Outcomes of each operation, four of each store, purges by kind and way, what becomes of URLs that are warmed, and how many they are.
    const stores = new Set(counting.map(({ step }) => (step.config as unknown as Lowered<CacheConfig>).store.name)).size;
    const purges = counting.some(({ step }) => (step.config as unknown as Lowered<CacheConfig>).purging !== null) ? 14 : 0;
    const isWarmed = counting.some(({ step: { factory } }) => factory.module === warmable || factory.module === counted);
    const warmed = isWarmed ? 9 : 0;
    return counting.length === 0 ? [] : [{ about: "caches", most: counting.length * 8 + stores * 4 + purges + warmed }];
  },

  lower(options, context) {
    const { operation } = context;
    const store = context.store({ store: options.store, needs: ["answers"] });
    if (store === undefined || operation === undefined || harmlessMethods.includes(operation.method)) return { kind: "nothing" };
    const answers = answersIn(store, options, context);
    if (answers === undefined) return { kind: "nothing" };
    const kept = { store: store.ref, answers };
    if (!keeps(options, operation.method)) {
      if (operation.method === "QUERY") return { kind: "nothing" };
      const purge = purgeOf(options, context);
      return purge === undefined ? { kind: "nothing" } : invalidation({ ...kept, purge }, purgeText(options.purge));
    }
    const key = keyOf(options, context);
    if (key === undefined) return { kind: "nothing" };
    const { isPersonal, hasIdentity } = key;
    const values = { operation: operation.operationId };
    if (asksWho(context) && !hasIdentity && options.shared === undefined) {
      context.report(needsIdentity(context.origin, values, { alike: operation.operationId }));
      return { kind: "nothing" };
    }
    if (!checkTold(key.expressions, options.shared !== undefined, context)) return { kind: "nothing" };
    if (!checkAsked(options, key.expressions, context)) return { kind: "nothing" };
    checkParameters(options, key.expressions, context);
    if (isPersonal) checkClaims(key.expressions, context);
    const isCounted = context.present.has("metrics");
    const purging = purgingOf(options, store, operation.method === "*", context);
    if (purging === undefined) return { kind: "nothing" };
    if (isPersonal && options.shared !== undefined)
      context.report(sharedForNothing(context.at("/shared"), { ...values, why: "has `identity.subject` in its `key`" }));
    const reaching = reachingFields(options, context);
    const config: Lowered<CacheConfig> = {
      ...kept,
      ...(store.type === "memory" ? {} : { departure: runtimeFunction("upstream/cached/departure", "departureOf") }),
      targets:
        options.targets === undefined ? null : make<readonly string[]>("caching/targets", "createTargets", options.targets),
      name: context.gateway,
      rules: {
        isPersonal,
        isShared: options.shared !== undefined,
        ttl: duration(options.ttl),
        negativeTtl: duration(options.negativeTtl),
        guesses: options.guessFreshness,
        keepsCookies: options.keepCookies !== undefined,
        stripsCookies: options.stripCookies,
        keepsRefusals: options.keepRefusals !== undefined,
        written: [...context.written].filter((name) => !asked.includes(name)).sort(),
      },
      key: key.parts,
      byIdentity: isPersonal,
      ...(isPersonal && isByGrants(context) ? { byGrants: true as const } : {}),
      query: options.query ?? null,
      ...(context.told.some(({ isPathAsSent }) => isPathAsSent)
        ? { sentPath: runtimeFunction("paths/sent-path", "sentPath") }
        : {}),
      negotiation: negotiationOf(options, context),
      fields:
        reaching === undefined ? null : make<readonly string[]>("policies/cache/field-choice", "createFieldChoice", reaching),
      staleWhileRevalidate: duration(options.staleWhileRevalidate) ?? 0,
      staleIfError: duration(options.staleIfError) ?? 0,
      maxBytes: parseSize(options.maxBody),
      clientsMayRevalidate: options.clientsMayRevalidate,
      ...(operation.method === "*" && store.type !== "memory" ? { hasChanges: true as const } : {}),
      purging,
      counts: isCounted
        ? make<CacheCountsConfig>("caching/cache-counts", "createCacheCounts", { operation: operation.id })
        : null,
      isAltered: context.wanted.has("answer") || context.wanted.has("answer.parsed"),
      slot: { kind: "slot" },
    };
    const facts: Parameters<typeof call>[3] = {
      hooks: ["upstreamRequest", "response"],
      roles: isCounted ? ["keeps", "metrics"] : ["keeps"],
      instance: operation.id,
      answer: {
        use: "seen",
        place: "store",
        most: options.maxBody,
        larger: "unkept",
        ...(store.type === "memory" || options.memory !== undefined ? { inMemory: true } : {}),
        ...(options.staleIfError === undefined ? {} : { standsIn: true }),
      },
      fields: {
        request: asked,
        response: ["age", "cache-status", "content-range", "etag"],
      },
      sends: {
        constants: [],
        hidden: ["header if-modified-since", "header if-none-match", "header if-range", "header range"],
      },
      keptBy: keptBy(options, key.expressions, context),
      summary: summaryOf(options, store),
    };
    if (options.safe === undefined) return askedCall(config, facts, reaching, context);
    return call<BodyCacheConfig>(
      "policies/cache/with-body",
      "createBodyCache",
      { ...config, maxRequest: parseSize(options.maxRequest) },
      {
        ...facts,
        hooks: ["request", ...facts.hooks],
        mayAnswer: true,
        async: true,
        body: "buffered",
        requestBodies: { held: ["all, for the key"], streamed: [] },
        bodyBound: "/maxRequest",
        remarks: [`\`cache\` takes ${operation.method} for safe: “${options.safe}”`],
      },
    );
  },
});

/** One that is warmed is asked by more than clients, and counts what they ask for where answers are for everybody. */
function askedCall(
  config: Lowered<CacheConfig>,
  facts: Parameters<typeof call>[3],
  reaching: readonly string[] | undefined,
  { warming, ...context }: PolicyContext,
): LoweredPolicy {
  if (warming === undefined) return call<CacheConfig>("policies/cache", "createCache", config, facts);
  const { changes, mostAsked } = warming;
  const warmed = { ...config, changes };
  if (mostAsked === undefined || config.byIdentity || asksWho(context))
    return call<WarmableCacheConfig>(warmable, "createWarmableCache", warmed, facts);
  const withholdsCookies = reaching?.includes("cookie") === false;
  return call<CountedCacheConfig>(counted, "createCountedCache", { ...warmed, mostAsked, withholdsCookies }, facts);
}

/** Answers to requests of the method are kept. */
const keeps = ({ safe }: CacheOptions, method: string): boolean =>
  keptMethods.includes(method) || (safe !== undefined && bodyMethods.includes(method));

const methodText = (method: string): string => (method === "*" ? "any method" : method);

/** For what may change what others have from the cache (RFC 9111 §4.4). */
const invalidation = (config: Lowered<InvalidationConfig>, purged: readonly string[]) =>
  call<InvalidationConfig>("policies/cache/invalidation", "createInvalidation", config, {
    hooks: ["response"],
    fields: { response: ["content-location", "location"] },
    summary: ["drops what is kept of the URI", ...purged].join(", "),
  });

/** Undefined where an option is wrong, which was reported. */
function purgeOf(options: CacheOptions, context: PolicyContext): MakeIr | null | undefined {
  if (options.purge === undefined) return null;
  if (context.purges !== undefined) return purgeAfterOf(options, context.purges.ref, context);
  context.report(nothingPurges(context.at("/purge"), { option: "purge" }, { alike: context.operation!.operationId }));
  return undefined;
}

/** Requests bring credentials, whoever verifies them. */
const asksWho = ({ identity, credentialFields, told }: Pick<PolicyContext, "identity" | "credentialFields" | "told">): boolean =>
  identity !== "never" || credentialFields.flat(2).length > 0 || told.some(({ isDecision }) => isDecision);

const duration = (text: string | undefined): number | undefined => (text === undefined ? undefined : parseDuration(text));

/** Undefined where an expression is wrong, which was reported. */
function keyOf(
  { key }: CacheOptions,
  context: PolicyContext,
):
  | {
      readonly parts: Lowered<CacheConfig>["key"];
      readonly expressions: readonly ExpressionIr[];
      readonly isPersonal: boolean;
      readonly hasIdentity: boolean;
    }
  | undefined {
  const all = key.map((text, index) => ({ text: text.trim(), value: context.expression(text, `/key/${index}`, "string") }));
  const found = all.flatMap(({ text, value }) => (value === undefined ? [] : [{ text, value }]));
  if (found.length < all.length) return undefined;
  // The one that names a caller is more than the subject: two issuers may know different people by one name.
  return {
    parts: found.filter(({ text }) => text !== subject).map(({ value }) => value),
    expressions: found.map(({ value }) => value.data),
    isPersonal: found.some(({ text }) => text === subject),
    hasIdentity: found.some(({ value }) => value.data.reads.identity),
  };
}

const subject = "identity.subject";
