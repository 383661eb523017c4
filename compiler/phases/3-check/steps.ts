import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { ExpressionIr } from "../../expressions/index.ts";
import { type Given, isProven } from "../../expressions/proof/index.ts";
import { emittedIn } from "../../ir/config-nodes.ts";
import { emitted } from "../../ir/emitted.ts";
import type { ObjectiveIr, ObjectivesIr } from "../../ir/objectives.ts";
import type { Origin } from "../../ir/origin.ts";
import { hasRole } from "../../ir/role.ts";
import type { Fact, OptionIr, StepIr } from "../../ir/step.ts";
import { policies } from "../../policies/registry.gen.ts";
import type {
  EffectContext,
  ForwardingSettings,
  LoweredPolicy,
  OperationContext,
  PolicyContext,
  PolicyDefinition,
} from "../../policy/contract.ts";
import type { Told } from "../../policy/told.ts";
import type { EffectiveInstance, EffectivePolicy, LinkedOperation } from "../2-link/linked-gateway.ts";
import type { MessageContracts } from "./contracts.ts";
import type { Exporters } from "./exporters.ts";
import type { OperationExpressions } from "./expressions.ts";
import { messageSecrets } from "./message-secrets.ts";
import { whenOnForwarding, whenOnObjectives, whenOnPermission } from "./messages.gen.ts";
import type { UnorderedStep } from "./order.ts";
import { placeOf } from "./place-of.ts";
import type { Stores } from "./stores.ts";
import { toldBy } from "./told.ts";
import { turn } from "./turn.ts";

/** What the policies of one operation come to. */
export interface LoweredPolicies {
  readonly steps: readonly UnorderedStep[];
  /** Forwarding settings by the policy that wrote them. */
  readonly forwarding: ForwardingSettings & { readonly options: readonly OptionIr[] };
  /** Undefined where there are none. */
  readonly objectives: ObjectivesIr | undefined;
  /** Policies that answer instead of a service, in the order of their names. */
  readonly terminal: readonly EffectivePolicy[];
  readonly effects: readonly PolicyEffect[];
  /** Where a policy that says who may does not decide: `authorize is switched off`. */
  readonly remarks: readonly string[];
}

/** One instance of a policy on an operation, for those who want to know what it comes to. */
export interface PolicyEffect {
  readonly policy: string;
  readonly mode: StepIr["mode"];
  readonly when?: ExpressionIr;
  /** A request for which the condition has no value is left as it is. */
  readonly skipsUndecided: boolean;
  readonly origin: Origin;
  /** Why it has no effect although it runs. */
  weakness(context: Pick<EffectContext, "isAlwaysTrue" | "clientChooses">): string | undefined;
  /** What is true of requests that it let pass. */
  readonly proves: Given | undefined;
}

/** What the policies of one operation know about what is around them. */
interface Around
  extends Pick<
    PolicyContext,
    | "gateway"
    | "present"
    | "credentials"
    | "secretParameters"
    | "credentialFields"
    | "services"
    | "deprecated"
    | "schemes"
    | "ruleLists"
    | "purges"
    | "warming"
  > {
  /** Grows as policies are lowered. */
  readonly wanted: Set<Fact>;
  readonly written: Set<string>;
  readonly objectives: ObjectiveIr[];
  readonly told: Told[];
  readonly operation: LinkedOperation | undefined;
  readonly expressions: OperationExpressions;
  readonly contracts: MessageContracts;
  readonly stores: Stores;
  readonly exporters: Exporters;
}

/**
 * Checks and lowers every policy of one operation, or of the chain for unmatched requests. `credentials`: what services are told of who
 * asks by those that they get, once it is known which services are reached.
 */
