import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { isVerified } from "../../ir/access.ts";
import type { AccessIr, SecurityAlternativeIr, SecurityRequirementIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Scope } from "../../ir/step.ts";
import { policies } from "../../policies/registry.gen.ts";
import type { AccessDemands } from "../../policy/contract.ts";
import type { EffectivePolicy, LinkedGateway, LinkedOperation } from "../2-link/linked-gateway.ts";
import { openOperation, publicContradictsSecurity, publicReasonMissing } from "./messages.gen.ts";
import type { UnorderedStep } from "./order.ts";
import type { Schemes } from "./schemes.ts";

/** Scopes from widest to narrowest: the narrower of `public` and `security` wins. */
const width: readonly Scope[] = ["default", "gateway", "all", "route", "tags", "paths", "operations"];

/**
 * Security coverage of one operation: either every path to its service authenticates, or its authors made it public
 * and said why. The spec's `security` is a requirement; policies may only add to it.
 */
export function settleAccess(
  operation: LinkedOperation,
  schemes: Schemes,
  guards: AccessDemands["guards"],
  linked: LinkedGateway,
  sink: DiagnosticSink,
): { readonly ir: AccessIr; readonly steps: readonly UnorderedStep[] } {
  const open = active(operation, "public");
  const added = active(operation, "security");
  const fromSpec = marked(operation.security, schemes);
  const specDemands = fromSpec !== undefined && !allowsAnonymous(fromSpec.alternatives);
  const addedRequirement =
    added === undefined ? undefined : marked({ alternatives: alternatives(added), origin: added.origin }, schemes);
  const addedWins = added !== undefined && (open === undefined || width.indexOf(added.scope) > width.indexOf(open.scope));

  const named = namesIn([...(fromSpec?.alternatives ?? []), ...(addedRequirement?.alternatives ?? [])]);
  const notAskedFor = (requirements: readonly SecurityRequirementIr[]): readonly string[] | undefined => {
    const asked = namesIn(requirements.flatMap((requirement) => requirement.alternatives));
    const concealed = named.filter((name) => !asked.includes(name) && schemes.isKnown(name));
    return concealed.length === 0 ? undefined : concealed;
  };

  if (open !== undefined && !addedWins) {
    const contradiction = specDemands
      ? fromSpec
      : added !== undefined && added.scope === open.scope
        ? addedRequirement
        : undefined;
    if (contradiction !== undefined) {
      const related = [{ origin: contradiction.origin, text: "requires authentication" }];
      sink.report(
        publicContradictsSecurity(open.origin, { operation: operation.operationId }, { related, alike: operation.operationId }),
      );
    }
    const reason = String(open.instances[0]?.value ?? "");
    if (reason.trim() === "")
      sink.report(publicReasonMissing(open.origin, { operation: operation.operationId }, { alike: operation.operationId }));
    const optional = (fromSpec?.alternatives ?? []).filter((alternative) => alternative.schemes.length > 0);
    const requirements = optional.length === 0 ? [] : [{ alternatives: optional, origin: fromSpec!.origin }];
    schemes.use(requirements, linked, sink);
    const concealed = notAskedFor(requirements);
    return {
      ir: { kind: "public", reason, optional, ...(concealed && { concealed }), origin: open.origin },
      steps: authenticationSteps(requirements, true, concealed, schemes, guards, open.origin),
    };
  }

  const requirements: SecurityRequirementIr[] = [];
  if (specDemands) requirements.push(fromSpec);
  if (addedRequirement !== undefined && !allowsAnonymous(addedRequirement.alternatives)) requirements.push(addedRequirement);
  schemes.use(requirements, linked, sink);
  if (requirements.length === 0) {
    const where = `${operation.match.method} ${operation.match.path.template}`;
    const related =
      fromSpec === undefined || fromSpec.alternatives.length === 0
        ? []
        : [{ origin: fromSpec.origin, text: "an empty alternative lets everybody in" }];
    sink.report(openOperation(operation.origin, { operation: operation.operationId, route: where }, { related }));
    return { ir: { kind: "authenticated", requirements: [], origin: operation.origin }, steps: [] };
  }
  const concealed = notAskedFor(requirements);
  const { origin } = requirements[0]!;
  return {
    ir: { kind: "authenticated", requirements, ...(concealed && { concealed }), origin },
    steps: authenticationSteps(requirements, false, concealed, schemes, guards, origin),
  };
}

/** The requirement with a mark on the schemes that only the service verifies. */
function marked(written: SecurityRequirementIr, schemes: Schemes): SecurityRequirementIr;
function marked(written: SecurityRequirementIr | undefined, schemes: Schemes): SecurityRequirementIr | undefined;
function marked(written: SecurityRequirementIr | undefined, schemes: Schemes): SecurityRequirementIr | undefined {
  if (written === undefined) return undefined;
  const uses = (alternative: SecurityAlternativeIr): SecurityAlternativeIr => ({
    schemes: alternative.schemes.map((use) => (schemes.isUnverified(use.name) ? { ...use, isUnverified: true } : use)),
  });
  return { ...written, alternatives: written.alternatives.map(uses) };
}

function authenticationSteps(
  requirements: readonly SecurityRequirementIr[],
  optional: boolean,
  concealed: readonly string[] = [],
  schemes: Schemes,
  guards: AccessDemands["guards"],
  origin: Origin,
): UnorderedStep[] {
  const hidden = concealed.filter((name) => schemes.way(name).passesAll !== true);
  const demands = { requirements, optional, concealed: hidden, wayOf: (name: string) => schemes.way(name), guards };
  const combined = policies.security?.combine?.(demands);
  if (combined === undefined) return [];
  const { kind: _kind, ...facts } = combined;
  return [
    {
      step: {
        kind: "step",
        policy: "security",
        ...facts,
        mode: "enforce",
        requires: [],
        provides: !optional && requirements.some(isVerified) ? ["identity"] : [],
        options: [],
        origin,
      },
      stages: ["authenticate"],
      after: [],
    },
  ];
}

/** Schemes by name, each once. */
const namesIn = (written: readonly SecurityAlternativeIr[]): string[] => [
  ...new Set(written.flatMap(({ schemes }) => schemes.map(({ name }) => name))),
];

function active(operation: LinkedOperation, name: string): EffectivePolicy | undefined {
  return operation.policies.find((policy) => policy.name === name && !policy.off);
}

/** OpenAPI Security Requirement Objects as written in a policy. */
function alternatives(policy: EffectivePolicy): SecurityAlternativeIr[] {
  const written = policy.instances[0]?.value as readonly { readonly [scheme: string]: readonly string[] }[];
  return written.map((requirement) => ({ schemes: Object.entries(requirement).map(([name, scopes]) => ({ name, scopes })) }));
}

/** No alternative at all, or one without schemes: a request without credentials gets through. */
function allowsAnonymous(written: readonly SecurityAlternativeIr[]): boolean {
  return written.length === 0 || written.some((alternative) => alternative.schemes.length === 0);
}
