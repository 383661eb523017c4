import type { AccessIr, SecurityAlternativeIr } from "../ir/gateway.ts";

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
      schemes.map(({ name, scopes }) => (scopes.length === 0 ? name : `${name} (${scopes.join(", ")})`)).join(" with "),
    )
    .join(" or ");
}
