import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import type { ObjectiveIr } from "../../ir/objectives.ts";
import { durationText } from "../../text/duration-text.ts";
import type { Matcher } from "../promql.ts";
import { operationMatchers } from "./operation-matchers.ts";

/** One objective of the gateway, with everything that is counted for it. */
export interface Objective extends ObjectiveIr {
  /** Share of requests that may be bad. */
  readonly budget: number;
  /** Picks out the series of its operations. */
  readonly matchers: readonly Matcher[];
  readonly operations: readonly string[];
  /** `99.9% of requests do not fail`. */
  readonly promise: string;
}

/** The objectives of all operations, sorted by name; operations with the same name and values are counted together. */
export function objectivesOf(ir: Pick<GatewayIr, "operations">): Objective[] {
  const groups = new Map<string, { readonly objective: ObjectiveIr; readonly operations: OperationIr[] }>();
  for (const operation of ir.operations)
    for (const objective of operation.objectives?.each ?? []) {
      const key = JSON.stringify(objective);
      const known = groups.get(key);
      if (known === undefined) groups.set(key, { objective, operations: [operation] });
      else known.operations.push(operation);
    }
  const all = [...groups.values()];
  const isTwice = ({ name, about }: ObjectiveIr): boolean =>
    all.filter(({ objective }) => objective.name === name && objective.about === about).length > 1;
  return all
    .map(({ objective, operations }) => complete(objective, isTwice(objective), operations, ir))
    .sort((a, b) => compare(a.name, b.name) || compare(a.about, b.about));
}

function complete(
  objective: ObjectiveIr,
  isTwice: boolean,
  operations: readonly OperationIr[],
  ir: Pick<GatewayIr, "operations">,
): Objective {
  const { name, percent, bound, window } = objective;
  const of = bound === undefined ? `${percent}%` : `${percent}% within ${durationText(bound)}`;
  return {
    ...objective,
    // Of one place with several values, as where paths overlap: each has a name of its own.
    name: isTwice ? `${name} (${of} over ${durationText(window)})` : name,
    budget: Number(((100 - Number(percent)) / 100).toPrecision(10)),
    matchers: operationMatchers(operations, ir.operations),
    operations: operations.map(({ id }) => id),
    promise:
      bound === undefined ? `${percent}% of requests do not fail` : `${percent}% of requests take at most ${durationText(bound)}`,
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
