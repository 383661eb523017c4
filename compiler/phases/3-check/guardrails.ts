import type { Guardrail } from "../../../schema/gateway.gen.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import type { Origin } from "../../ir/origin.ts";
import { policies } from "../../policies/registry.gen.ts";
import type { LinkedGateway, LinkedOperation } from "../2-link/linked-gateway.ts";
import { guardrailBroken, guardrailForbids, guardrailSelectsNothing, guardrailUnknownName } from "./messages.gen.ts";

/** Proves each guardrail for each operation that it selects. */
export function checkGuardrails(linked: LinkedGateway, operations: readonly OperationIr[], sink: DiagnosticSink): void {
  const { positions } = linked;
  const schemes = Object.keys(linked.file.identity?.schemes ?? {});
  const known = [...Object.keys(policies), ...schemes];
  for (const guardrail of linked.file.guardrails ?? []) {
    const required = guardrail.require.map((name, index) => ({ name, origin: positions.value(guardrail.require, index) }));
    const forbidden = (guardrail.forbid ?? []).map((name, index) => ({
      name,
      origin: positions.value(guardrail.forbid!, index),
    }));
    for (const { name, origin } of [...required, ...forbidden]) {
      if (!known.includes(name)) sink.report(guardrailUnknownName(origin, { name, suggestion: suggestion(name, known) }));
    }
    const selected = linked.operations.flatMap((operation, index) =>
      selects(guardrail, operation) ? [{ operation, ir: operations[index]! }] : [],
    );
    if (selected.length === 0) sink.report(guardrailSelectsNothing(positions.value(guardrail, "select")));
    const because = guardrail.because ?? "The guardrail holds for every operation that it selects.";
    for (const { operation, ir } of selected) {
      const at = { operation: operation.operationId, route: `${ir.match.method} ${ir.match.path.template}`, because };
      for (const { name, origin } of required) {
        if (!known.includes(name)) continue;
        const lack = schemes.includes(name) ? lacksScheme(name, ir) : lacksPolicy(name, operation, ir);
        if (lack === undefined) continue;
        const related = [{ origin, text: `the guardrail requires \`${name}\`` }];
        sink.report(guardrailBroken(lack.origin, { ...at, name, lack: lack.text }, { related }));
      }
      for (const { name, origin } of forbidden) {
        const policy = operation.policies.find((candidate) => candidate.name === name && !candidate.off);
        if (policy === undefined) continue;
        sink.report(
          guardrailForbids(policy.origin, { ...at, name }, { related: [{ origin, text: `the guardrail forbids \`${name}\`` }] }),
        );
      }
    }
  }
}

function selects({ select }: Guardrail, operation: LinkedOperation): boolean {
  const any = (wanted: readonly string[] | undefined, ...has: readonly string[]): boolean =>
    wanted === undefined || has.some((one) => wanted.includes(one));
  return (
    any(select.apis, operation.api ?? "") &&
    any(select.tags, ...operation.tags) &&
    any(select.methods, operation.match.method) &&
    any(select.paths, operation.specPath, operation.match.path.template)
  );
}

interface Lack {
  readonly origin: Origin;
  readonly text: string;
}

/** A required scheme must be part of every alternative of some requirement. */
function lacksScheme(name: string, operation: OperationIr): Lack | undefined {
  const { access } = operation;
  if (access.kind === "public") return { origin: access.origin, text: "it is public" };
  const proven = access.requirements.some((requirement) =>
    requirement.alternatives.every((alternative) => alternative.schemes.some((scheme) => scheme.name === name)),
  );
  return proven
    ? undefined
    : { origin: access.requirements[0]?.origin ?? operation.origin, text: "a request can get in without it" };
}

function lacksPolicy(name: string, operation: LinkedOperation, ir: OperationIr): Lack | undefined {
  if (name === "security") return ir.access.kind === "public" ? { origin: ir.access.origin, text: "it is public" } : undefined;
  const policy = operation.policies.find((candidate) => candidate.name === name);
  if (policy === undefined) return { origin: operation.origin, text: "no scope gives it one" };
  if (policy.off) return { origin: policy.origin, text: "it is switched off here" };
  const reports = policy.instances.find((instance) => instance.mode === "report");
  return reports === undefined ? undefined : { origin: reports.origin, text: "it only reports here" };
}
