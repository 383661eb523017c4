import type { Guardrail } from "../../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../../diagnostics/sink.ts";
import { suggestion } from "../../../diagnostics/suggest.ts";
import type { OperationIr, RoutingIr, ServiceIr } from "../../../ir/gateway.ts";
import type { Origin } from "../../../ir/origin.ts";
import { fallbackIn } from "../../../ir/used-services.ts";
import { policies } from "../../../policies/registry.gen.ts";
import type { LinkedGateway } from "../../2-link/linked-gateway.ts";
import {
  guardrailBroken,
  guardrailForbids,
  guardrailSaysNothing,
  guardrailSelectsNothing,
  guardrailUnknownName,
} from "../messages.gen.ts";
import type { PolicyEffect } from "../steps.ts";
import { type Lack, lacksPolicy, lacksScheme, type Subject } from "./effect.ts";
import { encrypted, lacksEncryption } from "./encrypted.ts";
import { type Selected, Selection } from "./selection.ts";
import { checkSelector } from "./selector.ts";

/** A name under `require` or `forbid`, and where it stands. */
interface Named {
  readonly name: string;
  readonly origin: Origin;
}

/** Proves each guardrail for each operation that it selects, and returns their places. `effects`: of the policies, by operation. */
export function checkGuardrails(
  linked: LinkedGateway,
  operations: readonly OperationIr[],
  services: readonly ServiceIr[],
  effects: readonly (readonly PolicyEffect[])[],
  routing: RoutingIr,
  sink: DiagnosticSink,
): ReadonlySet<number> {
  const guarded = new Set<number>();
  const guardrails = linked.file.guardrails ?? [];
  if (guardrails.length === 0) return guarded;
  const subjects = linked.operations
    .map((operation, index): Subject => ({ operation, ir: operations[index]!, effects: effects[index]! }))
    // What the gateway says of itself reaches no service.
    .filter(({ operation }) => operation.isGenerated !== true);
  const selection = new Selection(subjects, routing, fallbackIn(services));
  for (const guardrail of guardrails) {
    checkGuardrail(guardrail, subjects, selection, services, linked, sink);
    for (const subject of subjects)
      if (selection.find(guardrail, subject) !== undefined) guarded.add(linked.operations.indexOf(subject.operation));
  }
  return guarded;
}

function checkGuardrail(
  guardrail: Guardrail,
  subjects: readonly Subject[],
  selection: Selection,
  services: readonly ServiceIr[],
  linked: LinkedGateway,
  sink: DiagnosticSink,
): void {
  const { positions } = linked;
  if (guardrail.require === undefined && guardrail.forbid === undefined)
    return void sink.report(guardrailSaysNothing(positions.value(guardrail, "select")));
  const { acceptPassThrough = false } = guardrail;
  const schemes = Object.keys(linked.file.identity?.schemes ?? {});
  const required = knownNames(guardrail.require ?? [], [...schemes, encrypted], linked, sink);
  const forbidden = knownNames(guardrail.forbid ?? [], schemes, linked, sink);
  const selected = subjects.flatMap((subject) => {
    const found = selection.find(guardrail, subject);
    return found === undefined ? [] : [{ subject, found }];
  });
  const isWrong = checkSelector(guardrail, subjects, selection, linked, selected.length > 0, sink);
  if (selected.length === 0 && !isWrong && guardrail.mayBeEmpty !== true)
    sink.report(guardrailSelectsNothing(positions.value(guardrail, "select")));
  for (const { subject, found } of selected) {
    const at = placeIn(guardrail, subject);
    for (const { name, origin } of required) {
      const lack =
        (schemes.includes(name) ? lacksScheme(name, subject, acceptPassThrough) : undefined) ??
        (name === encrypted ? lacksEncryption(subject, services) : undefined) ??
        (Object.hasOwn(policies, name) ? lacksPolicy(name, subject, found, acceptPassThrough, linked) : undefined);
      if (lack === undefined) continue;
      const related = [{ origin, text: `the guardrail requires \`${name}\`` }, ...witnessLabel(found, guardrail, linked)];
      sink.report(guardrailBroken(lack.origin, { ...at, name, lack: lack.text }, { related, alike: at.operation }));
    }
    for (const { name, origin } of forbidden) {
      const presence = findForbidden(name, subject, schemes);
      if (presence === undefined) continue;
      const related = [{ origin, text: `the guardrail forbids \`${name}\`` }, ...witnessLabel(found, guardrail, linked)];
      sink.report(guardrailForbids(presence.origin, { ...at, name }, { related, alike: at.operation }));
    }
  }
}

const placeIn = (guardrail: Guardrail, { operation, ir }: Subject) => ({
  operation: operation.operationId,
  route: `${ir.match.method === "*" ? "any method" : ir.match.method} ${ir.match.path.template}`,
  because: guardrail.because ?? "The guardrail holds for every operation that it selects.",
});

/** Shows what an operation has to do with a selector that does not name it. */
const witnessLabel = ({ witness }: Selected, guardrail: Guardrail, { positions }: LinkedGateway) =>
  witness === undefined
    ? []
    : [{ origin: positions.value(guardrail, "select"), text: `selects it, as it answers \`${witness}\`` }];

function knownNames(
  written: readonly string[],
  schemes: readonly string[],
  { positions }: LinkedGateway,
  sink: DiagnosticSink,
): readonly Named[] {
  const known = [...Object.keys(policies), ...schemes];
  return written.flatMap((name, index) => {
    const origin = positions.value(written, index);
    if (known.includes(name)) return [{ name, origin }];
    sink.report(guardrailUnknownName(origin, { name, suggestion: suggestion(name, known) }));
    return [];
  });
}

/** What is forbidden must not be there in any form: not for some requests, and not to report either. */
function findForbidden(name: string, { operation, ir }: Subject, schemes: readonly string[]): Pick<Lack, "origin"> | undefined {
  const { access } = ir;
  // Who gets in is settled: a wider `public` that a narrower `security` overrides lets nobody in.
  const settled = policies[name]?.access;
  if (settled !== undefined) return settled.isThere(access) ? access : undefined;
  if (schemes.includes(name)) {
    const alternatives =
      access.kind === "public" ? access.optional : access.requirements.flatMap((requirement) => requirement.alternatives);
    if (alternatives.some((alternative) => alternative.schemes.some((scheme) => scheme.name === name))) return access;
  }
  return operation.policies.find((candidate) => candidate.name === name && !candidate.off);
}
