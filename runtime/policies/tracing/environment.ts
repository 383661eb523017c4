import { StartError } from "../../life/start-error.ts";
import type { SamplingConfig } from "./sampler.ts";

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
