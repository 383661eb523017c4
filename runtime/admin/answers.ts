import type { Gateway } from "../gateway/gateway.ts";
import type { MetricFamily } from "../gateway/metrics.ts";
import type { Household } from "../life/household.ts";
import type { AdminRequest } from "./route.ts";

/** What the process has that is asked. */
export interface Answering {
  readonly gateway: Gateway;
  readonly household: Household | undefined;
  collect(): readonly MetricFamily[];
}

/** What a worker is asked, by its topic, for the admin listener of its primary. */
export type Answers = (topic: string, question: unknown) => unknown;

/** A route is asked by its operation; the primary has validated the request. */
export interface RouteQuestion {
  readonly operation: string;
  readonly request: AdminRequest;
}

/** Of a process that serves. A promise, or an answer at once; undefined to what this build does not know. */
export function createAnswers({ gateway, household, collect }: Answering): Answers {
  const route = ({ operation, request }: RouteQuestion): unknown =>
    gateway.adminRoutes?.find(({ describe }) => describe.operationId === operation)?.answer(request, gateway);
  return (topic, question) => {
    if (topic === "metrics") return collect();
    if (topic === "things") return household?.report() ?? [];
    // What is asked as `route` is a question about one.
    if (topic === "route") return route(question as RouteQuestion);
    return undefined;
  };
}
