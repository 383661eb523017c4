import type { KeepConfig, TracingConfig } from "../../../runtime/policies/tracing/index.ts";
import type { TracingKeep, TracingOptions, TracingSampling } from "../../../schema/policies.gen.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { Lowered } from "../../ir/config.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { call, definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseDuration, parsePercentage, parseRate } from "../../text/formats.ts";
import { startValue } from "../../text/setting.ts";
import { list } from "../../text/words.ts";
import { nothingToKeep, unknownBaggageService } from "./messages.gen.ts";

const propagatorsVariable = "OTEL_PROPAGATORS";

/** Of requests that are sampled where neither the configuration nor the environment says it. */
const usualShare = "10%";

export const tracing = definePolicy<TracingOptions>({
  name: "tracing",
  stages: ["observe"],
  onFailure: "open",
  concerns: "answers",
  unmatched: true,

  check({ baggage, keep }, context) {
    baggage?.to?.forEach((name, index) => {
      if (!context.services.includes(name))
        context.report(
          unknownBaggageService(context.at(`/baggage/to/${index}`), { name, suggestion: suggestion(name, context.services) }),
        );
    });
    if (keep !== undefined && !keep.errors && keep.slowerThan === undefined && keep.when === undefined)
      context.report(nothingToKeep(context.at("/keep")));
  },

  lower(options, context) {
    const { trust, propagation, baggage, keep, redact } = options;
    const used = context.exporter({ exporter: options.exporter, signal: "traces" });
    if (used === undefined) return { kind: "nothing" };
    const config: Lowered<TracingConfig> = {
      at: formatOrigin(context.origin),
      exporter: used.ref,
      sampling: lowerSampling(options, context),
      trust,
      reads: propagation.in ?? null,
      writes: propagation.out ?? null,
      ...(propagation.in !== undefined && propagation.out !== undefined
        ? {}
        : { propagators: startValue(`\${env:${propagatorsVariable}:-}`, context.origin) }),
      tellsSampled: propagation.sampled === "always",
      baggage: baggage === undefined ? null : { allow: baggage.allow, to: baggage.to ?? null },
      keep: keep === undefined ? null : lowerKeep(keep, context),
      redact: [...new Set([...redact, ...context.credentials, ...context.secretParameters()])],
    };
    return call<TracingConfig>("policies/tracing", "createTracing", config, {
      hooks: keep === undefined ? ["request", "done"] : ["request", "response", "done"],
      instance: "tracing",
      roles: context.operation === undefined ? ["living", "refusals"] : ["living"],
      clocks: true,
      fields: { request: traceFields },
      summary: summaryOf(options, used.name),
    });
  },
});

/** What the policy reads, writes or withholds. */
const traceFields = ["traceparent", "tracestate", "b3", "x-b3-*", "uber-trace-id", "baggage"];

const samplingOf = (sample: TracingOptions["sample"]): TracingSampling =>
  typeof sample === "object" ? sample : { share: sample ?? usualShare };

function lowerSampling({ sample }: TracingOptions, context: PolicyContext): Lowered<TracingConfig>["sampling"] {
  const { share, most, always, never } = samplingOf(sample);
  const at = context.origin;
  const environment = {
    sampler: startValue("${env:OTEL_TRACES_SAMPLER:-}", at),
    argument: startValue("${env:OTEL_TRACES_SAMPLER_ARG:-}", at),
  };
  return {
    share: parsePercentage(share),
    most: most === undefined ? 0 : perSecond(most),
    // One that is wrong was reported, and stops the build.
    always: always === undefined ? null : (context.expression(always, "/sample/always", "bool") ?? null),
    never: never === undefined ? null : (context.expression(never, "/sample/never", "bool") ?? null),
    ...(sample === undefined ? { environment } : {}),
  };
}

const lowerKeep = (keep: TracingKeep, context: PolicyContext): Lowered<KeepConfig> => ({
  errors: keep.errors,
  slowerThan: keep.slowerThan === undefined ? null : parseDuration(keep.slowerThan),
  when: keep.when === undefined ? null : (context.expression(keep.when, "/keep/when", "bool", "ended") ?? null),
  most: perSecond(keep.most),
  waiting: keep.waiting,
});

function perSecond(text: string): number {
  const { limit, windowMs } = parseRate(text);
  return (limit * 1_000) / windowMs;
}

/** `10% to collector, continues traceparent of trusted proxies, tells traceparent and b3, keeps errors and over 500ms`. */
function summaryOf({ sample, trust, propagation, keep }: TracingOptions, exporter: string): string {
  const { share, most } = samplingOf(sample);
  const sampled = sample === undefined ? `as OTEL_TRACES_SAMPLER says, or ${share}` : share;
  const callers = { fromTrustedProxies: "of trusted proxies", always: "of every client", never: "" }[trust];
  const usual = `what ${propagatorsVariable} says, or traceparent`;
  const kept = [
    ...(keep?.errors === true ? ["errors"] : []),
    ...(keep?.slowerThan === undefined ? [] : [`over ${keep.slowerThan}`]),
    ...(keep?.when === undefined ? [] : [`where \`${keep.when.trim()}\``]),
  ];
  return [
    `${sampled}${most === undefined ? "" : `, at most ${most},`} to ${exporter}`,
    trust === "never" ? "continues no trace" : `continues ${propagation.in?.join(", ") ?? usual} ${callers}`,
    `tells ${propagation.out === undefined ? usual : list(propagation.out)}`,
    ...(kept.length === 0 ? [] : [`keeps ${list(kept)}`]),
  ].join("; ");
}
