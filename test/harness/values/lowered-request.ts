import type { EmittedIr } from "../../../compiler/ir/emitted.ts";
import type { OperationIr } from "../../../compiler/ir/gateway.ts";
import type { ParameterIr } from "../../../compiler/ir/parameter.ts";
import type { PathPattern } from "../../../compiler/ir/route.ts";
import type { LoweredContent } from "./body.ts";

/** What the `validate` step of an operation asks of requests, out of the checked gateway. */
export interface LoweredRequest {
  readonly parameters: readonly ParameterIr[];
  readonly path: PathPattern;
  readonly body: { readonly required: boolean; readonly content: readonly LoweredContent[] } | null;
}

interface StepConfig {
  readonly read?: EmittedIr<"parameterReader"> | null;
  readonly body?: LoweredRequest["body"];
  readonly request?: StepConfig | null;
}

export function loweredRequest(operation: OperationIr): LoweredRequest {
  const step = operation.steps.find(({ policy }) => policy === "validate");
  // The shape that the policy's `lower` gives to its own factories.
  const config = (step?.config ?? {}) as unknown as StepConfig;
  const request = config.request ?? config;
  return { parameters: request.read?.data.parameters ?? [], path: operation.match.path, body: request.body ?? null };
}
