import type { Identity } from "../../../schema/gateway-filled.gen.ts";
import { verifiedSchemes } from "../../ir/access.ts";
import type { AccessIr } from "../../ir/gateway.ts";
import { nothingTold, type Told } from "../../policy/told.ts";
import { own } from "../../text/own.ts";
import type { LinkedGateway, LinkedOperation } from "../2-link/linked-gateway.ts";
import { reachedServices, serviceNamed } from "./reached-services.ts";
import type { Schemes } from "./schemes.ts";
import type { LoweredPolicies } from "./steps.ts";

/**
 * The tokens of callers that services get: as they came, relayed, or in exchange for another one. One caller may have several, which
 * say different things of him. An API key, a password or a certificate always says the same.
 */
export function toldByTokens(
  operation: LinkedOperation,
  access: AccessIr,
  lowered: Pick<LoweredPolicies, "steps" | "terminal">,
  schemes: Pick<Schemes, "fieldOf">,
  linked: LinkedGateway,
): Told[] {
  const { chosen, fallbacks } = reachedServices(operation, lowered, linked);
  const services = [...chosen, ...fallbacks].map((name) => serviceNamed(name, linked.file)?.authenticate);
  const written = linked.file.identity?.schemes ?? {};
  return verifiedSchemes(access).flatMap((name): Told[] => {
    const token = tokenOf(own(written, name));
    if (token === undefined) return [];
    const isReplaced = schemes.fieldOf(name) === "authorization";
    const reaches = services.some((authenticate) =>
      isReplaced && authenticate !== undefined
        ? authenticate.relay !== undefined || authenticate.exchange !== undefined
        : token.isForwarded,
    );
    if (!reaches) return [];
    return [
      {
        policy: "security",
        ...nothingTold,
        token: { scheme: name, claims: token.claims },
        origin: linked.positions.key(written, name),
      },
    ];
  });
}

function tokenOf(
  scheme: Identity | undefined,
): { readonly isForwarded: boolean; readonly claims: readonly string[] } | undefined {
  const options = scheme?.jwt ?? scheme?.introspection;
  if (options === undefined) return undefined;
  const inQuery = scheme?.jwt?.from !== undefined && "query" in scheme.jwt.from;
  const forward = options.forward ?? (inQuery ? "none" : "credential");
  const known = Object.values(options.identity ?? {}).map((path) => String(path).split(".")[1]);
  return {
    isForwarded: forward === "credential",
    // What the identity is made of is known under another name.
    claims: Object.keys(options.claims ?? {}).filter((claim) => !known.includes(claim) && !ofTokens.includes(claim)),
  };
}

/** Registered claims that are about the token itself, and not about what its bearer may see (RFC 7519 §4.1), and those that are read as scopes. */
const ofTokens: readonly string[] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "scp"];
