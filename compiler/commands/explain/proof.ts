import { isPassedThrough } from "../../ir/access.ts";
import type { AccessIr, SecurityAlternativeIr } from "../../ir/gateway.ts";

/** How requests get in: `authenticated`, `passed through`, `public`. */
export const accessKind = (access: AccessIr): AccessIr["kind"] | "passed through" =>
  isPassedThrough(access) ? "passed through" : access.kind;

/** `partnerKey (partner) or bearerAuth`, or the reason of a public operation. */
export function proof(access: AccessIr): string {
  if (access.kind === "public") {
    const optional = access.optional.length === 0 ? "" : `; credentials optional: ${anyOf(access.optional)}`;
    return `“${access.reason}”${optional}`;
  }
  return access.requirements.map((requirement) => anyOf(requirement.alternatives)).join(", and ");
}

function anyOf(alternatives: readonly SecurityAlternativeIr[]): string {
  return alternatives
    .map(({ schemes }) =>
      schemes
        .map(({ name, scopes, isUnverified }) => {
          const granting = scopes.length === 0 ? name : `${name} (${scopes.join(", ")})`;
          return isUnverified ? `${granting} present, verified by the service` : granting;
        })
        .join(" with "),
    )
    .join(" or ");
}
