import { StartError } from "../../life/start-error.ts";
import type { TraceFormat } from "./incoming.ts";
import type { TracingConfig } from "./index.ts";
import type { SamplingConfig } from "./sampler.ts";

/** The formats that are read and written, where the configuration says nothing those of the environment. Throws a `StartError`. */
export function formatsOf({ reads, writes, propagators }: Pick<TracingConfig, "reads" | "writes" | "propagators">): {
  readonly reads: readonly TraceFormat[];
  readonly writes: readonly TraceFormat[];
} {
  const others = reads === null || writes === null ? propagatorsIn(propagators ?? "") : [];
  return { reads: reads ?? others, writes: writes ?? others };
}

/** `tracecontext,baggage,b3`; nothing said is W3C's. */
function propagatorsIn(text: string): readonly TraceFormat[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) return ["traceparent"];
  const found = names.flatMap((name) => {
    const formats = Object.hasOwn(propagatorFormats, name) ? propagatorFormats[name] : undefined;
    if (formats === undefined)
      throw new StartError(
        `The environment variable OTEL_PROPAGATORS has ${JSON.stringify(name)}, which the gateway does not know. Use tracecontext, baggage, b3, b3multi and jaeger with commas between, or none, or write \`propagation\` in the policy \`tracing\`.`,
      );
    return formats;
  });
  return [...new Set(found)];
}

/** By OpenTelemetry's names. What of a baggage goes on is a matter of the configuration alone. */
const propagatorFormats: Readonly<Record<string, readonly TraceFormat[]>> = {
  tracecontext: ["traceparent"],
  b3: ["b3"],
  b3multi: ["b3-multi"],
  jaeger: ["uber-trace-id"],
  baggage: [],
  none: [],
};

/** What the configuration says of sampling, or the environment where it says nothing. Throws a `StartError`. */
export function settingsOf({ share, environment }: Pick<SamplingConfig, "share" | "environment">): {
  readonly share: number;
  readonly followsParent: boolean;
} {
  if (environment === undefined || environment.sampler === "") return { share, followsParent: true };
  const { sampler, argument } = environment;
  const name = sampler.replace(/^parentbased_/, "");
  if (!samplers.includes(name))
    throw new StartError(
      `The environment variable OTEL_TRACES_SAMPLER is ${JSON.stringify(sampler)}. Use always_on, always_off or traceidratio, with or without parentbased_ in front, or write \`sample\` in the policy \`tracing\`.`,
    );
  const followsParent = name !== sampler;
  if (name === "always_on") return { share: 1, followsParent };
  if (name === "always_off") return { share: 0, followsParent };
  // As the specification has it: all of them without an argument.
  const ratio = argument === "" ? 1 : Number(argument);
  if (!(ratio >= 0 && ratio <= 1))
    throw new StartError(
      `The environment variable OTEL_TRACES_SAMPLER_ARG is ${JSON.stringify(argument)}. Give the share of requests to trace as a number from 0 to 1, such as 0.1.`,
    );
  return { share: ratio, followsParent };
}

const samplers: readonly string[] = ["always_on", "always_off", "traceidratio"];
