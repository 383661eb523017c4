import type { AccessIr, SecurityAlternativeIr } from "../ir/gateway.ts";
import type { JsonObject } from "../source/source-set.ts";

/** What the gateway asks for, as Security Requirement Objects: what policies add to the spec is among it. */
export function securityOf(access: AccessIr): JsonObject[] {
  if (access.kind === "public") return access.optional.length === 0 ? [] : [...access.optional.map(requirement), {}];
  // Each requirement must hold through one of its alternatives: the combinations are the alternatives of all together.
  let combined: SecurityAlternativeIr[] = [{ schemes: [] }];
  for (const { alternatives } of access.requirements) {
    combined = combined.flatMap((left) => alternatives.map((right) => ({ schemes: [...left.schemes, ...right.schemes] })));
  }
  const distinct = new Map(combined.map((alternative) => [JSON.stringify(requirement(alternative)), requirement(alternative)]));
  return [...distinct.values()];
}

function requirement({ schemes }: SecurityAlternativeIr): JsonObject {
  const scopes = new Map<string, string[]>();
  for (const scheme of schemes) scopes.set(scheme.name, [...new Set([...(scopes.get(scheme.name) ?? []), ...scheme.scopes])]);
  return Object.fromEntries([...scopes].sort(([a], [b]) => (a < b ? -1 : 1)));
}
