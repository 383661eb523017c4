import type { OperationIr } from "./gateway.ts";
import type { StepIr } from "./step.ts";

/**
 * The steps whose request hooks run before OPTIONS for the path of an operation go to its service: what comes before
 * authentication, since a preflight has no credentials (Fetch standard, CORS-preflight fetch), and what says where to.
 */
export const runsBeforeOptions = ({ stage, reroutes }: StepIr): boolean =>
  stage === "observe" || stage === "admit" || reroutes !== undefined;

/** In this order the methods of a path are tried for an operation that speaks for it. */
export const methodsOfPath = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] as const;

/** Operations that somebody has to prove something for, and at whose path OPTIONS goes to the service all the same. */
export const openToOptions = (operations: readonly OperationIr[]): readonly OperationIr[] =>
  operations.filter(({ forwardsOptions, access }) => forwardsOptions === true && access.kind !== "public");
