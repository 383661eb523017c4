import type { FaultInjectionConfig, FaultRule as FaultRuleConfig } from "../../../runtime/policies/fault-injection/index.ts";
import type { FaultInjectionOptions, FaultRule } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseDuration, parsePercentage, parseSize } from "../../text/formats.ts";
import { checkRules, spanOf } from "./check.ts";
import { injects } from "./messages.gen.ts";

export const faultInjection = definePolicy<FaultInjectionOptions>({
  name: "faultInjection",
  // In place of the service: whoever is refused before is refused as ever.
  stages: ["forward"],
  onFailure: "open",
  undecided: "skip",
  harmful: true,

  check({ rules }, context) {
    checkRules(rules, context);
  },

  lower({ rules, maxDelayed, seed }, context) {
    context.report(injects(context.origin, { rules: rules.map(describe).join("; ") }));
    const lowered = rules.map((rule, index) => lowerRule(rule, `/rules/${index}`, context));
    const harmsAnswers = lowered.some(({ bytesPerSecond, resetAfter }) => bytesPerSecond !== null || resetAfter !== null);
    const config: Lowered<FaultInjectionConfig> = {
      at: formatOrigin(context.origin),
      gateway: nameIn(context),
      rules: lowered,
      maxDelayed,
      seed: seed ?? null,
      slot: { kind: "slot" },
      ...(harmsAnswers ? { harmAnswer: { kind: "runtimeFunction", module: "http/harm-answer", name: "harmAnswer" } } : {}),
      ...(lowered.some(({ abort }) => abort === "reset")
        ? { resetClient: { kind: "runtimeFunction", module: "http/reset-client", name: "resetClient" } }
        : {}),
    };
    return call<FaultInjectionConfig>("policies/fault-injection", "createFaultInjection", config, {
      hooks: ["request", "response", "done"],
      mayAnswer: true,
      async: lowered.some(({ delay }) => delay !== null) ? "seldom" : false,
      roles: ["living"],
      fields: { response: ["proxy-status"] },
      summary: rules.map(describe).join("; "),
    });
  },
});

function lowerRule(rule: FaultRule, pointer: string, context: PolicyContext): Lowered<FaultRuleConfig> {
  const { when, percentage, delay, abort, slowBody, resetAfter } = rule;
  const span = spanOf(delay);
  return {
    summary: describe(rule),
    // One that is wrong was reported, and stops the build.
    when: when === undefined ? null : (context.expression(when, `${pointer}/when`, "bool") ?? null),
    share: parsePercentage(percentage),
    delay: span === undefined ? null : { minMs: parseDuration(span.min), maxMs: parseDuration(span.max) },
    abort: abort ?? null,
    bytesPerSecond: slowBody === undefined ? null : parseSize(slowBody),
    resetAfter: resetAfter === undefined ? null : parseSize(resetAfter),
  };
}

/** `10% delay 100ms to 2s, abort 503 where 'x-fault' in request.headers`. */
function describe({ when, percentage, delay, abort, slowBody, resetAfter }: FaultRule): string {
  const span = spanOf(delay);
  const faults = [
    ...(span === undefined ? [] : [`delay ${span.min === span.max ? span.min : `${span.min} to ${span.max}`}`]),
    ...(abort === undefined ? [] : [abort === "reset" ? "reset" : `abort ${abort}`]),
    ...(slowBody === undefined ? [] : [`body at ${slowBody}/s`]),
    ...(resetAfter === undefined ? [] : [`reset after ${resetAfter}`]),
  ];
  return `${percentage} ${faults.join(", ")}${when === undefined ? "" : ` where \`${when.trim()}\``}`;
}

/** A Token or a String of structured fields (RFC 8941 §3.3), as RFC 9209 §2 wants it. */
const nameIn = ({ gateway }: PolicyContext): string =>
  /^[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*$/.test(gateway) ? gateway : JSON.stringify(gateway);
