import type { RateLimitConfig } from "../../../runtime/policies/rate-limit/index.ts";
import type { ConfigIr, Lowered } from "../../ir/config.ts";
import { configKey } from "../../ir/config-nodes.ts";
import type { OptionIr, StepIr } from "../../ir/step.ts";
import type { GatewayContext, PlacedStep } from "../../policy/contract.ts";
import { nameDiffers } from "./messages.gen.ts";

/**
 * Limits that share their counters by name have the same numbers, callers and store: those that differ in one of them count
 * apart, and each lets its own number of requests pass. What a request costs, or who is not counted, each says for itself.
 */
export function checkNames(steps: readonly PlacedStep[], { report }: GatewayContext): void {
  const first = new Map<string, StepIr>();
  for (const { step } of steps) {
    if (optionOf(step, "/per")?.value !== "name") continue;
    const name = String(optionOf(step, "/name")?.value);
    const known = first.get(name);
    if (known === undefined) {
      first.set(name, step);
      continue;
    }
    const [option] = Object.keys(aspects).filter((each) => aspects[each]!(step) !== aspects[each]!(known));
    if (option === undefined) continue;
    const pointer = differing(option === "limit" ? ofNumbers : [`/${option}`], step, known);
    const related = [{ origin: placeOf(known, pointer), text: "the other limit of this name" }];
    report(nameDiffers(placeOf(step, pointer), { name, option: pointer.split("/")[1]! }, { related }));
  }
}

/** What counts apart where it differs, by the option that says it. */
const aspects: Readonly<Record<string, (step: StepIr) => string>> = {
  limit: (step) => configKey(configOf(step).rule.law as ConfigIr),
  tiers: (step) =>
    JSON.stringify(
      Object.entries(configOf(step).tiers?.rules ?? {})
        .map(([tier, { law }]) => [tier, configKey(law as ConfigIr)])
        .sort(),
    ),
  by: (step) => JSON.stringify(optionsBelow(step, "/by").map(({ pointer, value }) => [pointer, value])),
  store: (step) => configOf(step).store.name,
};

/** Options that the numbers of a limit follow from. */
const ofNumbers = ["/limit", "/burst", "/algorithm", "/timeZone"];

/** The pointer of an option that one of them has otherwise, among those below `pointers`. */
function differing(pointers: readonly string[], step: StepIr, other: StepIr): string {
  for (const pointer of pointers)
    for (const [one, another] of [
      [step, other],
      [other, step],
    ] as const)
      for (const option of optionsBelow(one, pointer))
        if (JSON.stringify(option.value) !== JSON.stringify(optionOf(another, option.pointer)?.value)) return option.pointer;
  return pointers[0]!;
}

// The config is the one that `lower` made.
const configOf = ({ config }: StepIr): Lowered<RateLimitConfig> => config as unknown as Lowered<RateLimitConfig>;

const optionOf = ({ options }: StepIr, pointer: string): OptionIr | undefined =>
  options.find((option) => option.pointer === pointer);

const optionsBelow = ({ options }: StepIr, pointer: string): readonly OptionIr[] =>
  options.filter((option) => option.pointer === pointer || option.pointer.startsWith(`${pointer}/`));

/** Where the option is written, or what it would be a part of, or the limit. */
function placeOf(step: StepIr, pointer: string): StepIr["origin"] {
  if (pointer === "") return step.origin;
  return optionOf(step, pointer)?.origin ?? placeOf(step, pointer.slice(0, pointer.lastIndexOf("/")));
}
