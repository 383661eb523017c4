import type { AdminAnswer } from "../../admin/route.ts";
import type { Json } from "../../life/json.ts";
import type { ToldCaller } from "./caller-count.ts";

export type OperationTraffic = {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly api?: string;
  readonly version?: string;
  /** Its spec says so. */
  readonly deprecated?: true;
  readonly callers: readonly ToldCaller[];
  /** All callers for whom there was no room, together. */
  readonly others?: ToldCaller;
};

export interface TrafficCounts {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly operations: readonly OperationTraffic[];
}

export const trafficText = ({ since, operations }: TrafficCounts): Json => ({ since: new Date(since).toISOString(), operations });

/** What several processes counted, added up; of what they counted since, the earliest time. */
export function togetherOf(answers: readonly AdminAnswer[]): { readonly [key: string]: Json } {
  // What `trafficText` makes.
  const all = answers.flatMap((answer) =>
    "json" in answer
      ? [answer.json as unknown as { readonly since: string; readonly operations: readonly OperationTraffic[] }]
      : [],
  );
  const since = all.map((one) => one.since).sort()[0] ?? "";
  const byOperation = new Map<string, OperationTraffic[]>();
  for (const operation of all.flatMap(({ operations }) => operations)) {
    const known = byOperation.get(operation.operation);
    if (known === undefined) byOperation.set(operation.operation, [operation]);
    else known.push(operation);
  }
  return { since, operations: [...byOperation.values()].map(operationTogether) };
}

function operationTogether(same: readonly OperationTraffic[]): OperationTraffic {
  const byCaller = new Map<string, ToldCaller[]>();
  for (const caller of same.flatMap(({ callers }) => callers)) {
    const key = JSON.stringify([caller.scheme, caller.caller]);
    const known = byCaller.get(key);
    if (known === undefined) byCaller.set(key, [caller]);
    else known.push(caller);
  }
  const others = same.flatMap((operation) => operation.others ?? []);
  return {
    ...same[0]!,
    callers: [...byCaller.values()].map(callerTogether).sort((one, other) => other.requests - one.requests),
    ...(others.length === 0 ? {} : { others: callerTogether(others) }),
  };
}

const callerTogether = (same: readonly ToldCaller[]): ToldCaller => ({
  ...same[0]!,
  requests: same.reduce((sum, { requests }) => sum + requests, 0),
  clientErrors: same.reduce((sum, { clientErrors }) => sum + clientErrors, 0),
  serverErrors: same.reduce((sum, { serverErrors }) => sum + serverErrors, 0),
  ...(same.some(({ deprecated }) => deprecated === true) ? { deprecated: true as const } : {}),
  lastAt: same
    .map(({ lastAt }) => lastAt)
    .sort()
    .at(-1)!,
});
