import type { AccessIr, GatewayIr, OperationIr } from "./gateway.ts";

/**
 * Exceptions that hold on an operation because its authors wanted them: of the schemes that it asks, of its steps, and of whom
 * the listener believes.
 */
export function remarksOn(
  { access, steps, remarks: own = [] }: OperationIr,
  { schemes, listeners }: Pick<GatewayIr, "schemes" | "listeners">,
): readonly string[] {
  const asked = new Set(schemesOf(access));
  const ofSchemes = schemes.flatMap((scheme) => (asked.has(scheme.name) ? [...(scheme.remarks ?? []), ...told(scheme)] : []));
  return [
    ...new Set([...ofSchemes, ...own, ...steps.flatMap(({ remarks = [] }) => remarks), ...(listeners.public.remarks ?? [])]),
  ];

  function told({ name, needsClientCertificate }: GatewayIr["schemes"][number]): string[] {
    const { forwardedCertificates: forwarded, trustedProxies } = listeners.public;
    if (forwarded === undefined || needsClientCertificate !== true) return [];
    return [`${name}: ${trustedProxies.join(", ")} may say in \`${forwarded.field}\` which certificate a client has`];
  }
}

function schemesOf(access: AccessIr): readonly string[] {
  const alternatives =
    access.kind === "public" ? access.optional : access.requirements.flatMap((requirement) => requirement.alternatives);
  return alternatives.flatMap(({ schemes }) => schemes.map(({ name }) => name));
}
