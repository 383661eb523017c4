import type { UpgradeConfig } from "../../../runtime/policies/upgrade/index.ts";
import type { UpgradeOptions } from "../../../schema/policies.gen.ts";
import { fallbackIn, usedServices } from "../../ir/used-services.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { betterOrigin, isOrigin } from "../../text/origin.ts";
import { hasSetting, startValue } from "../../text/setting.ts";
import { list } from "../../text/words.ts";
import { anyOriginNotAlone, carriesRequests, invalidOrigin, notGet, nullOrigin, outOfRange, overHttp2 } from "./messages.gen.ts";

const shortest = 1_000;
const longest = 86_400_000;

export const upgrade = definePolicy<UpgradeOptions>({
  name: "upgrade",
  // Behind authentication and limits: a handshake is a request like any other, and gets their answers.
  stages: ["limit"],
  onFailure: "closed",
  requires: () => ["stream"],

  check(options, context) {
    for (const [index, protocol] of options.protocols.entries()) {
      if (carrier(protocol)) context.report(carriesRequests(context.at(`/protocols/${index}`), { protocol }));
    }
    const method = context.operation?.method ?? "*";
    if (method !== "GET" && method !== "*" && options.protocols.every(isWebSocket))
      context.report(notGet(context.origin, { method, operation: context.operation?.operationId ?? "" }));
    for (const option of ["idleTimeout", "maxDuration"] as const) {
      const duration = options[option];
      if (duration === undefined) continue;
      const milliseconds = parseDuration(duration);
      if (milliseconds < shortest || milliseconds > longest)
        context.report(outOfRange(context.at(`/${option}`), { option, duration }));
    }
    const origins = options.origins ?? [];
    const anyOrigin = origins.indexOf("*");
    if (anyOrigin >= 0 && origins.length > 1) context.report(anyOriginNotAlone(context.at(`/origins/${anyOrigin}`)));
    for (const [index, origin] of origins.entries()) {
      if (origin === "*" || hasSetting(origin)) continue;
      const at = context.at(`/origins/${index}`);
      if (origin === "null") context.report(nullOrigin(at));
      else if (!isOrigin(origin)) context.report(invalidOrigin(at, { origin, suggestion: betterOrigin(origin) }));
    }
  },

  /** HTTP/2 has no `Upgrade` (RFC 9113 §8.6): what is allowed to a client could never come about. */
  whole(steps, { services, serviceOption, report }) {
    for (const { step, operation } of steps) {
      if (operation === undefined) continue;
      const used = usedServices([operation], fallbackIn(services));
      for (const { name, protocol } of services) {
        if (protocol !== "http2" || !used.has(name)) continue;
        const related = [{ origin: serviceOption(name, "/protocol"), text: "how the service is asked" }];
        const { operationId } = operation;
        report(overHttp2(step.origin, { operation: operationId, name }, { related, alike: operationId }));
      }
    }
  },

  lower(options, context) {
    const { origins, maxDuration } = options;
    const countsForMetrics = context.present.has("metrics");
    return call<UpgradeConfig>(
      "policies/upgrade",
      "createUpgrade",
      {
        protocols: options.protocols,
        required: options.required,
        origins:
          origins === undefined
            ? "same"
            : origins.includes("*")
              ? "any"
              : origins.map((origin, index) => startValue(origin, context.at(`/origins/${index}`))),
        idleTimeout: parseDuration(options.idleTimeout),
        maxDuration: maxDuration === undefined ? 0 : parseDuration(maxDuration),
        maxConnections: options.maxConnections ?? 0,
        slot: { kind: "slot" },
      },
      {
        hooks: ["request", "response", "done"],
        fields: { response: ["upgrade"] },
        mayAnswer: true,
        // Connections of one operation are counted together, and apart from those of others.
        instance: context.operation?.id ?? "",
        roles: countsForMetrics ? ["upgrades", "metrics"] : ["upgrades"],
        summary: summaryOf(options),
      },
    );
  },
});

const isWebSocket = (protocol: string): boolean => protocol.toLowerCase() === "websocket";

/** Protocols in which further requests could be sent, past every policy. */
const carrier = (protocol: string): boolean => /^(h2c?|http|tls)(\/|$)/i.test(protocol);

function summaryOf({ protocols, required, origins, maxDuration, maxConnections }: UpgradeOptions): string {
  const parts = [
    `${list(protocols)}${required ? ", required" : ""}`,
    origins === undefined ? "same origin" : origins.includes("*") ? "any origin" : `origins ${origins.join(", ")}`,
    ...(maxDuration === undefined ? [] : [`at most ${maxDuration}`]),
    ...(maxConnections === undefined ? [] : [`${maxConnections} at a time`]),
  ];
  return parts.join("; ");
}
