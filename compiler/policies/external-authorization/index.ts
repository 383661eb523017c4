import type { ExternalAuthorizationConfig } from "../../../runtime/policies/external-authorization/index.ts";
import type { ExternalAuthorizationOptions } from "../../../schema/policies.gen.ts";
import type { Lowered, MakeIr, StartValueIr } from "../../ir/config.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { call, definePolicy, type LoweredPolicy, type PolicyContext } from "../../policy/contract.ts";
import { followedSecret } from "../../resource/followed-secret.ts";
import { followedTls } from "../../resource/followed-tls.ts";
import { token } from "../../text/edits.ts";
import { parseDuration, parseSize } from "../../text/formats.ts";
import { startValue } from "../../text/setting.ts";
import { checkCache, checkFields, checkTls, checkUrl } from "./check.ts";
import { notOneProtocol } from "./messages.gen.ts";
import { describeProtocol, lowerProtocol, protocolsOf, readsRequest } from "./protocols.ts";

export const externalAuthorization = definePolicy<ExternalAuthorizationOptions>({
  name: "externalAuthorization",
  // By what a body says only once it was read.
  stages: ["authorize", "validate"],
  onFailure: "closed",
  multiple: true,
  canRefuse: true,
  decidesAccess: true,
  // What can be decided here costs nobody a call.
  after: ["authorize", "validate"],

  check(options, context) {
    const protocols = protocolsOf(options);
    if (protocols.length !== 1) context.report(notOneProtocol(context.at(`/${protocols[1] ?? ""}`)));
    for (const protocol of protocols) checkUrl(options[protocol]!.url, `/${protocol}/url`, context);
    checkFields(options, context);
    checkCache(options, context);
    checkTls(
      options,
      protocols.map((protocol) => options[protocol]!.url),
      context,
    );
  },

  weakness(options, { lowered }) {
    const { onFailure } = options;
    const target = describeProtocol(options);
    if (typeof onFailure === "object") return `it lets requests through while ${target} is out of reach: “${onFailure.allow}”`;
    return readsRequest(options, lowered) ? undefined : `${target} is asked the same for every request`;
  },

  lower(options, context) {
    const protocol = lowerProtocol(options, context);
    const cache = lowerCache(options, context);
    const { extAuthz, forwardAuth, onFailure } = options;
    const forwarded = forwardAuth ?? extAuthz;
    const at = formatOrigin(context.origin);
    const tls = followedTls(`${at} externalAuthorization.tls`, options.tls ?? {}, (name) => context.at(`/tls/${name}`));
    const config: Lowered<ExternalAuthorizationConfig> = {
      at,
      protocol,
      headers: Object.entries(options.headers).map(([name, value]) => ({
        name: name.toLowerCase(),
        value: fieldValue(value, `/headers/${token(name)}`, context),
      })),
      ...(tls === undefined ? {} : { tls }),
      timeoutMs: parseDuration(options.timeout),
      maxPending: options.maxPending,
      allowsOnFailure: typeof onFailure === "object",
      cache,
      maxBody: extAuthz?.maxBody === undefined ? null : parseSize(extAuthz.maxBody),
      toService: (forwarded?.toService ?? []).map((name) => name.toLowerCase()),
      slot: { kind: "slot" },
      detail: options.detail,
    };
    const shared = options.cache?.acrossIdentities;
    const step: LoweredPolicy = call<ExternalAuthorizationConfig>(
      "policies/external-authorization",
      "createExternalAuthorization",
      config,
      {
        hooks: config.toService.length === 0 ? ["request"] : ["request", "upstreamRequest"],
        mayAnswer: true,
        async: cache === null ? true : "seldom",
        body: config.maxBody === null ? "untouched" : "buffered",
        roles: ["living"],
        ...(config.toService.length === 0 ? {} : { fields: { request: config.toService } }),
        ...(shared === undefined
          ? {}
          : { remarks: [`\`externalAuthorization\` takes a decision about one identity for that about another: “${shared}”`] }),
        summary: summaryOf(options),
      },
    );
    return step;
  },
});

function lowerCache(
  { cache }: ExternalAuthorizationOptions,
  context: PolicyContext,
): Lowered<ExternalAuthorizationConfig>["cache"] {
  if (cache === undefined) return null;
  const by = cache.by?.flatMap((text, index) => context.expression(text, `/cache/by/${index}`, "any") ?? []);
  return {
    ttlMs: parseDuration(cache.ttl),
    by: by ?? null,
    perIdentity: cache.acrossIdentities === undefined,
    maxEntries: cache.maxEntries,
  };
}

function fieldValue(
  written: ExternalAuthorizationOptions["headers"][string],
  pointer: string,
  context: PolicyContext,
): StartValueIr | MakeIr | string {
  const origin = context.at(pointer);
  return typeof written === "string" ? startValue(written, origin) : followedSecret(written, origin);
}

function summaryOf(options: ExternalAuthorizationOptions): string {
  const { cache, onFailure, timeout } = options;
  const kept = cache === undefined ? "" : `, kept ${cache.ttl}`;
  return `${describeProtocol(options)} within ${timeout}${kept}${typeof onFailure === "object" ? ", allows on failure" : ""}`;
}
