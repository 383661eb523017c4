import type { RateLimitConfig, TokenBucketConfig } from "../../../runtime/policies/rate-limit/index.ts";
import type { RateLimitOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseRate } from "../../text/formats.ts";
import { own } from "../../text/own.ts";
import { burstWithoutBucket, unsuitableHeader, windowTooLong } from "./messages.gen.ts";

const day = 86_400_000;

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
  requires: (options) => (options.by === "identity.subject" ? ["identity"] : []),

  check(options, context) {
    if (parseRate(options.limit).windowMs > day) context.report(windowTooLong(context.at("/limit"), { limit: options.limit }));
    if (options.burst !== undefined && options.algorithm === "slidingWindow")
      context.report(burstWithoutBucket(context.at("/burst")));
    if (typeof options.by === "object" && "header" in options.by) {
      const { header } = options.by;
      const unsuitable = own(unsuitableHeaders, header.toLowerCase());
      if (unsuitable !== undefined) context.report(unsuitableHeader(context.at("/by/header"), { header, ...unsuitable }));
    }
  },

  weakness({ limit, by }, { lowered, clientChooses }) {
    const { limit: requests, windowMs } = parseRate(limit);
    if (requests / windowMs >= mostPerMillisecond) return `\`${limit}\` is more than a gateway can answer`;
    if (typeof by === "object" && "header" in by)
      return clientChooses({ header: by.header.toLowerCase() })
        ? `whoever makes up a new \`${by.header}\` gets a new counter`
        : undefined;
    // The config is the one that `lower` made.
    const caller = lowered.kind === "call" ? (lowered.config as unknown as Lowered<RateLimitConfig>).caller : undefined;
    return caller?.by === "expression" && clientChooses(caller.value)
      ? `a client chooses its counter by what it sends (\`${caller.value.text.trim()}\`)`
      : undefined;
  },

  lower(options, context) {
    const { limit, windowMs: window } = parseRate(options.limit);
    const caller = callerOf(options, context);
    if (caller === undefined) return { kind: "nothing" };
    const shared: Omit<Lowered<RateLimitConfig>, "limit" | "window"> = {
      caller,
      maxKeys: options.maxKeys,
      fields: options.headers ? fieldsOf(options, limit, window) : null,
      slot: { kind: "slot" },
    };
    const facts = {
      hooks: options.headers ? (["request", "response"] as const) : (["request"] as const),
      mayAnswer: true,
      fields: { request: caller.by === "header" ? [caller.name] : [], response: ["ratelimit", "ratelimit-policy"] },
      instance: instanceOf(options, context),
      summary: summaryOf(options),
    };
    if (options.algorithm === "slidingWindow")
      return call<RateLimitConfig>("policies/rate-limit", "createSlidingWindowLimit", { limit, window, ...shared }, facts);
    const bucket = { limit, window, burst: options.burst ?? limit, ...shared };
    return call<TokenBucketConfig>("policies/rate-limit", "createTokenBucketLimit", bucket, facts);
  },
});

/** Undefined where the expression is wrong, which was reported. */
function callerOf({ by }: RateLimitOptions, context: PolicyContext): Lowered<RateLimitConfig>["caller"] | undefined {
  if (typeof by === "string") return { by };
  if ("header" in by) return { by: "header", name: by.header.toLowerCase() };
  const value = context.expression(by.expression, "/by/expression", "string");
  return value === undefined ? undefined : { by: "expression", value };
}

/** Fields that callers must not be told apart by, with the reason and the remedy. */
const secret = {
  problem: "It carries a secret that was not looked at yet: whoever makes up a new one gets a new counter.",
  remedy: "Limit by `identity.subject`, or by `peer.ip`.",
};
const forwarding = {
  problem: "Any client can write it, so that whoever makes up a new address gets a new counter.",
  remedy:
    "Limit by `peer.ip`, and list your own proxies as `trustedProxies` of the listener: then it is the address they report.",
};
const unsuitableHeaders: { readonly [name: string]: { readonly problem: string; readonly remedy: string } | undefined } = {
  authorization: secret,
  cookie: secret,
  "proxy-authorization": secret,
  forwarded: forwarding,
  "x-forwarded-for": forwarding,
  "x-real-ip": forwarding,
};

/** What shares the counters: the place of the declaration, alone or with the operation. */
function instanceOf(options: RateLimitOptions, context: PolicyContext): string {
  const declaration = `${formatOrigin(context.origin)}:${context.origin.column}`;
  return options.per === "declaration" ? declaration : `${context.operation?.id ?? "unmatched"} ${declaration}`;
}

const callerText = ({ by }: RateLimitOptions): string =>
  typeof by === "string" ? by : "header" in by ? `header ${by.header}` : `\`${by.expression.trim()}\``;

function summaryOf(options: RateLimitOptions): string {
  const burst = options.burst === undefined ? "" : `, burst ${options.burst}`;
  const algorithm = options.algorithm === "slidingWindow" ? ", sliding window" : "";
  return `${options.limit} by ${callerText(options)}${burst}${algorithm}${options.per === "declaration" ? ", shared" : ""}`;
}

/** Members of `RateLimit-Policy` and `RateLimit`: strings with parameters (draft-ietf-httpapi-ratelimit-headers §3, §4). */
function fieldsOf(options: RateLimitOptions, limit: number, window: number): { readonly name: string; readonly policy: string } {
  const name = `"${options.name ?? defaultName(options, window)}"`;
  // `w` is an integer of seconds; a window of half a second has none.
  const span = window % 1000 === 0 ? `;w=${window / 1000}` : "";
  return { name, policy: `${name};q=${limit}${span}` };
}

const spans: { readonly [milliseconds: number]: string | undefined } = {
  1000: "second",
  60000: "minute",
  3600000: "hour",
  [day]: "day",
};

/** `per-minute`, `per-minute-by-subject`: differs between the limits that usually stand side by side on one operation. */
function defaultName({ by }: RateLimitOptions, window: number): string {
  const span = spans[window] ?? (window % 1000 === 0 ? `${window / 1000}s` : `${window}ms`);
  const caller =
    typeof by === "string"
      ? callerNames[by]
      : "header" in by
        ? `-by-${by.header.toLowerCase().replaceAll(/[^a-z0-9-]/g, "-")}`
        : "-by-expression";
  return `per-${span}${caller}`;
}

const callerNames: Record<Extract<RateLimitOptions["by"], string>, string> = {
  "peer.ip": "",
  "identity.subject": "-by-subject",
  operation: "-by-operation",
};