export function lowerPolicies(
  effective: readonly EffectivePolicy[],
  operation: LinkedOperation | undefined,
  names: Pick<
    Around,
    | "gateway"
    | "credentials"
    | "secretParameters"
    | "credentialFields"
    | "services"
    | "deprecated"
    | "stores"
    | "exporters"
    | "schemes"
    | "ruleLists"
    | "purges"
    | "warming"
  >,
  expressions: OperationExpressions,
  contracts: MessageContracts,
  sink: DiagnosticSink,
  credentials: (lowered: Pick<LoweredPolicies, "steps" | "terminal">) => readonly Told[] = () => [],
): LoweredPolicies {
  const present = new Set(effective.filter((policy) => !policy.off).map((policy) => policy.name));
  const around: Around = {
    ...names,
    operation,
    present,
    expressions,
    contracts,
    wanted: new Set(),
    written: new Set(),
    objectives: [],
    told: [],
  };
  const steps: UnorderedStep[] = [];
  const terminal: EffectivePolicy[] = [];
  const effects: PolicyEffect[] = [];
  let forwarding: ForwardingSettings = {};
  const forwardOptions: OptionIr[] = [];
  const remarks: string[] = [];
  let objectives: ObjectivesIr | undefined;
  const ordered = [...effective].sort((a, b) => turn(a) - turn(b));
  const late = ordered.find((policy) => turn(policy) === 2);
  for (const policy of ordered) {
    if (policy === late) around.told.push(...credentials({ steps, terminal }));
    const definition = policies[policy.name];
    if (policy.off && definition?.decidesAccess === true) remarks.push(`\`${policy.name}\` is switched off`);
    if (definition === undefined || definition.settlesAccess === true || policy.off) continue;
    if (operation === undefined && definition.unmatched !== true) continue;
    if (definition.terminal === true && policy.instances.every(({ when }) => when === undefined)) terminal.push(policy);
    for (const instance of policy.instances) {
      const lowered = lowerInstance(definition, policy, instance, around, sink);
      if (lowered === undefined) continue;
      effects.push(lowered.effect);
      if (definition.decidesAccess === true) remarks.push(...remarksOn(lowered.effect, operation));
      if (lowered.step !== undefined) {
        steps.push(lowered.step);
        for (const fact of lowered.step.step.requires) around.wanted.add(fact);
        const told = toldBy(lowered.step.step, definition);
        for (const name of told?.changing ?? []) around.written.add(name);
        if (told !== undefined) around.told.push(told);
      }
      if (lowered.objectives !== undefined) {
        objectives = { each: lowered.objectives, options: instance.options };
        around.objectives.push(...lowered.objectives);
      }
      if (lowered.forwarding !== undefined) {
        forwarding = { ...forwarding, ...lowered.forwarding };
        forwardOptions.push(...instance.options.map((option) => ({ ...option, pointer: `/${policy.name}${option.pointer}` })));
      }
    }
  }
  if (operation !== undefined) steps.push(...lifecycleStep(operation, around, sink));
  return { steps, forwarding: { ...forwarding, options: forwardOptions }, objectives, terminal, effects, remarks };
}

