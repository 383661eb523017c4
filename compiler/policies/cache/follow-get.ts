import { isDeepStrictEqual } from "node:util";
import type { CacheConfig } from "../../../runtime/policies/cache/index.ts";
import type { Lowered } from "../../ir/config.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";

/** HEAD is answered from what the operation with GET keeps, where both keep in the same way and tell callers apart in the same way. */
export function followGet(step: StepIr, of: StepIr, get: OperationIr): StepIr {
  const isAlike = isDeepStrictEqual(ofAnswers(step), ofAnswers(of)) && isDeepStrictEqual(step.factory, of.factory);
  if (!isAlike || of.roles?.includes("keeps") !== true) return step;
  // The config is the one that `lower` made.
  const config = { ...(step.config as unknown as Lowered<CacheConfig>), of: get.id } as unknown as StepIr["config"];
  return { ...step, config, summary: `what \`${get.operationId}\` keeps, ${step.summary}` };
}

/** All but who counts what it does. */
function ofAnswers({ config, mode }: StepIr): unknown {
  const { counts: _counts, ...rest } = config as unknown as Lowered<CacheConfig>;
  return JSON.parse(JSON.stringify({ ...rest, mode }, (name, part) => (name === "origin" ? undefined : part)));
}
