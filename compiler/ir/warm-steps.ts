import type { OperationIr } from "./gateway.ts";
import { hasRole } from "./role.ts";
import type { StepIr } from "./step.ts";

/** Steps whose request hooks a request without a client passes: what says where to, and what the service gets in any case. */
const passed: readonly string[] = ["requestId", "authenticate"];

/** Those that do without: nobody is traced, and there is no body. */
const idle: readonly string[] = ["tracing", "decompress"];

export const runsToWarm = ({ policy, hooks, reroutes }: StepIr): boolean =>
  !hooks.includes("request") || reroutes !== undefined || passed.includes(policy);

/** Why the cache of an operation cannot be filled without a client; undefined: it can. To be read behind its name. */
export function whyNotWarmed({ match, access, steps, forward }: OperationIr): string | undefined {
  if (forward.kind === "terminal") return "is answered by the gateway itself";
  const cache = steps.find((step) => hasRole(step, "keeps"));
  if (cache === undefined) return "has no `cache`";
  if (match.method !== "GET" && match.method !== "*") return `is for ${match.method}, and only GET is asked`;
  if (access.kind !== "public") return "needs credentials";
  if (cache.when !== undefined) return "has a `cache` with `when`, which depends on the client";
  if (cache.keptBy?.key.some((part) => part.includes("identity")) === true) return "keeps its answers for each caller";
  if (steps.some(({ experiment, reroutes }) => experiment !== undefined || reroutes?.arms !== undefined))
    return "is divided by `split`, which needs a client";
  const asking = steps.find(
    (step) =>
      step.policy === "externalAuthorization" ||
      (!runsToWarm(step) &&
        !idle.includes(step.policy) &&
        step.hooks.some((hook) => hook === "upstreamRequest" || hook === "retarget" || hook === "answerStream")),
  );
  return asking === undefined ? undefined : `has \`${asking.policy}\`, which tells the service something of the client`;
}
