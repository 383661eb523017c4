import { verifiedSchemes } from "../../ir/access.ts";
import type { AccessIr } from "../../ir/gateway.ts";
import { nothingTold, type Told } from "../../policy/told.ts";
import type { LinkedGateway, LinkedOperation } from "../2-link/linked-gateway.ts";
import { reachedServices, serviceNamed } from "./reached-services.ts";
import type { Schemes } from "./schemes.ts";
import type { LoweredPolicies } from "./steps.ts";

/**
 * What the `authenticate` of services tells them of who asks: the credential of the caller, or one in exchange for it. What the
 * gateway has of its own is the same in every request, and says nothing of anybody.
 */
export function toldByCredentials(
  operation: LinkedOperation,
  access: AccessIr,
  lowered: Pick<LoweredPolicies, "steps" | "terminal">,
  schemes: Pick<Schemes, "fieldOf">,
  linked: LinkedGateway,
): Told[] {
  // As in `ServiceAuthentication`: what no scheme has verified is no credential of a caller that is known.
  if (!verifiedSchemes(access).some((name) => schemes.fieldOf(name) === "authorization")) return [];
  const { chosen, fallbacks } = reachedServices(operation, lowered, linked);
  return [...chosen, ...fallbacks].flatMap((name): Told[] => {
    const { authenticate } = serviceNamed(name, linked.file) ?? {};
    const kind = authenticate?.exchange !== undefined ? "exchange" : authenticate?.relay !== undefined ? "relay" : undefined;
    if (authenticate === undefined || kind === undefined) return [];
    return [
      {
        policy: "authenticate",
        ...nothingTold,
        isWho: true,
        credentialFor: name,
        origin: linked.positions.key(authenticate, kind),
      },
    ];
  });
}