/** Undefined where something is wrong with the instance, which was reported. */
function lowerInstance(
  definition: PolicyDefinition<never>,
  policy: EffectivePolicy,
  instance: EffectiveInstance,
  around: Around,
  sink: DiagnosticSink,
):
  | {
      readonly effect: PolicyEffect;
      readonly step?: UnorderedStep;
      readonly forwarding?: ForwardingSettings;
      readonly objectives?: readonly ObjectiveIr[];
    }
  | undefined {
  // The options were checked against the policy's own schema, from which the definition's type is generated.
  const options = instance.value as never;
  const context = contextFor(policy.name, instance, around, sink);
  definition.check?.(options, context);
  const when =
    instance.when === undefined ? undefined : around.expressions.compile(instance.when.text, instance.when.origin, "bool");
  if (context.failed || (instance.when !== undefined && when === undefined)) return undefined;
  const lowered = definition.lower(options, context);
  if (context.failed) return undefined;
  const effect = effectOf(definition, policy, instance, when, lowered, context);
  if (lowered.kind === "nothing") return { effect };
  if (lowered.kind === "objectives") {
    if (instance.when !== undefined) sink.report(whenOnObjectives(instance.when.origin, {}));
    return { effect, objectives: lowered.each };
  }
  if (lowered.kind === "forwarding") {
    if (instance.when !== undefined) sink.report(whenOnForwarding(instance.when.origin, { policy: policy.name }));
    const { kind: _kind, summary: _summary, ...forwarding } = lowered;
    return { effect, forwarding };
  }
  const permits = hasRole(lowered, "upgrades") || lowered.reroutes?.asSent !== undefined;
  if (permits && instance.when !== undefined) sink.report(whenOnPermission(instance.when.origin, { policy: policy.name }));
  const { kind: _kind, mode, provides, ...facts } = lowered;
  const step: UnorderedStep = {
    step: {
      kind: "step",
      policy: policy.name,
      ...facts,
      // An answer that depends on a condition does not end the chain for certain.
      mayAnswer: facts.mayAnswer || (definition.terminal === true && when !== undefined),
      ...(definition.terminal === true ? { answers: true as const } : {}),
      mode: mode ?? instance.mode,
      ...(when === undefined ? {} : { when, ...(definition.undecided === undefined ? {} : { undecided: definition.undecided }) }),
      requires: [...new Set([...(definition.requires?.(options) ?? []), ...factsRead(lowered, when)])],
      provides: [...(definition.provides?.(options) ?? []), ...(provides ?? [])],
      options: instance.options,
      origin: instance.origin,
    },
    stages: definition.stages,
    after: definition.after ?? [],
  };
  return { effect, step };
}

function effectOf(
  definition: PolicyDefinition<never>,
  policy: EffectivePolicy,
  instance: EffectiveInstance,
  when: ExpressionIr | undefined,
  lowered: LoweredPolicy,
  context: PolicyContext,
): PolicyEffect {
  const { operation, contract } = context;
  const demand = definition.proves?.(lowered);
  // Whoever was answered went no further.
  const refuted = definition.terminal === true ? when : undefined;
  const proven = demand !== undefined && when === undefined ? { expression: demand, is: true } : undefined;
  return {
    policy: policy.name,
    mode: instance.mode,
    ...(when === undefined ? {} : { when }),
    skipsUndecided: definition.undecided === "skip",
    origin: instance.when?.origin ?? instance.origin,
    weakness: (asked) => definition.weakness?.(instance.value as never, { operation, contract, lowered, ...asked }),
    proves: refuted === undefined ? proven : { expression: refuted, is: false },
  };
}

/** Why a policy that says who may leaves requests as they are: what `coverage` tells of it. */
function remarksOn({ policy, mode, when, weakness }: PolicyEffect, operation: LinkedOperation | undefined): string[] {
  const method = operation?.match.method;
  const around = method === undefined || method === "*" ? {} : { methods: method === "GET" ? ["GET", "HEAD"] : [method] };
  const weak = weakness({
    isAlwaysTrue: (expression) => isProven({ oneOf: [expression], orUndecided: !expression.reads.identity, around }),
    clientChooses: () => false,
  });
  return [
    ...(weak === undefined ? [] : [`\`${policy}\`: ${weak}`]),
    ...(mode === "report" ? [`\`${policy}\` only reports`] : []),
    ...(when === undefined ? [] : [`\`${policy}\` only runs where \`${when.text.trim()}\``]),
  ];
}

/** What the expressions of a step read that an earlier step has to provide. */
function factsRead({ config, answer }: Pick<StepIr, "config" | "answer">, when: ExpressionIr | undefined): Fact[] {
  const found = [...(when === undefined ? [] : [when]), ...emittedIn(config, "expression")];
  // One that looks at answers of the gateway as well does not stand on the way back.
  const ofAnswer =
    answer === undefined ? [] : found.flatMap(({ reads }) => reads.variables.filter((name) => /^response\./.test(name)));
  return [
    ...found.flatMap(({ reads }) => [
      ...(reads.identity ? ["identity" as const] : []),
      ...(reads.body ? ["body.parsed" as const] : []),
    ]),
    ...(ofAnswer.length === 0 ? [] : [ofAnswer.includes("response.body") ? ("answer.parsed" as const) : ("answer" as const)]),
  ];
}

