import type { GatewayIr, OperationIr } from "../ir/gateway.ts";
import type { Stage } from "../ir/step.ts";
import { accessOf } from "./way-around/access-order.ts";

export interface AsSentPaths {
  /** Index of an operation, and characters of the public path that its service does not get. */
  readonly operations: readonly { readonly index: number; readonly strip: number }[];
  /** By index of an operation: equal where the same requests are let in. */
  readonly guards: readonly number[];
}

/** Which operations take paths as they were sent, and which let the same requests in; undefined where none does. */
export function asSentConfig({ operations }: Pick<GatewayIr, "operations">): AsSentPaths | undefined {
  const taking = operations.flatMap(({ steps, forward }, index) => {
    const strip = steps.find(({ reroutes }) => reroutes?.asSent !== undefined)?.reroutes?.asSent?.strip;
    return strip === undefined || forward.kind === "terminal" ? [] : [{ index, strip }];
  });
  if (taking.length === 0) return undefined;
  const numbers = new Map<string, number>();
  const guards = operations.map((operation) => {
    const key = guardKey(operation);
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
  return { operations: taking, guards };
}

const guarding: readonly Stage[] = ["admit", "authenticate", "authorize"];

/** Equal where the same requests get in: what is asked of clients, and the steps that may turn them away before anything else looks at the request. */
export function guardKey({ access, steps }: OperationIr): string {
  const guards = steps
    .filter(({ stage, mayAnswer }) => mayAnswer && guarding.includes(stage))
    .map(({ policy, config, mode, when }) => ({ policy, config, mode, when: when?.text }));
  return JSON.stringify([accessOf(access).key, guards], (key, value: unknown) => (key === "origin" ? undefined : value));
}
