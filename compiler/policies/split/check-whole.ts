import { configKey } from "../../ir/config-nodes.ts";
import type { GatewayContext, PlacedStep } from "../../policy/contract.ts";
import { armsDiffer, rollOutsDiffer, twice } from "./messages.gen.ts";
import { sameForAll } from "./roll-out.ts";

/** Those of the same name are one experiment: they have the same arms with the same shares, and no operation has two. */
export function checkWhole(steps: readonly PlacedStep[], { report }: GatewayContext): void {
  checkRollOuts(steps, report);
  const firsts = new Map<string, PlacedStep>();
  const seen = new Map<string, PlacedStep>();
  for (const placed of steps) {
    const { name, arms } = factsOf(placed);
    const operation = placed.operation?.operationId ?? "";
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, placed);
    else if (factsOf(first).arms !== arms)
      report(armsDiffer(placed.step.origin, { name }, { related: [{ origin: first.step.origin, text: "the other shares" }] }));
    const key = JSON.stringify([name, placed.operation?.id]);
    const other = seen.get(key);
    if (other === undefined) seen.set(key, placed);
    else report(twice(placed.step.origin, { name, operation }, { related: [{ origin: other.step.origin, text: "the other" }] }));
  }
}

/** One decision for all operations: they have the same steps, and mean the same by a bad request. */
function checkRollOuts(steps: readonly PlacedStep[], report: GatewayContext["report"]): void {
  const firsts = new Map<string, PlacedStep>();
  for (const placed of steps) {
    const { name } = factsOf(placed);
    const first = firsts.get(name);
    if (first === undefined) firsts.set(name, placed);
    else if (rollOutKey(placed) !== rollOutKey(first))
      report(
        rollOutsDiffer(placed.step.origin, { name }, { related: [{ origin: first.step.origin, text: "the other roll-out" }] }),
      );
  }
}

const rollOutKey = ({ step }: PlacedStep): string =>
  step.experiment === undefined ? "" : configKey(sameForAll(step.experiment));

function factsOf({ step }: PlacedStep): { readonly name: string; readonly arms: string } {
  // The config is the one that `lower` made.
  const { name, arms } = step.config as unknown as {
    readonly name: string;
    readonly arms: readonly { readonly service: { readonly name: string }; readonly share: number }[];
  };
  return { name, arms: JSON.stringify(arms.map(({ service, share }) => [service.name, share])) };
}
