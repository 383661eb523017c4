import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OptionIr } from "../../ir/step.ts";
import { policies } from "../../policies/registry.gen.ts";
import type { PolicyContext, PolicyDefinition } from "../../policy/contract.ts";
import type { EffectiveInstance, EffectivePolicy, LinkedOperation } from "../2-link/linked-gateway.ts";
import type { UnorderedStep } from "./order.ts";

/** What the policies of one operation come to. */
export interface LoweredPolicies {
  readonly steps: readonly UnorderedStep[];
  /** Forwarding settings by the policy that wrote them. */
  readonly forwarding: { readonly responseTimeout?: number; readonly options: readonly OptionIr[] };
  /** Policies that answer instead of a service, in the order of their names. */
  readonly terminal: readonly EffectivePolicy[];
}

/** What the policies of one operation know about what is around them. */
interface Around extends Pick<PolicyContext, "present" | "credentials"> {
  readonly operation: LinkedOperation | undefined;
}

/** Policies that `settleAccess` handles. */
const accessPolicies = new Set(["public", "security"]);

/** Checks and lowers every policy of one operation, or of the chain for unmatched requests. */
export function lowerPolicies(
  effective: readonly EffectivePolicy[],
  operation: LinkedOperation | undefined,
  credentials: readonly string[],
  sink: DiagnosticSink,
): LoweredPolicies {
  const present = new Set(effective.filter((policy) => !policy.off).map((policy) => policy.name));
  const around: Around = { operation, present, credentials };
  const steps: UnorderedStep[] = [];
  const terminal: EffectivePolicy[] = [];
  let responseTimeout: number | undefined;
  const forwardOptions: OptionIr[] = [];
  for (const policy of effective) {
    if (accessPolicies.has(policy.name) || policy.off) continue;
    const definition = policies[policy.name];
    if (definition === undefined || (operation === undefined && definition.unmatched !== true)) continue;
    if (definition.terminal === true) terminal.push(policy);
    for (const instance of policy.instances) {
      const lowered = lowerInstance(definition, policy, instance, around, sink);
      if (lowered === undefined) continue;
      if ("step" in lowered) steps.push(lowered);
      else {
        responseTimeout = lowered.responseTimeout ?? responseTimeout;
        forwardOptions.push(...instance.options.map((option) => ({ ...option, pointer: `/${policy.name}${option.pointer}` })));
      }
    }
  }
  if (operation !== undefined) steps.push(...lifecycleStep(operation, around, sink));
  return { steps, forwarding: { responseTimeout, options: forwardOptions }, terminal };
}

function lowerInstance(
  definition: PolicyDefinition<never>,
  policy: EffectivePolicy,
  instance: EffectiveInstance,
  around: Around,
  sink: DiagnosticSink,
): UnorderedStep | { readonly responseTimeout?: number } | undefined {
  // The options were checked against the policy's own schema, from which the definition's type is generated.
  const options = instance.value as never;
  const context = contextFor(instance, around, sink);
  definition.check?.(options, context);
  if (context.failed) return undefined;
  const lowered = definition.lower(options, context);
  if (lowered.kind === "nothing") return undefined;
  if (lowered.kind === "forwarding") return { responseTimeout: lowered.responseTimeout };
  const { kind: _kind, ...facts } = lowered;
  return {
    step: {
      kind: "step",
      policy: policy.name,
      ...facts,
      mode: instance.mode,
      requires: definition.requires?.(options) ?? [],
      provides: definition.provides?.(options) ?? [],
      options: instance.options,
      origin: instance.origin,
    },
    stages: definition.stages,
    after: definition.after ?? [],
  };
}

function contextFor(
  instance: EffectiveInstance,
  around: Around,
  sink: DiagnosticSink,
): PolicyContext & { readonly failed: boolean } {
  const { operation, present, credentials } = around;
  let failed = false;
  return {
    operation:
      operation === undefined
        ? undefined
        : {
            id: operation.id,
            operationId: operation.operationId,
            method: operation.match.method,
            path: operation.match.path,
            api: operation.api,
            version: operation.version,
            service: operation.service?.name ?? "",
            origin: operation.origin,
          },
    origin: instance.origin,
    present,
    credentials,
    at: (pointer) => placeOf(instance, pointer),
    report: (diagnostic) => {
      if (diagnostic.severity === "error") failed = true;
      sink.report(diagnostic);
    },
    get failed() {
      return failed;
    },
  };
}

/** The place of an option, of its nearest written ancestor or descendant, or of the policy. */
function placeOf(instance: EffectiveInstance, pointer: string): EffectiveInstance["origin"] {
  for (let at = pointer; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    const exact = instance.options.find((option) => option.pointer === at && option.origin !== undefined);
    const below = exact ?? instance.options.find((option) => option.pointer.startsWith(`${at}/`) && option.origin !== undefined && at !== "");
    if (below?.origin !== undefined) return below.origin;
    if (at === "") return instance.origin;
  }
}

/** Deprecation, Sunset and Link of an API version are response fields like those of the `headers` policy. */
function lifecycleStep(operation: LinkedOperation, around: Around, sink: DiagnosticSink): UnorderedStep[] {
  const [first] = operation.lifecycle;
  const definition = policies.headers;
  if (first === undefined || definition === undefined) return [];
  const links = operation.lifecycle.filter((field) => field.name === "Link").map((field) => field.value);
  const add = Object.fromEntries(operation.lifecycle.map(({ name, value }) => [name, name === "Link" ? links.join(", ") : value]));
  const instance: EffectiveInstance = {
    value: { response: { add } },
    mode: "enforce",
    options: operation.lifecycle.map(({ name, value, origin }) => ({ pointer: `/response/add/${name}`, value, scope: "gateway", origin })),
    origin: first.origin,
  };
  const policy: EffectivePolicy = { name: "headers", instances: [instance], scope: "gateway", origin: first.origin, off: false };
  const lowered = lowerInstance(definition, policy, instance, around, sink);
  return lowered !== undefined && "step" in lowered ? [{ ...lowered, step: { ...lowered.step, summary: "life cycle of the version" } }] : [];
}
