import type { FieldsConfig, RateLimitConfig, RuleConfig } from "../../../runtime/policies/rate-limit/index.ts";
import type { SettledLimitConfig } from "../../../runtime/policies/rate-limit/settled.ts";
import type { BodySettledLimitConfig } from "../../../runtime/policies/rate-limit/settled-by-body.ts";
import type { RateLimitOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { pathsInto } from "../../ir/paths-into.ts";
import type { StoreUse } from "../../ir/store-use.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseRate, parseSize, type Rate } from "../../text/formats.ts";
import { callerOf, callerSuffix, callerText, partsOf } from "./caller.ts";
import { check, limitsOf } from "./check.ts";
import { costOf, costText, fixedCost } from "./cost.ts";
import { lawOf } from "./limit.ts";
import { windowTooLong } from "./messages.gen.ts";

const day = 86_400_000;

/** Bytes of a JSON answer that are kept until its end, to be read then; one that is longer costs what was reserved. */
const mostAnswer = "1MiB";

/** No process answers a million requests in a second. */
const mostPerMillisecond = 1000;

export const rateLimit = definePolicy<RateLimitOptions>({
  name: "rateLimit",
  // By what a body says only once it was read.
  stages: ["admit", "limit", "validate"],
  onFailure: "closed",
  multiple: true,
  unmatched: true,
  canRefuse: true,
  after: ["validate"],
  requires: ({ by }) => (partsOf(by).includes("identity.subject") ? ["identity"] : []),
  check,

  weakness(options, { lowered, clientChooses, isAlwaysTrue }) {
    for (const { text } of limitsOf(options)) {
      const { limit, windowMs } = parseRate(text);
      if (limit / windowMs >= mostPerMillisecond) return `\`${text}\` is more than a gateway can answer`;
    }
    if (options.onStoreFailure === "allow") return "it lets requests through while its store does not answer";
    if (lowered.kind !== "call") return undefined;
    // The config is the one that `lower` made.
    const { caller, bypass, tiers } = lowered.config as unknown as Lowered<RateLimitConfig>;
    if (bypass !== null && (isAlwaysTrue(bypass) || clientChooses(bypass)))
      return `a client chooses by what it sends whether it is counted (\`${bypass.text.trim()}\`)`;
    if (tiers !== null && clientChooses(tiers.tier))
      return `a client chooses its limit by what it sends (\`${tiers.tier.text.trim()}\`)`;
    // Of a list one part is enough to be another caller.
    for (const part of "by" in caller ? [caller] : caller) {
      if (part.by === "header" && clientChooses({ header: part.name }))
        return `whoever makes up a new \`${headerIn(options, part.name)}\` gets a new counter`;
      if (part.by === "expression" && clientChooses(part.value))
        return `a client chooses its counter by what it sends (\`${part.value.text.trim()}\`)`;
    }
    return undefined;
  },

  lower(options, context) {
    const caller = callerOf(options.by, context);
    const expressions = expressionsOf(options, context);
    const store = context.store({
      store: options.store,
      needs: ["counters"],
      onFailure: { written: options.onStoreFailure, choices: ["refuse", "allow", "local"] },
    });
    if (caller === undefined || expressions === undefined || store === undefined) return { kind: "nothing" };
    if (store.type === "memory")
      for (const { pointer, text } of limitsOf(options))
        if (parseRate(text).windowMs > day) context.report(windowTooLong(context.at(pointer), { limit: text }));
    const config: Lowered<RateLimitConfig> = {
      store: store.ref,
      rule: ruleOf(options.limit, "", options, store, context),
      tiers:
        expressions.tier === undefined
          ? null
          : {
              tier: expressions.tier,
              rules: Object.fromEntries(
                Object.entries(options.tiers ?? {}).map(([name, text]) => [name, ruleOf(text, name, options, store, context)]),
              ),
            },
      caller,
      cost: expressions.cost,
      bypass: expressions.bypass ?? null,
      maxKeys: options.maxKeys,
      onStoreFailure: options.onStoreFailure === "refuse" || options.onStoreFailure === "allow" ? options.onStoreFailure : null,
      ...(options.onStoreFailure === "local"
        ? { local: { kind: "make", factory: { module: "stores/redis/local-share", name: "createLocalShare" }, config: {} } }
        : {}),
      slot: { kind: "slot" },
    };
    const facts = {
      mayAnswer: true,
      async: store.mayFail ? true : ("seldom" as const),
      ...(store.mayFail ? { ahead: { module: "policies/rate-limit/ahead", name: "ahead" } } : {}),
      fields: {
        request: ("by" in caller ? [caller] : caller).flatMap((part) => (part.by === "header" ? [part.name] : [])),
        response: responseFields(options),
      },
      instance: instanceOf(options, context),
      ...(options.bypass === undefined ? {} : { remarks: [`rateLimit does not count where \`${options.bypass.trim()}\``] }),
      summary: summaryOf(options, store),
    };
    const { after } = expressions;
    if (after === undefined)
      return call<RateLimitConfig>("policies/rate-limit", "createRateLimit", config, {
        ...facts,
        hooks: ["request", "response"],
      });
    if (after.reads.variables.includes("response.body"))
      return call<BodySettledLimitConfig>(
        "policies/rate-limit/settled-by-body",
        "createBodySettledLimit",
        {
          ...config,
          cost: fixedCost(options.cost) ?? 1,
          after,
          answer: { paths: pathsInto(after.root, "response.body"), maxBytes: parseSize(mostAnswer) },
        },
        {
          ...facts,
          answer: {
            use: "seen",
            place: "measure",
            most: mostAnswer,
            larger: "unchecked",
            bodies: { held: ["JSON"], streamed: ["event streams"] },
          },
          hooks: ["request", "upstreamRequest", "answerHead", "answerStream", "response", "done"],
          fields: { ...facts.fields, request: [...facts.fields.request, "accept-encoding"] },
        },
      );
    return call<SettledLimitConfig>(
      "policies/rate-limit/settled",
      "createSettledLimit",
      { ...config, cost: fixedCost(options.cost) ?? 1, after },
      { ...facts, hooks: ["request", "response", "done"] },
    );
  },
});

const headerIn = ({ by }: RateLimitOptions, name: string): string =>
  partsOf(by).flatMap((part) =>
    typeof part === "object" && "header" in part && part.header.toLowerCase() === name ? [part.header] : [],
  )[0] ?? name;

/** Undefined where one is wrong, which was reported. */
function expressionsOf(options: RateLimitOptions, context: PolicyContext) {
  const { tier, bypass, cost } = options;
  const written = {
    tier: tier === undefined ? null : context.expression(tier, "/tier", "string"),
    bypass: bypass === undefined ? null : context.expression(bypass, "/bypass", "bool"),
    cost: costOf(cost, context),
  };
  if (written.tier === undefined || written.bypass === undefined || written.cost === undefined) return undefined;
  return { tier: written.tier ?? undefined, bypass: written.bypass ?? undefined, ...written.cost };
}

function ruleOf(
  text: string,
  tier: string,
  options: RateLimitOptions,
  store: StoreUse,
  context: PolicyContext,
): Lowered<RuleConfig> {
  const rate = parseRate(text);
  // A burst is that of `limit`.
  const of = tier === "" ? options : withoutBurst(options);
  return {
    id: `${sharedBy(options, context)} ${nameOf(options, rate)}${tier === "" ? "" : ` ${tier}`}`,
    ...lawOf(rate, of, store.type === "memory" ? "here" : "there"),
    fields: fieldsOf(options, rate),
  };
}

function withoutBurst({ burst, ...options }: RateLimitOptions): RateLimitOptions {
  return options;
}

/** What shares the counters: the place of the declaration, alone or with the operation. */
function instanceOf(options: RateLimitOptions, context: PolicyContext): string {
  return options.per === "operation" ? `${sharedBy(options, context)} ${placeOf(context)}` : sharedBy(options, context);
}

/** The same in every build while nobody changes the limit, so that its counters outlive a new one. */
function sharedBy({ per, name, when }: RateLimitOptions, context: PolicyContext): string {
  if (per === "name") return `name ${name}`;
  if (per === "declaration") return placeOf(context);
  return `${context.operation?.id ?? "unmatched"}${when === undefined ? "" : ` when ${when.trim()}`}`;
}

const placeOf = ({ origin }: PolicyContext): string => `${formatOrigin(origin)}:${origin.column}`;

const algorithmText: Readonly<Record<RateLimitOptions["algorithm"], string>> = {
  tokenBucket: "",
  gcra: ", GCRA",
  slidingWindow: ", sliding window",
  fixedWindow: ", fixed window",
};

function summaryOf(options: RateLimitOptions, store: StoreUse): string {
  const { limit, tiers, by, burst, algorithm, timeZone, per, cost, bypass, onStoreFailure } = options;
  const parts = [
    `${limit} by ${callerText(by)}`,
    ...Object.entries(tiers ?? {}).map(([name, text]) => `${name} ${text}`),
    ...(burst === undefined ? [] : [`burst ${burst}`]),
    ...costText(cost),
    ...(bypass === undefined ? [] : [`not where \`${bypass.trim()}\``]),
  ];
  const shared = per === "operation" ? "" : ", shared";
  const kept = store.name === "default" && !store.mayFail ? "" : `, in ${store.name}`;
  const failure = onStoreFailure === undefined ? "" : `, on failure ${onStoreFailure}`;
  return `${parts.join(", ")}${algorithmText[algorithm]}${timeZone === undefined ? "" : ` of ${timeZone}`}${shared}${kept}${failure}`;
}

/** Which fields clients get. */
const told = ({ headers }: RateLimitOptions): { readonly draft: boolean; readonly x: boolean } => ({
  draft: headers === true || headers === "draft" || headers === "both",
  x: headers === "x" || headers === "both",
});

function responseFields(options: RateLimitOptions): string[] {
  const { draft, x } = told(options);
  return [
    ...(draft ? ["ratelimit", "ratelimit-policy"] : []),
    ...(x ? ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] : []),
  ];
}

