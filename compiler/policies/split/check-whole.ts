import { configKey } from "../../ir/config-nodes.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import type { GatewayContext, PlacedStep } from "../../policy/contract.ts";
import { armsDiffer, holdNeedsAdmin, operationNotThere, rollOutsDiffer, twice } from "./messages.gen.ts";
import { sameForAll } from "./roll-out.ts";

/** Those of the same name are one experiment: they have the same arms with the same shares, and no operation has two. */
export function checkWhole(steps: readonly PlacedStep[], { operations, hasAdmin, report }: GatewayContext): void {
  checkRollOuts(steps, report);
  if (!hasAdmin) checkHolds(steps, report);
  checkOperations(steps, operations, report);
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

/** What waits for somebody has to be told by somebody. */
function checkHolds(steps: readonly PlacedStep[], report: GatewayContext["report"]): void {
  for (const { step } of steps) {
    // The config of a roll-out is what the same policy made.
    const { plan } = (step.experiment?.config ?? {}) as {
      readonly plan?: { readonly steps: readonly { readonly hold: boolean }[] };
    };
    if (plan?.steps.some(({ hold }) => hold) !== true) continue;
    const written = step.options.find(({ pointer }) => pointer.startsWith("/steps"))?.origin;
    report(holdNeedsAdmin(written ?? step.origin, { name: step.experiment!.name }));
  }
}

/** A service of which specs say what it has should have what it gets. */
function checkOperations(
  steps: readonly PlacedStep[],
  operations: readonly OperationIr[],
  report: GatewayContext["report"],
): void {
  const known = new Map<string, Set<string>>();
  for (const operation of operations) {
    const { api, forward } = operation;
    if (api === undefined || forward.kind !== "forward") continue;
    const requests = known.get(forward.service) ?? new Set();
    known.set(forward.service, requests.add(requestOf(operation)));
  }
  for (const placed of steps) {
    const { operation, step } = placed;
    if (operation?.api === undefined) continue;
    for (const service of factsOf(placed).services) {
      const there = known.get(service);
      if (there === undefined || there.has(requestOf(operation))) continue;
      report(
        operationNotThere(
          step.origin,
          { service, operation: operation.operationId, request: requestOf(operation) },
          { related: [{ origin: operation.origin, text: "the operation" }] },
        ),
      );
    }
  }
}

/** Method and path as the service gets them, whatever its parameters are called. */
function requestOf({ match, forward }: OperationIr): string {
  const { strip, prepend } = forward.kind === "forward" ? forward : { strip: 0, prepend: "" };
  return `${match.method} ${prepend}${match.path.template.slice(strip).replaceAll(/\{[^}]*\}/g, "{}")}`;
}

const rollOutKey = ({ step }: PlacedStep): string =>
  step.experiment === undefined ? "" : configKey(sameForAll(step.experiment));

function factsOf({ step }: PlacedStep): {
  readonly name: string;
  readonly arms: string;
  readonly services: readonly string[];
} {
  // The config is the one that `lower` made.
  const { name, arms } = step.config as unknown as {
    readonly name: string;
    readonly arms: readonly { readonly service: { readonly name: string }; readonly share: number }[];
  };
  return {
    name,
    arms: JSON.stringify(arms.map(({ service, share }) => [service.name, share])),
    services: arms.map(({ service }) => service.name),
  };
}
