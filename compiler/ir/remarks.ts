import type { AccessIr, GatewayIr, OperationIr } from "./gateway.ts";

/** Exceptions that hold on an operation because its authors wanted them: of the schemes that it asks and of its steps. */
export function remarksOn(
  { access, steps, remarks: own = [] }: OperationIr,
  { schemes }: Pick<GatewayIr, "schemes">,
): readonly string[] {
  const asked = new Set(schemesOf(access));
  const ofSchemes = schemes.flatMap(({ name, remarks = [] }) => (asked.has(name) ? remarks : []));
  return [...new Set([...ofSchemes, ...own, ...steps.flatMap(({ remarks = [] }) => remarks)])];
}

function schemesOf(access: AccessIr): readonly string[] {
  const alternatives =
    access.kind === "public" ? access.optional : access.requirements.flatMap((requirement) => requirement.alternatives);
  return alternatives.flatMap(({ schemes }) => schemes.map(({ name }) => name));
}