/** Members of `RateLimit-Policy` and `RateLimit`: strings with parameters (draft-ietf-httpapi-ratelimit-headers-11 §3, §4). */
function fieldsOf(options: RateLimitOptions, rate: Rate): Lowered<FieldsConfig> | null {
  const { draft, x } = told(options);
  if (!draft && !x) return null;
  const name = `"${nameOf(options, rate)}"`;
  const { limit, windowMs } = rate;
  // `w` is an integer of seconds; a window of half a second has none, nor have months, which differ.
  const span = windowMs % 1000 === 0 && rate.calendar !== "month" ? `;w=${windowMs / 1000}` : "";
  return { draft: draft ? { name, policy: `${name};q=${limit}${span}` } : null, x: x ? String(limit) : null };
}

const nameOf = (options: RateLimitOptions, rate: Rate): string => options.name ?? defaultName(options, rate);

const spans: { readonly [milliseconds: number]: string | undefined } = {
  1000: "second",
  60000: "minute",
  3600000: "hour",
  [day]: "day",
};

/** `per-minute`, `per-minute-by-subject`: differs between the limits that usually stand side by side on one operation. */
function defaultName({ by }: RateLimitOptions, { windowMs, calendar }: Rate): string {
  const span = calendar ?? spans[windowMs] ?? (windowMs % 1000 === 0 ? `${windowMs / 1000}s` : `${windowMs}ms`);
  return `per-${span}${callerSuffix(by)}`;
}
