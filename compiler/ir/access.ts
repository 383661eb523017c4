import type { AccessIr, SecurityRequirementIr } from "./gateway.ts";

/** Every request that meets the requirement has a credential which the gateway itself verified. */
export const isVerified = ({ alternatives }: SecurityRequirementIr): boolean =>
  alternatives.every(({ schemes }) => schemes.some(({ isUnverified }) => isUnverified !== true));

/** Some request has one; where `isVerified` is false, not each. */
const isPartlyVerified = ({ alternatives }: SecurityRequirementIr): boolean =>
  alternatives.some(({ schemes }) => schemes.some(({ isUnverified }) => isUnverified !== true));

/** Whether requests that get in have an identity. */
export function identityOf(access: AccessIr): "always" | "sometimes" | "never" {
  if (access.kind === "public")
    return isPartlyVerified({ alternatives: access.optional, origin: access.origin }) ? "sometimes" : "never";
  if (access.requirements.some(isVerified)) return "always";
  return access.requirements.some(isPartlyVerified) ? "sometimes" : "never";
}

/** The schemes that can say who it is, each once. */
export function verifiedSchemes(access: AccessIr): readonly string[] {
  const alternatives =
    access.kind === "public" ? access.optional : access.requirements.flatMap((requirement) => requirement.alternatives);
  const names = alternatives.flatMap(({ schemes }) =>
    schemes.filter(({ isUnverified }) => isUnverified !== true).map(({ name }) => name),
  );
  return [...new Set(names)];
}

/** Credentials have to be there, and only the service verifies them. */
export const isPassedThrough = (access: AccessIr): boolean =>
  access.kind === "authenticated" && !access.requirements.some(isVerified);

/** Why such an operation does not count as authenticated, to be read behind the operation. */
export const unverified = "its credentials are passed through, and only the service verifies them";
