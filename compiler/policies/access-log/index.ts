import type { BodyLogConfig } from "../../../runtime/policies/access-log/body-log.ts";
import type { FullLogConfig } from "../../../runtime/policies/access-log/full-log.ts";
import type { AccessLogConfig } from "../../../runtime/policies/access-log/index.ts";
import type { RepeatedErrorsConfig } from "../../../runtime/policies/access-log/repeated-errors.ts";
import type { Severity } from "../../../runtime/policies/access-log/severity.ts";
import type { AccessLogOptions } from "../../../schema/policies.gen.ts";
import { type Lowered, make, runtimeFunction } from "../../ir/config.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { parseDuration, parsePercentage } from "../../text/formats.ts";
import { bodiesConfig } from "./bodies.ts";
import { check } from "./check.ts";
import { allFields } from "./fields.ts";
import { lineOf } from "./line.ts";

export const accessLog = definePolicy<AccessLogOptions>({
  name: "accessLog",
  stages: ["observe"],
  onFailure: "open",
  concerns: "answers",
  unmatched: true,
  check,

  lower(options, context) {
    const { format, fields: chosen, query, headers, level, sample, slow, repeatedErrors, bodies } = options;
    const fields = allFields.filter((field) => chosen === undefined || chosen.includes(field));
    // What the spec marks as secret is asked for only where something could show it.
    const marked = query || headers.length > 0 ? context.secretParameters() : [];
    const plain = { fields, query, headers, redact: [...options.redact, ...context.credentials, ...marked] };
    const facts = {
      hooks: ["done"] as const,
      ...(context.operation === undefined ? { roles: ["refusals"] as const } : {}),
      summary: summaryOf(options),
    };
    const isPlain = level === "info" && sample === undefined && slow === undefined && repeatedErrors === undefined;
    if (format === "native" && isPlain && bodies === undefined)
      return call<AccessLogConfig>("policies/access-log", "createAccessLog", plain, facts);
    const line = lineOf(format, plain, context);
    if (line === undefined) return { kind: "nothing" };
    const config: Lowered<FullLogConfig> = {
      line,
      names: format === "ecs" ? runtimeFunction("policies/access-log/ecs-line", "ecsNames") : null,
      hasLevel: !isPlain || typeof format === "string",
      least: severity[level],
      sample: sample === undefined ? null : { rate: parsePercentage(sample.rate), kept: severity[sample.keep] },
      slowMs: slow === undefined ? null : parseDuration(slow),
      repeated:
        repeatedErrors === undefined
          ? null
          : make<RepeatedErrorsConfig>("policies/access-log/repeated-errors", "createRepeatedErrors", {
              periodMs: parseDuration(repeatedErrors.period),
              most: repeatedErrors.most,
            }),
    };
    const clocks = slow === undefined ? {} : { clocks: true as const };
    if (bodies === undefined || context.operation === undefined || (!bodies.request && !bodies.response))
      return call<FullLogConfig>("policies/access-log/full-log", "createFullLog", config, { ...facts, ...clocks });
    const { request, response, maxBytes } = bodies;
    return call<BodyLogConfig>(
      "policies/access-log/body-log",
      "createBodyLog",
      { ...config, bodies: { ...bodiesConfig(bodies, plain.redact, context), least: severity[bodies.level] } },
      {
        ...facts,
        ...clocks,
        hooks: [
          ...(request ? (["upstreamRequest"] as const) : []),
          ...(response ? (["answerHead", "answerBody"] as const) : []),
          ...(request ? (["response"] as const) : []),
          "done",
        ],
        ...(response
          ? {
              answer: {
                use: "seen" as const,
                place: "measure" as const,
                most: maxBytes,
                larger: "unchecked" as const,
                bodies: { held: ["JSON"], streamed: [] },
              },
            }
          : {}),
        fields: { response: ["content-encoding", "content-type"] },
      },
    );
  },
});

/** Indices as the run-time library has them; `nothing` is kept where even errors are sampled. */
const severity: Readonly<Record<Severity | "nothing", number>> = { nothing: -1, error: 0, warning: 1, info: 2 };

function summaryOf({ format, fields, level, sample, slow, repeatedErrors, bodies }: AccessLogOptions): string {
  const about =
    typeof format === "object"
      ? `JSON lines: ${Object.keys(format).join(", ")}`
      : `${format === "ecs" ? "ECS" : "JSON"} lines${fields === undefined || fields.length === allFields.length ? "" : `: ${allFields.filter((field) => fields.includes(field)).join(", ")}`}`;
  const bodyNames = [...(bodies?.request === true ? ["request"] : []), ...(bodies?.response === true ? ["response"] : [])];
  return [
    about,
    ...(level === "info" ? [] : [`from level ${level}`]),
    ...(sample === undefined
      ? []
      : [`${sample.rate} of what is less than ${sample.keep === "nothing" ? "everything" : sample.keep}`]),
    ...(slow === undefined ? [] : [`slow from ${slow}`]),
    ...(repeatedErrors === undefined ? [] : [`repeated errors once in ${repeatedErrors.period}`]),
    ...(bodyNames.length === 0 ? [] : [`${bodyNames.join(" and ")} bodies up to ${bodies!.maxBytes}`]),
  ].join("; ");
}