function contextFor(
  policy: string,
  instance: EffectiveInstance,
  around: Around,
  sink: DiagnosticSink,
): PolicyContext & { readonly failed: boolean } {
  const { operation, stores, exporters, expressions, contracts, objectives } = around;
  let failed = false;
  const at = (pointer: string): Origin => placeOf(instance, pointer);
  const report: PolicyContext["report"] = (diagnostic) => {
    if (diagnostic.severity === "error") failed = true;
    sink.report(diagnostic);
  };
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
            strip: operation.strip,
            prepend: operation.prepend,
            ...routingFields(operation),
            ...(operation.sunset === undefined ? {} : { sunset: operation.sunset }),
            origin: operation.origin,
          },
    origin: instance.origin,
    mode: instance.mode,
    present: around.present,
    wanted: around.wanted,
    written: around.written,
    told: around.told,
    objectives,
    credentials: around.credentials,
    credentialFields: around.credentialFields,
    gateway: around.gateway,
    identity: expressions.identity,
    services: around.services,
    deprecated: around.deprecated,
    schemes: around.schemes,
    ruleLists: around.ruleLists,
    purges: around.purges,
    warming: around.warming,
    at,
    writtenIn: (pointer) => {
      const block = instance.blocks?.get(pointer);
      const option = instance.options.find((one) => one.pointer === pointer);
      return block === undefined || option === undefined ? undefined : { scope: option.scope, block };
    },
    contract: (views) => (operation === undefined ? undefined : contracts.of(operation, views)),
    expression: (text, pointer, expected, use) => {
      const place = typeof pointer === "string" ? placeOf(instance, pointer) : pointer;
      const expression = expressions.compile(text, place, expected, use);
      if (expression === undefined) failed = true;
      return expression === undefined ? undefined : emitted("expression", expression);
    },
    secretParameters: around.secretParameters,
    secrets: () => (operation === undefined ? undefined : messageSecrets(operation)),
    errorMismatches: (made) => (operation === undefined ? [] : contracts.errorMismatches(operation, made)),
    store: (wish) => {
      const used = stores.use(wish, { policy, origin: instance.origin, at, report });
      if (used === undefined) failed = true;
      return used;
    },
    exporter: (wish) => {
      const used = exporters.use(wish, { policy, origin: instance.origin, at, report });
      if (used === undefined) failed = true;
      return used;
    },
    report,
    get failed() {
      return failed;
    },
  };
}

function routingFields({ match }: LinkedOperation): Pick<OperationContext, "routedBy" | "versionField"> {
  const { headers, version } = match;
  const field = version?.by === "header" ? version.name.toLowerCase() : undefined;
  const routedBy = headers.map(({ name }) => name.toLowerCase());
  if (field === undefined) return { routedBy };
  return version!.isDefault ? { routedBy, versionField: field } : { routedBy: [...routedBy, field], versionField: field };
}

/** Deprecation, Sunset and Link of an API version are response fields like those of the `headers` policy. */
function lifecycleStep(operation: LinkedOperation, around: Around, sink: DiagnosticSink): UnorderedStep[] {
  const [first] = operation.lifecycle;
  const definition = policies.headers;
  if (first === undefined || definition === undefined) return [];
  const links = operation.lifecycle.filter((field) => field.name === "Link").map((field) => field.value);
  const add = Object.fromEntries(
    operation.lifecycle.map(({ name, value }) => [name, name === "Link" ? links.join(", ") : value]),
  );
  const instance: EffectiveInstance = {
    value: { response: { add } },
    mode: "enforce",
    options: operation.lifecycle.map(({ name, value, origin }) => ({
      pointer: `/response/add/${name}`,
      value,
      scope: "gateway",
      origin,
    })),
    origin: first.origin,
  };
  const policy: EffectivePolicy = { name: "headers", instances: [instance], scope: "gateway", origin: first.origin, off: false };
  const lowered = lowerInstance(definition, policy, instance, around, sink);
  const step = lowered?.step;
  return step === undefined ? [] : [{ ...step, step: { ...step.step, summary: "life cycle of the version" } }];
}
