import type { ExpressionIr } from "./expression.ts";
import type { OperationIr } from "./gateway.ts";
import type { StepIr } from "./step.ts";

/** Where a request of an operation may end. */
export type Target = Condition & ({ readonly service: string; readonly which?: string } | { readonly policy: string });

interface Condition {
  /** Only where this holds; without it, whatever is left of the requests. */
  readonly when?: ExpressionIr;
  /** The step that decides; absent for the operation's own service. */
  readonly step?: StepIr;
}

/** In the order in which they are decided; the last one has no condition. */
export function targetsOf({ steps, forward }: Pick<OperationIr, "steps" | "forward">): readonly Target[] {
  const targets: Target[] = [];
  // What answers does so when the chain comes to it, wherever the request would have been sent.
  const deciding = [
    ...steps.filter(({ answers }) => answers === true),
    ...steps.filter(({ reroutes }) => reroutes?.service !== undefined || reroutes?.arms !== undefined),
  ];
  for (const step of deciding) {
    const { when, policy, reroutes } = step;
    if (reroutes?.arms !== undefined) {
      // Shares may move while the gateway runs: never is it certain that one gets all.
      targets.push(...reroutes.arms.map((arm) => ({ ...arm, step, ...(when === undefined ? {} : { when }) })));
      continue;
    }
    const end = reroutes?.service === undefined ? { policy } : { service: reroutes.service };
    targets.push({ ...end, step, ...(when === undefined ? {} : { when }) });
    if (when === undefined) return targets;
  }
  return [...targets, forward.kind === "terminal" ? { policy: forward.policy } : { service: forward.service }];
}

/** Names of the services that requests of an operation may reach. */
export const servicesOf = (operation: Pick<OperationIr, "steps" | "forward">): readonly string[] => [
  ...new Set(targetsOf(operation).flatMap((target) => ("service" in target ? [target.service] : []))),
];
